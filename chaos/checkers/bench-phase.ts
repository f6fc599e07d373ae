/**
 * One phase of the checkers' bench, in the process that bench.ts has started for it:
 * `bench-phase.ts make ROOT OPERATIONS`, `bench-phase.ts check ROOT`.
 */
import type { RunHistory } from "../../results/history.ts";
import { listRuns } from "../../results/store.ts";
import { readStoredHistory } from "../../results/stored-history.ts";
import { writeBenchHistory } from "./bench-history.ts";
import { CHECKERS } from "./check-all.ts";
import { prepareHistory } from "./prepared-history.ts";

const BOUND_MS = 10_000;
const BOUND_MIB = 1024;
const MILLION = 1_000_000;
const MIB = 2 ** 20;

/** What the process has computed so far: on a shared machine the clock tells more of the others. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** The most that the process ever had in memory. */
function peakMib(): number {
  return process.resourceUsage().maxRSS / 1024;
}

/** How much is in use, without what is not needed any more. */
function usedMib(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / MIB;
}

function columnsMib(): number {
  return process.memoryUsage().arrayBuffers / MIB;
}

function row(name: string, ms: number, wallMs: number, extra = ""): string {
  const times = `${ms.toFixed(0).padStart(7)} ms ${wallMs.toFixed(0).padStart(7)} ms`;
  return `${name.padEnd(34)} ${times} ${peakMib().toFixed(0).padStart(6)} MiB${extra}`;
}

/** The processor's and the clock's time that the work took. */
interface Spent {
  ms: number;
  wallMs: number;
}

function timed<T>(spent: Spent, work: () => T): { readonly result: T; readonly spent: Spent } {
  const fromMs = cpuMs();
  const fromWallMs = performance.now();
  const result = work();
  const own = { ms: cpuMs() - fromMs, wallMs: performance.now() - fromWallMs };
  spent.ms += own.ms;
  spent.wallMs += own.wallMs;
  return { result, spent: own };
}

function describe(history: RunHistory): string {
  const made = history.records.filter(({ kind }) => kind === "op").length;
  const events = history.records.filter(({ kind }) => kind === "watch").length;
  const transactions = history.finals[0]?.log.length ?? 0;
  const { length } = history.records;
  return `${made} operations, ${events} watch events, ${length} records in all, ${transactions} transactions`;
}

/** Reads the one run below the root as anybody reads a stored run, and judges it. */
async function check(root: string): Promise<boolean> {
  const [run] = await listRuns(root);
  if (run === undefined) throw new Error(`${root}: there is no run`);
  const fromMs = cpuMs();
  const history = await readStoredHistory(run.directory);
  const readMs = cpuMs() - fromMs;
  const made = history.records.filter(({ kind }) => kind === "op").length;
  console.log(describe(history));
  const used = `${usedMib().toFixed(0)} MiB of the heap and ${columnsMib().toFixed(0)} MiB in columns`;
  console.log(
    `the history takes ${used}; reading it took ${readMs.toFixed(0)} ms (not in the bound)`,
  );
  console.log(`${"".padEnd(34)} processor      clock   peak`);
  const all: Spent = { ms: 0, wallMs: 0 };
  let passed = true;
  const { result: prepared, spent } = timed(all, () => prepareHistory(history));
  console.log(row("(sorting and indexing)", spent.ms, spent.wallMs));
  for (const checker of CHECKERS) {
    const { result, spent: own } = timed(all, () => checker.check(prepared));
    const { verdict, violations } = result;
    if (verdict !== "pass") passed = false;
    const extra = verdict === "pass" ? "" : `  ${verdict} ${violations[0]?.message ?? ""}`;
    console.log(row(`${checker.id} ${checker.name}`, own.ms, own.wallMs, extra));
  }
  const boundMs = BOUND_MS * Math.max(1, made / MILLION);
  console.log(
    row("all", all.ms, all.wallMs, `  (bound: ${boundMs.toFixed(0)} ms, ${BOUND_MIB} MiB)`),
  );
  console.log(`${usedMib().toFixed(0)} MiB of the heap with what the checkers keep`);
  return passed && all.ms <= boundMs && peakMib() <= BOUND_MIB;
}

const [phase, root = "", operations = ""] = process.argv.slice(2);
if (phase === "make") await writeBenchHistory(root, Number(operations));
else if (!(await check(root))) process.exitCode = 1;
