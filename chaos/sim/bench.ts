/**
 * How fast the simulator is on one core: three servers under moderate load, which lose their leader, a
 * link and their power in each minute. `npm run bench:sim -- [--rounds N] [--seeds N] [--bound N]` prints
 * what was measured; the exit code is 1 if a seed is no pass or the median is below the bound, 2 for what
 * is no flag.
 */
import { simulate } from "./simulate.ts";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { spreadOf } from "../../loadgen/bench/median.ts";
import { SeededRandom } from "../../loadgen/seeded-random.ts";
import { formatCount } from "../../results/format.ts";
import type { SimOp, SimPlan, SimRequest } from "./plan.ts";

const SIMULATED_MS = 60_000;
/** Ten operations per second, two thirds of them reads. */
const OP_EVERY_MS = 100;
const CLIENTS = 4;
const PATHS = 8;
const ROUNDS = 7;
const SEEDS_PER_ROUND = 10;
/** Simulated seconds per wall second and core. */
const BOUND = 1_000;
const EXIT_FAIL = 1;
const EXIT_USAGE = 2;

interface Flags {
  readonly rounds: number;
  /** In each round. */
  readonly seeds: number;
  readonly bound: number;
}

function plan(seed: number): SimPlan {
  const random = new SeededRandom(seed);
  const ops: SimOp[] = [];
  for (let atMs = 1_000; atMs < SIMULATED_MS - 2_000; atMs += OP_EVERY_MS) {
    ops.push({ client: 1 + random.below(CLIENTS), atMs, request: request(random) });
  }
  return {
    format: 1,
    seed,
    servers: 3,
    observers: 0,
    spares: 0,
    sampleMs: 500,
    config: { tickTime: "2000", initLimit: "10", syncLimit: "5" },
    latencyMs: [0.1, 1],
    turnMs: 0,
    diskStepMs: [0.05, 0.5],
    logFileMaxBytes: 1024 * 1024,
    sessionTimeoutsMs: Array.from({ length: CLIENTS }, () => 6_000),
    ops,
    agents: [],
    faults: [
      { type: "kill", target: "leader", atMs: 10_000, holdMs: 3_000 },
      { type: "partition", target: "leader", atMs: 25_000, holdMs: 12_000 },
      { type: "power-cut-all", atMs: 45_000, holdMs: 1_000 },
    ],
    safetyMs: SIMULATED_MS,
    livenessMs: SIMULATED_MS,
  };
}

function request(random: SeededRandom): SimRequest {
  const path = `/${random.below(PATHS)}`;
  switch (random.below(9)) {
    case 0:
      return { type: "create", path, flags: 0, valueBytes: 100 };
    case 1:
      return { type: "create", path: "/e", flags: 3, valueBytes: 10 };
    case 2:
      return { type: "setData", path, version: -1, valueBytes: 100 };
    case 3:
      return { type: "getChildren", path: "", watch: false };
    default:
      return { type: "getData", path, watch: random.below(4) === 0 };
  }
}

/** Per wall second of one core, one value for each round. */
interface Rates {
  readonly simulatedSeconds: number[];
  readonly operations: number[];
  readonly events: number[];
  readonly seeds: number[];
}

function measure({ rounds, seeds }: Flags): Rates {
  const rates: Rates = { simulatedSeconds: [], operations: [], events: [], seeds: [] };
  let seed = 1;
  // The round before the first lets the engine compile what is hot, and counts for nothing.
  for (let round = 0; round <= rounds; round++) {
    const total = { simulatedMs: 0, operations: 0, events: 0 };
    const startMs = performance.now();
    for (let each = 0; each < seeds; each++) {
      const outcome = simulate(plan(seed++));
      if (outcome.verdict !== "pass") throw new Error(`seed ${seed - 1}: ${outcome.reasons[0]}`);
      total.simulatedMs += outcome.simulatedMs;
      total.operations += outcome.operations;
      total.events += outcome.events;
    }
    const seconds = (performance.now() - startMs) / 1000;
    if (round === 0) continue;
    rates.simulatedSeconds.push(total.simulatedMs / 1000 / seconds);
    rates.operations.push(total.operations / seconds);
    rates.events.push(total.events / seconds);
    rates.seeds.push(seeds / seconds);
  }
  return rates;
}

function bench(flags: Flags): void {
  const rates = measure(flags);
  const { rounds, seeds, bound } = flags;
  console.log(`3 servers, ${1000 / OP_EVERY_MS} operations and 0.05 faults per simulated second;`);
  console.log(`${rounds} rounds of ${seeds} seeds on one core, judged; per wall second:`);
  const named: readonly [string, readonly number[]][] = [
    ["simulated seconds", rates.simulatedSeconds],
    ["operations", rates.operations],
    ["events", rates.events],
    ["seeds", rates.seeds],
  ];
  for (const [name, values] of named) {
    const { median, min, max } = spreadOf(values);
    const text = [median, min, max].map((value) => formatCount(value));
    console.log(`  ${name.padEnd(18)} ${text[0]} (${text[1]} to ${text[2]})`);
  }
  const { median } = spreadOf(rates.simulatedSeconds);
  if (median >= bound) return;
  process.exitCode = EXIT_FAIL;
  console.log(`FAIL  below the bound of ${formatCount(bound)} simulated seconds per wall second`);
}

/** Null: it was said what is wrong, or what there is. */
function parseFlags(): Flags | null {
  const command = new Command("npm run bench:sim --")
    .description("Measures how fast the simulator is on one core.")
    .option("--rounds <n>", "rounds that count", wholeNumber(1, 1_000), ROUNDS)
    .option("--seeds <n>", "seeds in each round", wholeNumber(1, 10_000), SEEDS_PER_ROUND)
    .option("--bound <n>", "fail below this, the median", wholeNumber(0, 10_000_000), BOUND)
    .allowExcessArguments(false)
    .exitOverride();
  try {
    return command.parse().opts<Flags>();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) process.exitCode = EXIT_USAGE;
    return null;
  }
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

const flags = parseFlags();
// Not in a promise reaction: promises of the simulated clients would not go on.
if (flags !== null) setImmediate(() => bench(flags));
