import { formatMs } from "../../results/format.ts";
import type { FaultRecord } from "../../results/history.ts";
import { loadFigures, type LoadFigures } from "../figures.ts";
import type { Recorder } from "../recorder.ts";
import type { Lateness } from "../run.ts";
import type { RunningTarget, Target } from "../targets/target.ts";
import { WRITE_PROBE_SPEC } from "../workloads/write-probe.ts";
import { GOALS, judge, notJudged, type GoalResult } from "./goal.ts";
import { pauseFor, poll, until } from "./interruptible.ts";
import { spreadOf } from "./median.ts";
import type { BenchContext, PartResult } from "./part.ts";
import { saturation, withLoad } from "./trial.ts";

/** Writes flow for so long before a leader is killed. */
const STEADY_MS = 1000;
/** After the kill nothing else is done for so long, nor before writes are acknowledged again. */
const WATCH_MS = 2000;
const BACK_MAX_MS = 30_000;
const LEADER_MAX_MS = 10_000;
const POLL_MS = 20;
/** An acknowledgement as fresh as this says that writes flow. */
const FRESH_MS = 50;
/** The goal is about the median of so many. */
export const TRIES = 10;
const HISTORY_LIMIT = 2_000_000;

/** What was seen: one outage for each killed leader. */
export interface OutageMeasurement {
  readonly faults: readonly FaultRecord[];
  readonly figures: LoadFigures;
  readonly lateness: Lateness;
  readonly recorder: Recorder;
}

/**
 * Kills the leader so many times while one client per server writes every few milliseconds: the outage
 * is the longest time between acknowledged writes, from the kill to when the server is back in its
 * ensemble. Whatever happens, the ensemble is stopped.
 */
export async function measureOutages(
  context: BenchContext,
  target: Target,
  tries: number,
): Promise<OutageMeasurement> {
  const { output, signal, env, originMs } = context;
  output.progress(`outage: starting ${target.name}`);
  const running = await target.start(signal);
  try {
    const measure = async (
      load: { readonly lateness: Lateness },
      recorder: Recorder,
    ): Promise<OutageMeasurement> => {
      const fromMs = env.clock.nowMs() - originMs;
      const faults: FaultRecord[] = [];
      for (let each = 1; each <= tries; each++) {
        const title = `outage: try ${each} of ${tries}`;
        faults.push(await killLeader(context, running, recorder, title));
      }
      const toMs = env.clock.nowMs() - originMs;
      const figures = loadFigures(recorder, { fromMs, toMs }, faults);
      return { faults, figures, lateness: load.lateness, recorder };
    };
    return await withLoad(context, running, [WRITE_PROBE_SPEC], measure, HISTORY_LIMIT);
  } finally {
    await running.stop();
  }
}

async function killLeader(
  context: BenchContext,
  target: RunningTarget,
  recorder: Recorder,
  title: string,
): Promise<FaultRecord> {
  const { env, signal, originMs, output } = context;
  const nowMs = (): number => env.clock.nowMs() - originMs;
  const flowing = async (): Promise<void> => {
    const wait = { everyMs: POLL_MS, maxMs: BACK_MAX_MS };
    const message = `no write was acknowledged in ${BACK_MAX_MS / 1000} s`;
    await poll(env, signal, { ...wait, message }, () =>
      nowMs() - (recorder.probe.ackMs.at(-1) ?? 0) < FRESH_MS ? true : null,
    );
  };
  await pauseFor(env, STEADY_MS, signal);
  await flowing();
  const wait = { everyMs: POLL_MS, maxMs: LEADER_MAX_MS, message: "no server says that it leads" };
  const leader = await poll(env, signal, wait, () => target.leader());
  output.progress(`${title}: killing server ${leader}, the leader`);
  const requestedMs = nowMs();
  await until(signal, target.kill(leader));
  const effectiveMs = nowMs();
  await pauseFor(env, WATCH_MS, signal);
  await flowing();
  output.progress(`${title}: server ${leader} is coming back`);
  const healRequestedMs = nowMs();
  await target.restart(leader, signal);
  return {
    name: "kill-leader",
    description: `server ${leader}, the leader, is killed with SIGKILL, and started again later`,
    servers: [leader],
    links: [],
    requestedMs,
    effectiveMs,
    healRequestedMs,
    healedMs: nowMs(),
    noQuorum: false,
  };
}

/** `target` is the name of what was measured. */
export function outageResult(target: string, measured: OutageMeasurement): PartResult {
  const times = measured.figures.outages.map(({ durationMs }) => durationMs);
  const spread = spreadOf(times);
  const late = saturation(measured.lateness);
  const ms = (value: number): string => String(Math.round(value));
  return {
    lines: [
      `outage: write outage after SIGKILL of the leader of ${target}, default configuration, a write every ${WRITE_PROBE_SPEC.intervalMs} ms`,
      late === null
        ? `  ${times.map(ms).join(", ")} ms: median ${formatMs(spread.median)}, max ${formatMs(spread.max)}`
        : `  no figure: ${late}`,
    ],
    figures:
      late === null
        ? {
            outage_ms_median: spread.median,
            outage_ms_min: spread.min,
            outage_ms_max: spread.max,
            outage_tries: spread.count,
          }
        : {},
    goal: goalOf(target, spread.count, spread.median, late),
    invalid: late === null ? [] : [`outage: ${late}`],
    operations: measured.figures.operations,
    outages: measured.figures.outages,
    faults: measured.faults,
    history: measured.recorder.records,
  };
}

function goalOf(
  target: string,
  tries: number,
  medianMs: number,
  late: string | null,
): GoalResult | null {
  const goal = GOALS.outage;
  if (target !== "reference") return null;
  if (late !== null) return notJudged(goal, "the measurement is invalid", false);
  if (tries < TRIES) return notJudged(goal, `it is one of ${TRIES} tries`, true);
  return judge(goal, medianMs, formatMs(medianMs));
}
