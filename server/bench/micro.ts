/**
 * `npm run bench:micro`: what the pieces of the server's hot path cost, one by one. Figures of one
 * process on one machine: compare them with figures of the same machine only.
 */
import { Command, InvalidArgumentError } from "commander";
import { Bench } from "tinybench";
import { codecTasks } from "./codec-tasks.ts";
import { logTasks } from "./log-tasks.ts";
import type { MicroTask } from "./micro-task.ts";
import { treeTasks } from "./tree-tasks.ts";

/** Done in one sample: a clock that counts in tens of nanoseconds cannot time a single one. */
const PER_SAMPLE = 100;
const WARM_UP_PART = 0.25;
const EXIT_USAGE = 2;
const NS_PER_MS = 1e6;

function milliseconds(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < 1 || value > 60_000) {
    throw new InvalidArgumentError("Expected a whole number from 1 to 60000.");
  }
  return value;
}

async function run({ time, json }: { time: number; json?: boolean }): Promise<void> {
  const bench = new Bench({ time, warmupTime: time * WARM_UP_PART, throws: true });
  const tasks: MicroTask[] = [...codecTasks(), ...treeTasks(), ...logTasks()];
  for (const task of tasks) {
    bench.add(task.name, () => {
      for (let each = 0; each < PER_SAMPLE; each++) task.run();
    });
  }
  await bench.run();
  const figures: Record<string, number> = {};
  const width = Math.max(...tasks.map(({ name }) => name.length));
  for (const { name, result } of bench.tasks) {
    if (result.state !== "completed") throw new Error(`${name}: ${result.state}`);
    const ns = (result.latency.p50 * NS_PER_MS) / PER_SAMPLE;
    figures[`${name.replaceAll(/[^a-zA-Z0-9]+/g, "_")}_ns`] = ns;
    const perSecond = Math.round(1e9 / ns).toLocaleString("en-US");
    const error = result.latency.rme.toFixed(1);
    if (!json) {
      console.log(
        `${name.padEnd(width)}  ${ns.toFixed(0).padStart(8)} ns  ${perSecond.padStart(12)} per second  ± ${error} % of the mean`,
      );
    }
  }
  if (json) console.log(JSON.stringify({ bench: "micro", figures }));
}

await new Command("npm run bench:micro --")
  .description("Micro-benchmarks of the server's codec, tree, watches and log records.")
  .option("--time <ms>", "for each of them", milliseconds, 500)
  .option("--json", "the figures as one line")
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE))
  .action(run)
  .parseAsync();
