/** What `npm run chaos` does: scenarios by their names, on the engine that is asked for. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { collectIdentity } from "../results/identity.ts";
import type { RunFile } from "../results/schema.ts";
import { renderSummary } from "../results/summary.ts";
import { type EngineName, ENGINES, refusals } from "./engines/engine-faults.ts";
import { EXIT_CODES, type LabIo } from "./lab-command.ts";
import { runJudge } from "./judge-command.ts";
import { ProxyUnavailableError } from "./proxy/unavailable.ts";
import { runScenario } from "./run/run-scenario.ts";
import { SCENARIOS, scenarioNamed } from "./scenarios/all.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { runSimulated } from "./sim/scenario/run-simulated.ts";

const RUNS_DIRECTORY = fileURLToPath(new URL("../results/runs", import.meta.url));
const SUMMARY_COLUMNS = 100;
/** Room for a seed that people can type. */
const SEEDS = 1_000_000;
const LIST = "list";
const JUDGE = "judge";
const EXIT_USAGE = 2;
const EXIT_NO_VERDICT = 3;

interface Flags {
  /** Null: say which there are. */
  readonly scenario: Scenario | null;
  readonly engine: EngineName;
  readonly seed: number;
  readonly runs: string;
}

/** Runs the command; resolves with its exit code when nothing of the run is left but its results. */
export async function runChaos(args: readonly string[], io: LabIo): Promise<number> {
  if (args[0] === JUDGE) return runJudge(args.slice(1), io);
  let flags: Flags;
  try {
    flags = parseFlags(args, io);
  } catch (error) {
    // Commander has said what is wrong already; --help is no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    throw error;
  }
  const { scenario, engine } = flags;
  if (scenario === null) {
    io.stdout.write(`${SCENARIOS.map(describe).join("\n")}\n`);
    return 0;
  }
  const refused = refusals(engine, scenario);
  if (refused.length > 0) {
    io.stderr.write(`error: ${scenario.name} cannot be run here.\n${refused.join("\n")}\n`);
    return EXIT_USAGE;
  }
  try {
    const { run, note } = await carryOut(scenario, flags, io);
    const color = io.stdout.isTTY && io.stdout.hasColors();
    const columns = Math.min(SUMMARY_COLUMNS, io.stdout.columns ?? SUMMARY_COLUMNS);
    io.stdout.write(`\n${renderSummary(run, { color, columns, report: note })}`);
    return EXIT_CODES[run.verdict];
  } catch (error) {
    if (io.end.aborted) io.stderr.write("Broken off: no verdict, nothing is left of the run.\n");
    else io.stderr.write(`The scenario could not be run: ${messageOf(error)}\n`);
    return error instanceof ProxyUnavailableError ? EXIT_USAGE : EXIT_NO_VERDICT;
  }
}

/** The run, and where more about it is to be had. */
async function carryOut(
  scenario: Scenario,
  { engine, seed, runs }: Flags,
  { stdout, end }: LabIo,
): Promise<{ run: RunFile; note: string }> {
  if (engine !== "sim") {
    const options = { seed, runsDirectory: runs, stream: stdout, signal: end };
    const { run, directory } = await runScenario(scenario, options);
    return { run, note: path.relative(process.cwd(), path.join(directory, "report.html")) };
  }
  stdout.write(`Simulating ${scenario.name}, seed ${seed}: ${scenario.servers} servers …\n`);
  const identity = collectIdentity({
    kind: "chaos",
    name: scenario.name,
    seed,
    target: "reference",
    proxy: "none",
    config: { ...scenario, engine },
  });
  const startMs = performance.now();
  const told = (atMs: number, what: string): void =>
    void stdout.write(`${(atMs / 1_000).toFixed(1).padStart(5)} s  ${what}\n`);
  const { run, traceHash } = await runSimulated(identity, told, end);
  const seconds = (performance.now() - startMs) / 1_000;
  stdout.write(
    `simulated ${(run.durationMs / 1_000).toFixed(1)} s in ${seconds.toFixed(1)} s, trace hash ${traceHash}\n`,
  );
  return {
    run,
    note: `none is written; once more: npm run chaos -- ${scenario.name} --engine sim --seed ${seed}`,
  };
}

function describe(scenario: Scenario): string {
  const faults = scenario.steps.map(({ fault }) => fault.type).join(", ");
  const load = scenario.workloads.map(({ kind }) => kind).join(", ");
  const engines = ENGINES.filter((engine) => refusals(engine, scenario).length === 0).join(", ");
  return [
    scenario.name,
    `  ${scenario.hypothesis}`,
    `  ${scenario.servers} servers; faults: ${faults}, kill-all`,
    `  load: ${load}`,
    `  engines: ${engines}`,
  ].join("\n");
}

function parseFlags(args: readonly string[], { stdout, stderr }: LabIo): Flags {
  const command = new Command("npm run chaos --")
    .description("Carries a chaos experiment out: load, faults, and a verdict from the history.")
    .addArgument(new Argument("<scenario>", "its name, or list").argParser(knownScenario))
    .addHelpText("after", "\njudge RUN_DIRECTORY judges a stored run again: judge --help.")
    .addOption(
      new Option("--engine <engine>", "what it is run on").choices([...ENGINES]).default("local"),
    )
    .option("--seed <n>", "what random choices are drawn from (default: by chance)", seedNumber)
    .option("--runs <dir>", "where the run directory is written (not for sim)", RUNS_DIRECTORY)
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    })
    .exitOverride()
    .allowExcessArguments(false);
  command.parse([...args], { from: "user" });
  const options = command.opts<{ engine: EngineName; seed?: number; runs: string }>();
  return {
    scenario: scenarioNamed((command.processedArgs as string[])[0] ?? "") ?? null,
    engine: options.engine,
    seed: options.seed ?? Math.floor(Math.random() * SEEDS),
    runs: path.resolve(options.runs),
  };
}

function knownScenario(name: string): string {
  if (name === LIST || scenarioNamed(name) !== undefined) return name;
  const known = SCENARIOS.map((each) => each.name).join(", ");
  throw new InvalidArgumentError(`There is no such scenario: there is ${known}; list tells more.`);
}

function seedNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= 0 && value < SEEDS) return value;
  throw new InvalidArgumentError(`Expected a whole number from 0 to ${SEEDS - 1}.`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
