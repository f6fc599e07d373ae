/** What `npm run differential` does. */
import { Command, CommanderError, Option } from "commander";
import { SeededRandom } from "../../../loadgen/seeded-random.ts";
import type { RunningTarget } from "../../../loadgen/targets/target.ts";
import { createLog, createNodeEnv } from "../../../server/node-env.ts";
import { randomSeed, seedNumber, wholeNumber } from "../options.ts";
import type { CommandIo } from "../run-command.ts";
import { findTarget, TARGET_NAMES, type TargetName } from "../targets.ts";
import { CLIENTS, compareWalks, type Divergence, shrink } from "./compare.ts";
import { describeStep } from "./describe-step.ts";
import { drawSteps, type Step } from "./steps.ts";

/** design.md §5. */
const EXIT = { pass: 0, fail: 1, usage: 2, unknown: 3 } as const;
const SHRINK_ATTEMPTS = 60;
/** What the leader removes by itself would come at another time in each ensemble. */
const NO_REMOVALS = { "znode.container.checkIntervalMs": "3600000" };

interface Flags {
  readonly judge: TargetName;
  readonly target: TargetName;
  readonly seed: number;
  readonly seeds: number;
  readonly steps: number;
}

/** Resolves with the exit code when nothing that it started is left. */
export async function differentialCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const command = usage(io);
  try {
    command.parse([...args], { from: "user" });
  } catch (error) {
    // Commander has said what is wrong; --help is no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.pass : EXIT.usage;
    throw error;
  }
  const flags = command.opts<Flags>();
  const env = createNodeEnv({ log: createLog({ level: "error", name: "differential" }) });
  const running: RunningTarget[] = [];
  try {
    for (const name of [flags.judge, flags.target]) {
      const target = findTarget(name, env, io.environment, NO_REMOVALS);
      if (typeof target === "string") {
        io.err(`${name}: ${target}`);
        return EXIT.unknown;
      }
      io.err(`starting ${name}`);
      running.push(await target.start(io.end));
    }
    return await compareSeeds(running as [RunningTarget, RunningTarget], flags, io);
  } catch (error) {
    io.err((error as Error).message);
    return EXIT.unknown;
  } finally {
    await Promise.all(running.map((target) => target.stop()));
  }
}

function usage(io: CommandIo): Command {
  // In what it answers 3.8 differs from 3.9 itself: the suites list where.
  const targets = TARGET_NAMES.filter((name) => name !== "zookeeper-3.8");
  return new Command("npm run differential --")
    .description(
      "Sends the same random requests to our ensemble and to Apache ZooKeeper, and compares the answers field by field.",
    )
    .addOption(
      new Option("--judge <target>", "what is right").choices(targets).default("zookeeper-3.9"),
    )
    .addOption(
      new Option("--target <target>", "what is compared").choices(targets).default("reference"),
    )
    .option("--seed <number>", "the first seed", seedNumber, randomSeed())
    .option("--seeds <number>", "how many seeds are walked", wholeNumber(1, 1_000_000), 10)
    .option("--steps <number>", "steps of each walk", wholeNumber(1, 100_000), 200)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.err(text.trimEnd()),
    });
}

async function compareSeeds(
  [judge, other]: readonly [RunningTarget, RunningTarget],
  flags: Flags,
  io: CommandIo,
): Promise<number> {
  let requests = 0;
  for (let seed = flags.seed; seed < flags.seed + flags.seeds; seed++) {
    io.end.throwIfAborted();
    const steps = drawSteps(new SeededRandom(seed), { clients: CLIENTS, steps: flags.steps });
    io.err(`seed ${seed}`);
    const divergence = await compareWalks(judge, other, steps);
    if (divergence !== null) {
      io.err("found a difference, looking for fewer steps that show it");
      const found = steps.slice(0, divergence.at + 1);
      report(seed, flags, await explain(judge, other, found, divergence, io), io);
      return EXIT.fail;
    }
    for (const step of steps) requests += step.type === "requests" ? step.requests.length : 1;
  }
  io.out(
    `${requests} random requests of ${flags.seeds} walks (seeds ${flags.seed} to ${flags.seed + flags.seeds - 1}): ${flags.target} answers as ${flags.judge} does`,
  );
  return EXIT.pass;
}

interface Explanation {
  readonly steps: readonly Step[];
  readonly what: readonly string[];
}

/** With fewer steps if that works: a difference may have brought a server down. */
async function explain(
  judge: RunningTarget,
  other: RunningTarget,
  steps: readonly Step[],
  divergence: Divergence,
  io: CommandIo,
): Promise<Explanation> {
  try {
    const fewer = await shrink(judge, other, steps, SHRINK_ATTEMPTS);
    const again = await compareWalks(judge, other, fewer);
    if (again !== null) return { steps: fewer, what: again.what };
  } catch (error) {
    io.end.throwIfAborted();
    io.err(`these are all the steps: ${(error as Error).message}`);
  }
  return { steps, what: divergence.what };
}

function report(seed: number, flags: Flags, { steps, what }: Explanation, io: CommandIo): void {
  io.out(`${flags.target} differs from ${flags.judge} in the last of these steps:`);
  for (const step of steps) io.out(`  ${describeStep(step)}`);
  io.out("at [client][number of what it saw]:");
  for (const line of what) io.out(`  ${line}`);
  io.out(`replay: npm run differential -- --seed ${seed} --seeds 1 --steps ${flags.steps}`);
}
