/** From a failing run to a failure that a person can read: shrunk, kept as a file and a page, told. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { CheckResult } from "../../../results/schema.ts";
import type { SimFailure } from "../outcome.ts";
import type { SimPlan } from "../plan.ts";
import { writeFailure } from "../report/failure-file.ts";
import { renderFailureHtml } from "../report/render-failure.ts";
import { shrink, type ShrinkState } from "../shrink.ts";
import { failureLike, type FailureSignature, signatureOf } from "../shrink/signature.ts";
import type { TraceEvent } from "../trace.ts";
import type { Pool } from "../workers/pool.ts";
import type { Failure } from "./finding.ts";

/** What a plan may take while a failure is shrunk: so many times what it took when it was found, ms. */
const CANDIDATE_TIMES = 4;
const CANDIDATE_MS_MIN = 2_000;

export interface ReportOptions {
  readonly pool: Pool;
  readonly commit: string;
  readonly mutant: string | null;
  readonly shrink: boolean;
  readonly shrinkMs: number;
  readonly progress: (state: ShrinkState) => void;
}

export interface ReportedFailure {
  readonly failure: SimFailure;
  readonly trace: readonly TraceEvent[];
  /** What is to be said about it besides; "" if nothing. */
  readonly note: string;
}

/** Null when it does not fail a second time: `--check-determinism` is what to do then. */
export async function reportFailure(
  found: Failure,
  options: ReportOptions,
): Promise<ReportedFailure | null> {
  const signature = signatureOf([found.check]);
  if (signature === null) return null;
  const again = await runTraced(found.plan, signature, options.pool);
  if (again === null) return null;
  let { plan } = found;
  let note = "";
  let last = again;
  if (options.shrink) {
    // A smaller plan that takes much longer is another one: an ensemble that never becomes live, say.
    const limitMs = Math.max(CANDIDATE_MS_MIN, CANDIDATE_TIMES * again.wallMs);
    const fails = async (candidate: SimPlan): Promise<boolean> => {
      const result = await options.pool.run({ plan: candidate, limitMs });
      return result.type === "ended" && failureLike(signature, result.summary.checks) !== undefined;
    };
    const { width } = options.pool;
    const { progress, shrinkMs: wallMsMax } = options;
    const result = await shrink(plan, fails, { width, wallMsMax, progress });
    if (result.isCutShort) note = "The shrinker ran into its bound: a smaller plan may be there.";
    last = (await runTraced(result.plan, signature, options.pool)) ?? again;
    plan = last === again ? plan : result.plan;
  }
  const failure = failureOf(found, plan, last, options);
  return { failure, trace: last.trace, note };
}

/** As it was found, without another run. */
export function failureAsFound(
  found: Failure,
  options: Pick<ReportOptions, "commit" | "mutant">,
): SimFailure {
  return failureOf(found, found.plan, found, options);
}

/** Writes `seed-17-C7.json` and, with a trace, the page beside it; returns their paths. */
export function keepReport(
  directory: string,
  failure: SimFailure,
  trace: readonly TraceEvent[] | null,
): { readonly file: string; readonly page: string | null } {
  const planted = failure.mutant === null ? "" : `${failure.mutant}-`;
  const stem = path.join(directory, `${planted}seed-${failure.seed}-${failure.check.id}`);
  const file = `${stem}.json`;
  writeFailure(file, failure);
  if (trace === null) return { file, page: null };
  const page = `${stem}.html`;
  writeFileSync(page, renderFailureHtml(failure, trace, { file: readable(file) }));
  return { file, page };
}

/** From where the command is given, if it is below. */
export function readable(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith("..") ? file : relative;
}

interface TracedFailure {
  /** What it took. */
  readonly wallMs: number;
  readonly check: CheckResult;
  readonly traceHash: string;
  readonly trace: readonly TraceEvent[];
}

async function runTraced(
  plan: SimPlan,
  signature: FailureSignature,
  pool: Pool,
): Promise<TracedFailure | null> {
  const result = await pool.run({ plan, trace: true });
  if (result.type !== "ended" || result.trace === null) return null;
  const { checks, traceHash } = result.summary;
  const check = failureLike(signature, checks);
  return check === undefined
    ? null
    : { check, traceHash, trace: result.trace, wallMs: result.wallMs };
}

function failureOf(
  found: Failure,
  plan: SimPlan,
  { check, traceHash }: Pick<TracedFailure, "check" | "traceHash">,
  { commit, mutant }: Pick<ReportOptions, "commit" | "mutant">,
): SimFailure {
  const { id, name, guarantee, violations, violationCount } = check;
  return {
    format: 1,
    commit,
    mutant,
    seed: found.plan.seed,
    plan,
    check: { id, name, guarantee, violations, violationCount },
    traceHash,
    before: { ops: found.plan.ops.length, faults: found.plan.faults.length },
  };
}
