/**
 * At most one leader per epoch: an epoch belongs to the one server that a quorum promised it to.
 */
import type { ServerSample } from "../../results/history.ts";
import type { Findings } from "./checker.ts";
import { describeSample, listed } from "./evidence.ts";

/** A leader that is established in the epoch it names: before that, `epoch` may be an older one. */
export function isServingLeader(sample: ServerSample): boolean {
  return sample.state === "LEADING" && sample.serving;
}

/** Reports every further server seen to lead an epoch; returns the number of epochs with a leader. */
export function reportRivalLeaders(samples: readonly ServerSample[], findings: Findings): number {
  const leaders = new Map<number, Map<number, ServerSample>>();
  for (const sample of samples) {
    if (!isServingLeader(sample)) continue;
    const ofEpoch = leaders.get(sample.epoch) ?? new Map<number, ServerSample>();
    leaders.set(sample.epoch, ofEpoch);
    if (ofEpoch.has(sample.server)) continue;
    ofEpoch.set(sample.server, sample);
    if (ofEpoch.size === 1) continue;
    findings.add(() => ({
      message:
        `Agreement broke: servers ${listed([...ofEpoch.keys()])} both led epoch ${sample.epoch}; ` +
        "an epoch has one leader.",
      evidence: [...ofEpoch.values()].map(describeSample),
      atMs: sample.receivedMs,
    }));
  }
  return leaders.size;
}
