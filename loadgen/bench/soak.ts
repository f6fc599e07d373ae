/**
 * `npm run bench -- soak`: mixed load for a long time, with sessions that come and go and servers that
 * are restarted one after the other, again and again: whether anything is lost, and whether memory and
 * open files stay flat. An observer that is never restarted, and the clients' own process, see it all.
 */
import type { Command } from "commander";
import { formatCount } from "../../results/format.ts";
import { ReferenceTarget } from "../targets/reference.ts";
import type { RunningTarget } from "../targets/target.ts";
import { pauseFor } from "./interruptible.ts";
import { number, wholeNumber } from "./options.ts";
import type { BenchContext, JsonOutput } from "./part.ts";
import { SoakLoad } from "./soak-load.ts";
import { growth, heldBy, heldLine, type HeldSample } from "./soak-samples.ts";

const VOTERS = 3;
const SAMPLE_MS = 1_000;
/** With fewer a process is still warming up, and says nothing about what grows. */
const SAMPLES_MIN = 180;
const EXIT_FAIL = 1;

export interface SoakFlags {
  readonly minutes: number;
  readonly sessions: number;
  readonly restartEvery: number;
  readonly json?: boolean;
}

/** What was held, second by second. */
interface Held {
  readonly observer: HeldSample[];
  readonly clients: HeldSample[];
}

interface Restarts {
  count: number;
  /** The longest that a server was away. */
  longestMs: number;
}

/** Adds the command; its action is the caller's. */
export function addSoak(program: Command): Command {
  return program
    .command("soak")
    .description(
      "Mixed load with rolling restarts: nothing may be lost, memory and open files stay flat.",
    )
    .option("--minutes <n>", "how long", number(1440), 30)
    .option("--sessions <n>", "sessions that stay", wholeNumber(1, 1000), 20)
    .option("--restart-every <seconds>", "a rolling restart of all voters", number(3600), 60)
    .option("--json", "the figures as one line on stdout, all else on stderr")
    .allowExcessArguments(false);
}

/** Resolves with the exit code; throws when the servers cannot be started, or `signal` ends it. */
export async function benchSoak(
  context: BenchContext,
  flags: SoakFlags,
  output: JsonOutput,
): Promise<number> {
  const { env, signal } = context;
  output.progress("soak: starting reference");
  const target = new ReferenceTarget(env, { servers: VOTERS, observers: 1 });
  const running = await target.start(signal);
  const failed = new AbortController();
  const soaked = { ...context, signal: AbortSignal.any([signal, failed.signal]) };
  const load = new SoakLoad(soaked, running);
  const held: Held = { observer: [], clients: [] };
  const restarts: Restarts = { count: 0, longestMs: 0 };
  const over = new AbortController();
  try {
    await load.prepare(flags.sessions);
    const parts = [
      load.run(over.signal),
      sample(soaked, running.pids[VOTERS] ?? 0, held, over.signal),
      restartAll(soaked, running, flags, restarts, load, output).finally(() => over.abort()),
    ];
    try {
      await Promise.all(parts);
    } catch (error) {
      // Nothing may start servers any more when they are stopped.
      failed.abort(error);
      await Promise.allSettled(parts);
      throw error;
    }
    await load.compare();
  } finally {
    load.abandon();
    await running.stop();
  }
  return report(flags, load, held, restarts, output);
}

/** One voter after the other, again and again, until the time is over. */
async function restartAll(
  context: BenchContext,
  running: RunningTarget,
  { minutes, restartEvery }: SoakFlags,
  restarts: Restarts,
  { counts }: SoakLoad,
  output: JsonOutput,
): Promise<void> {
  const { env, signal } = context;
  const endMs = env.clock.nowMs() + minutes * 60_000;
  while (env.clock.nowMs() < endMs) {
    const roundMs = Math.min(endMs, env.clock.nowMs() + restartEvery * 1_000);
    for (let server = 1; server <= VOTERS; server++) {
      restarts.longestMs = Math.max(restarts.longestMs, await restart(context, running, server));
      restarts.count++;
    }
    const leftMs = Math.max(0, endMs - env.clock.nowMs());
    output.progress(
      `soak: ${formatCount(counts.ok)} operations, ${restarts.count} restarts, ` +
        `${formatCount(counts.reconnects)} reconnects; ${Math.round(leftMs / 1_000)} s to go`,
    );
    await pauseFor(env, Math.max(0, roundMs - env.clock.nowMs()), signal);
  }
}

/** As an operator does it; returns how long the server was away, ms. */
async function restart(
  { env, signal }: BenchContext,
  running: RunningTarget,
  server: number,
): Promise<number> {
  const startMs = env.clock.nowMs();
  await running.end(server);
  await running.restart(server, signal);
  return env.clock.nowMs() - startMs;
}

async function sample(
  { env, meter, signal }: BenchContext,
  observer: number,
  held: Held,
  over: AbortSignal,
): Promise<void> {
  while (!over.aborted) {
    const [server, own] = [heldBy(meter, observer), heldBy(meter, process.pid)];
    if (server !== null) held.observer.push(server);
    if (own !== null) held.clients.push(own);
    await pauseFor(env, SAMPLE_MS, signal);
  }
}

function report(
  flags: SoakFlags,
  { counts, refusals }: SoakLoad,
  held: Held,
  restarts: Restarts,
  output: JsonOutput,
): number {
  const reasons: string[] = [];
  let isJudged = true;
  output.line(
    `soak: ${flags.minutes} min, ${formatCount(counts.ok)} operations, ${counts.unanswered} unanswered, ` +
      `${counts.failed} refused; ${formatCount(counts.sessions)} sessions, ` +
      `${formatCount(counts.reconnects)} reconnects, ${counts.expired} expired; ` +
      `${formatCount(counts.events)} events; over HTTP ${formatCount(counts.httpOk)} answers, ` +
      `${counts.httpFailed} failures`,
  );
  output.line(
    `${restarts.count} restarts of voters, a server was away ` +
      `${(restarts.longestMs / 1_000).toFixed(2)} s at most`,
  );
  for (const [name, samples] of [
    ["an observer that saw it all", held.observer],
    ["the clients' process", held.clients],
  ] as const) {
    if (samples.length < SAMPLES_MIN) {
      isJudged = false;
      output.line(`${name}: not judged, ${samples.length} samples are too few`);
      continue;
    }
    output.line(heldLine(name, samples));
    reasons.push(...growth(name, samples));
  }
  if (counts.lost > 0) reasons.push(`${counts.lost} acknowledged writes are lost`);
  if (counts.expired > 0) reasons.push(`${counts.expired} sessions expired`);
  if (counts.failed > 0) reasons.push(`${counts.failed} requests refused: ${refusals.join("; ")}`);
  for (const reason of reasons) output.line(`FAIL: ${reason}`);
  if (reasons.length === 0) {
    const grown = isJudged ? "nothing grew" : "too short to say whether anything grows";
    output.line(`PASS: nothing lost, nothing refused; ${grown}`);
  }
  const figures = {
    ...counts,
    restarts: restarts.count,
    restart_ms_max: restarts.longestMs,
  };
  output.json({ bench: "soak", verdict: reasons.length === 0 ? "pass" : "fail", reasons, figures });
  return reasons.length === 0 ? 0 : EXIT_FAIL;
}
