/**
 * How fast the checkers are: `npm run bench:checkers -- [--operations N]` makes a history of a correct
 * ensemble and prints, for each checker, the processor time it took and how much memory the process had at most.
 *
 * The bound is 10 s and 1 GiB for a million operations and all checkers, on one core, the history
 * included. The exit code is 1 if a checker did not pass the history or the bound was not kept.
 */
import { Command, InvalidArgumentError } from "commander";
import { CHECKERS } from "./check-all.ts";
import { prepareHistory } from "./prepared-history.ts";
import { generateRun } from "./generated-run.ts";

const BOUND_MS = 10_000;
const BOUND_MIB = 1024;
const MILLION = 1_000_000;
const SEED = 1;

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 100 || value > 5 * MILLION) {
    throw new InvalidArgumentError("must be a whole number from 100 to 5000000");
  }
  return value;
}

/** What the process has computed so far: on a shared machine the clock tells more of the others. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** The most that the process ever had in memory. */
function peakMib(): number {
  return process.resourceUsage().maxRSS / 1024;
}

function row(name: string, ms: number, extra = ""): string {
  return `${name.padEnd(34)} ${ms.toFixed(0).padStart(7)} ms ${peakMib().toFixed(0).padStart(6)} MiB${extra}`;
}

function bench(operations: number): boolean {
  const startMs = cpuMs();
  const history = generateRun(SEED, operations);
  const made = history.records.filter(({ kind }) => kind === "op").length;
  const transactions = history.finals[0]?.log.length ?? 0;
  console.log(
    `${made} operations, ${history.records.length} records, ${transactions} transactions`,
  );
  console.log(row("(making the history)", cpuMs() - startMs));
  let totalMs = 0;
  let passed = true;
  const time = <T>(name: string, run: () => T, extra: (result: T) => string): void => {
    const fromMs = cpuMs();
    const result = run();
    const ms = cpuMs() - fromMs;
    totalMs += ms;
    console.log(row(name, ms, extra(result)));
  };
  let prepared: ReturnType<typeof prepareHistory> | undefined;
  time(
    "(sorting and indexing)",
    () => (prepared = prepareHistory(history)),
    () => "",
  );
  if (prepared === undefined) return false;
  for (const checker of CHECKERS) {
    const judge = () => checker.check(prepared as NonNullable<typeof prepared>);
    time(`${checker.id} ${checker.name}`, judge, ({ verdict, violations }) => {
      if (verdict !== "pass") passed = false;
      return verdict === "pass" ? "" : `  ${verdict} ${violations[0]?.message ?? ""}`;
    });
  }
  const boundMs = BOUND_MS * Math.max(1, made / MILLION);
  console.log(row("all", totalMs, `  (bound: ${boundMs.toFixed(0)} ms, ${BOUND_MIB} MiB)`));
  return passed && totalMs <= boundMs && peakMib() <= BOUND_MIB;
}

const { operations } = new Command("bench:checkers")
  .description("Times every checker on a generated history.")
  .option("--operations <n>", "how many operations, about", count, MILLION)
  .parse()
  .opts<{ operations: number }>();
if (!bench(operations)) process.exitCode = 1;
