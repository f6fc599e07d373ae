/**
 * What `npm run chaos -- judge RUN_DIRECTORY` does: the checkers of today over a history that was stored
 * before, by this project or by anybody else (README.md says what must be in the directory).
 */
import { Command, CommanderError, InvalidArgumentError } from "commander";
import type { RunHistory } from "../results/history.ts";
import { RunError } from "../results/run-error.ts";
import type { CheckResult } from "../results/schema.ts";
import { readStoredHistory } from "../results/stored-history.ts";
import { CHECKER_IDS, checkAll, composeVerdict } from "./checkers/check-all.ts";
import type { ComposedVerdict } from "./checkers/check-all.ts";
import { renderJudgement } from "./judge-report.ts";
import { EXIT_CODES, type LabIo } from "./lab-command.ts";

const REPORT_COLUMNS = 100;
const EXIT_USAGE = 2;

/** What was judged, and how it came out; with `--json` this is what is printed. */
export interface Judgement extends ComposedVerdict {
  readonly directory: string;
  /** How much there was to judge. */
  readonly history: {
    readonly operations: number;
    readonly records: number;
    readonly samples: number;
    readonly logs: number;
    readonly transactions: number;
    readonly faults: number;
  };
  readonly checks: readonly CheckResult[];
}

interface Flags {
  readonly directory: string;
  /** Undefined: all that the history can be judged by. */
  readonly only: readonly string[] | undefined;
  readonly json: boolean;
}

/** Runs the command; resolves with its exit code. */
export async function runJudge(args: readonly string[], io: LabIo): Promise<number> {
  const { stdout, stderr } = io;
  let flags: Flags;
  try {
    flags = parseFlags(args, io);
  } catch (error) {
    // Commander has said what is wrong already; --help is no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    throw error;
  }
  let judgement: Judgement;
  try {
    judgement = judge(flags, await readStoredHistory(flags.directory));
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    stderr.write(`error: ${error.message}\n`);
    return EXIT_USAGE;
  }
  if (flags.json) {
    stdout.write(`${JSON.stringify(judgement)}\n`);
  } else {
    const color = stdout.isTTY && stdout.hasColors();
    const columns = Math.min(REPORT_COLUMNS, stdout.columns ?? REPORT_COLUMNS);
    stdout.write(renderJudgement(judgement, { color, columns }));
  }
  return EXIT_CODES[judgement.verdict];
}

function judge({ directory, only }: Flags, history: RunHistory): Judgement {
  const checks = checkAll(history, only === undefined ? {} : { only });
  const { records, samples, finals, faults } = history;
  let operations = 0;
  for (const { kind } of records) if (kind === "op") operations++;
  return {
    directory,
    history: {
      operations,
      records: records.length,
      samples: samples.length,
      logs: finals.length,
      transactions: Math.max(0, ...finals.map(({ log }) => log.length)),
      faults: faults.length,
    },
    ...composeVerdict(checks, { invalidReasons: [] }),
    checks,
  };
}

function parseFlags(args: readonly string[], { stdout, stderr }: LabIo): Flags {
  const command = new Command("npm run chaos -- judge")
    .description("Judges a stored history with the checkers C1 to C13.")
    .argument("<directory>", "a run directory, such as results/runs/ID")
    .option("--only <ids>", "the checkers to run, such as C1,C13 (default: all that apply)", idList)
    .option("--json", "print one line of JSON", false)
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    })
    .exitOverride()
    .allowExcessArguments(false);
  command.parse([...args], { from: "user" });
  const { only, json } = command.opts<{ only?: string[]; json: boolean }>();
  return { directory: (command.processedArgs as string[])[0] ?? "", only, json };
}

function idList(text: string): string[] {
  const ids = text.split(",").map((id) => id.trim().toUpperCase());
  const unknown = ids.find((id) => !CHECKER_IDS.includes(id));
  if (unknown === undefined) return ids;
  throw new InvalidArgumentError(
    `There is no checker ${unknown === "" ? "without an id" : unknown}: there are ${CHECKER_IDS.join(", ")}.`,
  );
}
