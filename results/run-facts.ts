/**
 * facts.json: what those who judge a history must know of the run besides its records. All of it may be
 * left out, and the file too: runs that were stored before there was one, and histories of other
 * programs, are judged by what the rest of the directory says, or else by what is written here.
 *
 * | fact | when it is not there |
 * | --- | --- |
 * | `endMs` | `durationMs` of run.json, else the time of the last record |
 * | `healedMs` | when the last of faults.json was healed (never: `endMs`); 0 without faults |
 * | `livenessBoundMs` | that of the scenario in run.json, else 30,000 |
 * | `tickMs` | the scenario's `tickTime` in run.json, else 2,000 |
 * | `members` | every server that was seen |
 * | `crashes` | none |
 * | `aclsBind` | not known: who was let do what is not judged |
 */
import { z } from "zod";
import type { CrashRecord, FaultRecord, RunHistory } from "./history.ts";
import type { RunFile } from "./schema.ts";

const crashSchema = z.strictObject({
  server: z.number(),
  atMs: z.number(),
  exit: z.string(),
  lastLines: z.array(z.string()),
}) satisfies z.ZodType<CrashRecord>;

export const runFactsSchema = z.strictObject({
  endMs: z.number().exactOptional(),
  healedMs: z.number().exactOptional(),
  livenessBoundMs: z.number().exactOptional(),
  tickMs: z.number().exactOptional(),
  members: z.array(z.number()).exactOptional(),
  crashes: z.array(crashSchema).exactOptional(),
  aclsBind: z.boolean().exactOptional(),
});
export type StoredFacts = z.infer<typeof runFactsSchema>;

/** A history without its records, samples, logs and faults. */
export type RunFacts = Omit<RunHistory, "records" | "samples" | "finals" | "faults">;

const LIVENESS_BOUND_MS = 30_000;
const TICK_MS = 2_000;

/** What of a history goes into the file. */
export function factsOf(history: RunHistory): RunFacts {
  const { crashes, healedMs, endMs, livenessBoundMs, tickMs } = history;
  return { crashes, healedMs, endMs, livenessBoundMs, tickMs, ...knownOf(history) };
}

/** `lastMs`: the time of the last record. */
export function completeFacts(
  stored: StoredFacts,
  run: RunFile | null,
  faults: readonly FaultRecord[],
  lastMs: number,
): RunFacts {
  const endMs = stored.endMs ?? run?.durationMs ?? lastMs;
  const healedMs = Math.max(0, ...faults.map((fault) => fault.healedMs ?? endMs));
  const config = run?.identity.config ?? {};
  const servers = config["config"];
  const tickTime =
    typeof servers === "object" && servers !== null && "tickTime" in servers
      ? Number(servers.tickTime)
      : Number.NaN;
  const boundMs = config["livenessBoundMs"];
  const facts = {
    crashes: stored.crashes ?? [],
    endMs,
    healedMs: stored.healedMs ?? healedMs,
    livenessBoundMs:
      stored.livenessBoundMs ?? (typeof boundMs === "number" ? boundMs : LIVENESS_BOUND_MS),
    tickMs: stored.tickMs ?? (tickTime > 0 ? tickTime : TICK_MS),
  };
  return { ...facts, ...knownOf(stored) };
}

/** The facts that have nothing in their place when they are not there. */
type KnownFacts = Pick<RunFacts, "members" | "aclsBind">;

function knownOf({ members, aclsBind }: KnownFacts): KnownFacts {
  return {
    ...(members === undefined ? {} : { members }),
    ...(aclsBind === undefined ? {} : { aclsBind }),
  };
}
