import { formatCount } from "../../results/format.ts";
import type { RunningTarget, Target } from "../targets/target.ts";
import { BenchClients } from "./bench-clients.ts";
import { GOALS, judge, notJudged, type GoalResult } from "./goal.ts";
import { pauseFor } from "./interruptible.ts";
import { median } from "./median.ts";
import type { BenchContext, PartResult } from "./part.ts";

const MB = 1e6;
const KB = 1e3;
/** A third of it is the interval of the heartbeats. */
const SESSION_TIMEOUT_MS = 10_000;
/** Opened at one time: a listener's backlog has room for them. */
const BATCH = 100;
/** Longer than the session timeout together with the samples: idle sessions live by heartbeats. */
const SETTLE_MS = 5000;
const SAMPLES = 13;
const SAMPLE_MS = 500;
/** The goal is about so many. */
export const SESSIONS = 2000;

export interface IdleMeasurement {
  readonly sessions: number;
  /** Resident memory of all servers, bytes: medians of samples, for garbage comes and goes. */
  readonly beforeBytes: number;
  readonly afterBytes: number;
  /** Sessions that lost their connection or expired meanwhile. */
  readonly disturbed: number;
}

/**
 * What idle sessions cost the servers in memory: of a fresh ensemble, since memory that a load has
 * left behind would take the sessions in unseen. Whatever happens, the ensemble is stopped. Throws
 * where the system does not tell memory.
 */
export async function measureIdleSessions(
  context: BenchContext,
  target: Target,
  sessions: number,
): Promise<IdleMeasurement> {
  const { output, signal, env } = context;
  output.progress(`sessions: starting ${target.name}`);
  const running = await target.start(signal);
  let disturbed = 0;
  const clients = new BenchClients(context, running, SESSION_TIMEOUT_MS, {
    session: () => disturbed++,
  });
  try {
    output.progress("sessions: memory before");
    await pauseFor(env, SETTLE_MS, signal);
    const beforeBytes = await residentBytes(context, running);
    while (clients.opened < sessions) {
      const count = Math.min(BATCH, sessions - clients.opened);
      await Promise.all(Array.from({ length: count }, () => clients.open()));
      output.progress(`sessions: ${clients.opened} of ${sessions} are open`);
    }
    await pauseFor(env, SETTLE_MS, signal);
    output.progress(`sessions: memory with ${sessions} of them`);
    const afterBytes = await residentBytes(context, running);
    return { sessions, beforeBytes, afterBytes, disturbed };
  } finally {
    clients.abandon();
    await running.stop();
  }
}

async function residentBytes(context: BenchContext, target: RunningTarget): Promise<number> {
  const samples: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    if (sample > 0) await pauseFor(context.env, SAMPLE_MS, context.signal);
    const usage = context.meter.processes(target.pids);
    if (usage === null) {
      throw new Error("sessions: this system does not tell the memory of processes (no /proc)");
    }
    samples.push(usage.rssBytes);
  }
  return median(samples);
}

/** `target` is the name of what was measured. */
export function idleResult(target: string, measured: IdleMeasurement): PartResult {
  const { sessions, beforeBytes, afterBytes, disturbed } = measured;
  const costBytes = afterBytes - beforeBytes;
  const mb = (bytes: number): string => (bytes / MB).toFixed(1);
  const doubt =
    disturbed === 0 ? null : `connections were lost ${disturbed} times: not all sessions were idle`;
  return {
    lines: [
      `sessions: ${formatCount(sessions)} idle sessions of ${target}, heartbeats running`,
      doubt === null
        ? `  resident memory of the servers ${mb(beforeBytes)} MB before, ${mb(afterBytes)} MB with them: ${mb(costBytes)} MB in total, ${(costBytes / KB / sessions).toFixed(1)} KB per session`
        : `  no figure: ${doubt}`,
    ],
    figures:
      doubt === null
        ? {
            idle_sessions: sessions,
            idle_sessions_mb: costBytes / MB,
            idle_session_kb: costBytes / KB / sessions,
            idle_rss_before_mb: beforeBytes / MB,
            idle_rss_after_mb: afterBytes / MB,
          }
        : {},
    goal: goalOf(target, sessions, costBytes, doubt),
    invalid: doubt === null ? [] : [`sessions: ${doubt}`],
  };
}

function goalOf(
  target: string,
  sessions: number,
  costBytes: number,
  doubt: string | null,
): GoalResult | null {
  const goal = GOALS.sessions;
  if (target !== "reference") return null;
  if (doubt !== null) return notJudged(goal, "the measurement is invalid", false);
  if (sessions < SESSIONS) {
    return notJudged(goal, `it is one of ${formatCount(SESSIONS)} sessions`, true);
  }
  return judge(goal, costBytes / MB, `${(costBytes / MB).toFixed(1)} MB`);
}
