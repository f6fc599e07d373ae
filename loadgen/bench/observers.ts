/**
 * `npm run bench -- observers`: whether observers scale reads. Clients read through the observers alone
 * where there are some: what a read costs then is theirs, and the voters are left to the writes.
 */
import { InvalidArgumentError, type Command } from "commander";
import { formatCount } from "../../results/format.ts";
import { ReferenceTarget } from "../targets/reference.ts";
import type { RunningTarget } from "../targets/target.ts";
import { MAX_THROUGHPUT } from "../workloads/max-throughput.ts";
import { spreadOf } from "./median.ts";
import { number, wholeNumber } from "./options.ts";
import type { BenchContext, JsonOutput } from "./part.ts";
import { doubts, runTrial, type LoadedTarget, type Trial } from "./trial.ts";

const VOTERS = 3;
const COUNT_MAX = 5;
const EXIT_INVALID = 3;
const READS = { ...MAX_THROUGHPUT, znodes: 100, valueBytes: 128, readsPerWrite: Infinity };
/** One write at a time: what a client waits for it. */
const WRITES = { ...READS, connections: 1, outstanding: 1, readsPerWrite: 0 };

export interface ObserversFlags {
  readonly counts: readonly number[];
  readonly rounds: number;
  readonly duration: number;
  readonly json?: boolean;
}

/** Adds the command; its action is the caller's. */
export function addObservers(program: Command): Command {
  return program
    .command("observers")
    .description(
      "Reads through 0, 1 and 3 observers: operations per second, and whose CPU they cost.",
    )
    .option("--counts <n,n…>", `numbers of observers, each up to ${COUNT_MAX}`, counts, [0, 1, 3])
    .option("--rounds <n>", "of each, in turns", wholeNumber(1, 1000), 3)
    .option("--duration <seconds>", "of reads, and again of writes, in each round", number(3600), 5)
    .option("--json", "the figures as one line on stdout, all else on stderr")
    .allowExcessArguments(false);
}

function counts(text: string): number[] {
  const parse = wholeNumber(0, COUNT_MAX);
  const found = text.split(",").map((each) => parse(each.trim()));
  if (new Set(found).size === found.length) return found;
  throw new InvalidArgumentError("Expected each number once.");
}

/** What was measured with one number of observers, a value for each round. */
interface Subject {
  readonly observers: number;
  readonly running: RunningTarget;
  readonly readsPerSecond: number[];
  /** CPU time per read of all voters, and of all observers; empty where the system does not tell. */
  readonly voterUs: number[];
  readonly observerUs: number[];
  readonly writesPerSecond: number[];
}

/** Resolves with the exit code; throws when the servers cannot be started, or `signal` ends it. */
export async function benchObservers(
  context: BenchContext,
  flags: ObserversFlags,
  output: JsonOutput,
): Promise<number> {
  const invalid: string[] = [];
  const subjects: Subject[] = [];
  try {
    for (const observers of flags.counts) {
      output.progress(`observers: starting ${VOTERS} voters and ${observers} observers`);
      const target = new ReferenceTarget(context.env, { servers: VOTERS, observers });
      subjects.push({
        observers,
        running: await target.start(context.signal),
        readsPerSecond: [],
        voterUs: [],
        observerUs: [],
        writesPerSecond: [],
      });
    }
    // The round before the first warms everything up, and counts for nothing.
    for (let round = 0; round <= flags.rounds; round++) {
      const order = round % 2 === 1 ? subjects : subjects.toReversed();
      for (const subject of order) await measure(context, flags, subject, round, invalid);
    }
  } finally {
    await Promise.all(subjects.map(({ running }) => running.stop()));
  }
  for (const subject of subjects) output.line(lineOf(subject));
  for (const reason of invalid) output.line(`invalid: ${reason}`);
  const verdict = invalid.length > 0 ? "invalid" : "pass";
  const figures = Object.assign({}, ...subjects.map(figuresOf)) as Record<string, number>;
  output.json({ bench: "observers", verdict, reasons: invalid, figures });
  return invalid.length > 0 ? EXIT_INVALID : 0;
}

async function measure(
  context: BenchContext,
  { rounds, duration }: ObserversFlags,
  subject: Subject,
  round: number,
  invalid: string[],
): Promise<void> {
  const { observers, running } = subject;
  const { meter, output } = context;
  const { servers, pids } = running;
  const [voterPids, observerPids] = [pids.slice(0, VOTERS), pids.slice(VOTERS)];
  const title = `observers: round ${round} of ${rounds}, ${observers} observers`;
  const trial = (what: string, workload: typeof READS, target: LoadedTarget): Promise<Trial> =>
    runTrial(context, target, workload, duration * 1000, (live) =>
      output.progress(`${title}: ${Math.round(live.opsPerSecond)} ${what}/s`),
    );
  const before = [meter.processes(voterPids), meter.processes(observerPids)] as const;
  const through = observers === 0 ? servers : servers.slice(VOTERS);
  const reads = await trial("reads", READS, { servers: through, pids });
  const after = [meter.processes(voterPids), meter.processes(observerPids)] as const;
  const writes = await trial("writes", WRITES, { servers: servers.slice(0, VOTERS), pids });
  if (round === 0) return;
  for (const each of [reads, writes]) {
    invalid.push(
      ...doubts(each).map((doubt) => `${observers} observers, round ${round}: ${doubt}`),
    );
  }
  subject.readsPerSecond.push(reads.opsPerSecond);
  subject.writesPerSecond.push(writes.opsPerSecond);
  const done = reads.opsPerSecond * reads.seconds;
  for (const [index, into] of [subject.voterUs, subject.observerUs].entries()) {
    const [from, to] = [before[index], after[index]];
    if (from && to) into.push((to.cpuUs - from.cpuUs) / done);
  }
}

/** As a person reads it. */
function lineOf(subject: Subject): string {
  const { observers, readsPerSecond, writesPerSecond, voterUs, observerUs } = subject;
  const reads = spreadOf(readsPerSecond);
  const writes = spreadOf(writesPerSecond);
  const cpu = (values: readonly number[]): string =>
    values.length === 0 ? "unknown" : `${spreadOf(values).median.toFixed(2)} µs`;
  const through = observers === 0 ? "the voters" : `${observers} of ${observers} observers`;
  return [
    `reads through ${through}: ${formatCount(reads.median)}/s (${formatCount(reads.min)} to ${formatCount(reads.max)})`,
    `CPU per read: voters ${cpu(voterUs)}, observers ${cpu(observerUs)}`,
    `one write after the other: ${formatCount(writes.median)}/s (${formatCount(writes.min)} to ${formatCount(writes.max)})`,
  ].join("; ");
}

function figuresOf(subject: Subject): Record<string, number> {
  const { observers, voterUs, observerUs } = subject;
  const named = {
    reads_per_s: subject.readsPerSecond,
    voter_cpu_us_per_read: voterUs,
    observer_cpu_us_per_read: observerUs,
    writes_per_s: subject.writesPerSecond,
  };
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, values]) =>
      values.length === 0 ? [] : [[`observers_${observers}_${name}`, spreadOf(values).median]],
    ),
  );
}
