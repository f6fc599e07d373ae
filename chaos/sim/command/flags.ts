/** The arguments of `npm run sim`. */
import path from "node:path";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { mutantNamed } from "../../mutants/catalogue/all.ts";
import { parseFilter } from "../report/step-filter.ts";
import type { StepFilter } from "../report/steps.ts";

const FAILURES_DIRECTORY = fileURLToPath(new URL("../failures", import.meta.url));
export const CORPUS_DIRECTORY = fileURLToPath(new URL("../corpus", import.meta.url));

const SEEDS = 200;
/** The highest seed that is drawn by chance: people can type it. */
const FRESH_SEEDS = 1_000_000_000;
const SEED_MAX = 2 ** 40;

export type SimMode = "seeds" | "determinism" | "replay" | "keep";

export interface SimFlags {
  readonly mode: SimMode;
  /** The first seed. */
  readonly from: number;
  /** How many, if no time is up before. */
  readonly seeds: number;
  /** Wall-clock time after which no seed is begun. */
  readonly forMs: number | null;
  readonly jobs: number;
  /** Wall-clock time that one seed may take. */
  readonly seedLimitMs: number;
  readonly mutant: string | null;
  readonly shrink: boolean;
  readonly shrinkMs: number;
  readonly out: string;
  /** Null: the corpus is not run. */
  readonly corpus: string | null;
  readonly json: boolean;
  /** The file to replay or to keep; "" in other modes. */
  readonly file: string;
  readonly filter: StepFilter | null;
  readonly name: string;
  readonly reason: string;
}

export interface FlagsOutput {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

interface Options {
  readonly seeds?: number;
  readonly from?: number;
  readonly fresh?: true;
  readonly for?: number;
  readonly jobs: number;
  readonly checkDeterminism?: true;
  readonly replay?: string;
  readonly filter?: StepFilter;
  readonly keep?: string;
  readonly name?: string;
  readonly reason?: string;
  readonly mutant?: string;
  readonly shrink: boolean;
  readonly shrinkSeconds: number;
  readonly seedSeconds: number;
  readonly out: string;
  readonly corpus: string | false;
  readonly json?: true;
}

/** Throws a `CommanderError` when it has said what is wrong, or has helped. */
export function parseFlags(args: readonly string[], output: FlagsOutput): SimFlags {
  const command = describeCommand(output);
  command.parse([...args], { from: "user" });
  const options = command.opts<Options>();
  const complain = (message: string): never => command.error(`error: ${message}`);
  if (options.fresh === true && options.from !== undefined)
    complain("option '--fresh' draws the first seed: leave '--from' out");
  const modes = (["checkDeterminism", "replay", "keep"] as const).filter(
    (each) => options[each] !== undefined,
  );
  if (modes.length > 1)
    complain("only one of '--check-determinism', '--replay' and '--keep' can be done at a time");
  if (modes.length > 0 && options.for !== undefined)
    complain("option '--for' goes with seeds alone, not with another thing to do");
  const isKeep = options.keep !== undefined;
  if (isKeep && (options.name === undefined || options.reason === undefined))
    complain("option '--keep' needs '--name <name>' and '--reason <text>'");
  if (!isKeep && (options.name !== undefined || options.reason !== undefined))
    complain("options '--name' and '--reason' go with '--keep <file>'");
  if (isKeep && options.corpus === false) complain("option '--keep' needs the corpus");
  if (options.filter !== undefined && options.replay === undefined)
    complain("option '--filter' goes with '--replay <file>'");
  return flagsOf(options);
}

function flagsOf(options: Options): SimFlags {
  const { replay, keep, corpus } = options;
  const isTimed = options.for !== undefined;
  return {
    mode: modeOf(options),
    from: options.fresh === true ? Math.floor(Math.random() * FRESH_SEEDS) : (options.from ?? 1),
    seeds: options.seeds ?? (isTimed ? Number.POSITIVE_INFINITY : SEEDS),
    forMs: isTimed ? (options.for ?? 0) * 1_000 : null,
    jobs: options.jobs,
    seedLimitMs: options.seedSeconds * 1_000,
    mutant: options.mutant ?? null,
    shrink: options.shrink,
    shrinkMs: options.shrinkSeconds * 1_000,
    out: path.resolve(options.out),
    corpus: corpus === false ? null : path.resolve(corpus),
    json: options.json === true,
    file: replay ?? keep ?? "",
    filter: options.filter ?? null,
    name: options.name ?? "",
    reason: options.reason ?? "",
  };
}

function modeOf({ checkDeterminism, replay, keep }: Options): SimMode {
  if (checkDeterminism === true) return "determinism";
  if (replay !== undefined) return "replay";
  return keep === undefined ? "seeds" : "keep";
}

function describeCommand({ out, err }: FlagsOutput): Command {
  return new Command("npm run sim --")
    .description(
      "Simulates whole ensembles, clients and faults in virtual time, one after another as seeds say, and checks what every client was told.",
    )
    .option("--seeds <n>", `how many seeds (default: ${SEEDS})`, wholeNumber(1, 1_000_000_000))
    .option("--from <seed>", "the first seed (default: 1)", wholeNumber(0, SEED_MAX))
    .option("--fresh", "draw the first seed by chance, and say which it is")
    .option("--for <seconds>", "begin no seed after this time", wholeNumber(1, 604_800))
    .option("--jobs <n>", "seeds at a time", wholeNumber(1, 256), availableParallelism())
    .option("--check-determinism", "run every seed twice, in two processes, and compare the traces")
    .option("--replay <file>", "show a failure step by step, and say whether it is still there")
    .option("--filter <text>", "steps to show: hosts, kinds, seconds (s1 message 1.5-2)", steps)
    .option("--keep <file>", "take a failure into the corpus, which every run begins with")
    .option("--name <name>", "with --keep: its name, in kebab-case", kebabCase)
    .option("--reason <text>", "with --keep: what broke, and what fixed it", sentence)
    .option("--mutant <name>", "plant one of the bugs of npm run mutants -- --list", mutantName)
    .option("--shrink", "shrink failures to the few faults and operations that matter", true)
    .option("--no-shrink", "keep failures as they are found")
    .option("--shrink-seconds <n>", "time to shrink one failure", wholeNumber(1, 86_400), 60)
    .option("--seed-seconds <n>", "time that one seed may take", wholeNumber(1, 86_400), 60)
    .option("--out <dir>", "where failures are written", FAILURES_DIRECTORY)
    .option("--corpus <dir>", "plans that failed once, run first", CORPUS_DIRECTORY)
    .option("--no-corpus", "run the seeds alone")
    .option("--json", "write the result to stdout as JSON, all else to stderr")
    .configureOutput({ writeOut: out, writeErr: err })
    .exitOverride()
    .allowExcessArguments(false);
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    // Not 1e3, nor 0x10: what people take for a number of seeds is digits.
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

function kebabCase(text: string): string {
  if (/^[a-z0-9]+(-[a-z0-9]+)*$/.test(text)) return text;
  throw new InvalidArgumentError("Expected lower-case words with hyphens between (lost-write).");
}

function sentence(text: string): string {
  if (text.trim() !== "") return text.trim();
  throw new InvalidArgumentError("Expected a sentence.");
}

function mutantName(name: string): string {
  if (mutantNamed(name) !== undefined) return name;
  throw new InvalidArgumentError("There is no such mutant; npm run mutants -- --list names them.");
}

function steps(text: string): StepFilter {
  try {
    return parseFilter(text);
  } catch (error) {
    throw new InvalidArgumentError(`${error instanceof Error ? error.message : String(error)}.`);
  }
}
