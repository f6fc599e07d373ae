/** What is wrong with a run, a seed's or one of the corpus. */
import type { CheckResult } from "../../../results/schema.ts";
import type { CorpusEntry } from "../corpus/corpus.ts";
import type { SimPlan } from "../plan.ts";
import { signatureOf } from "../shrink/signature.ts";
import type { SimResult } from "../workers/lane.ts";

/** A seed of the generator, or a plan of the corpus. */
export type RunSource = { readonly seed: number } | { readonly entry: CorpusEntry };

/** A guarantee is broken. */
export interface Failure {
  readonly kind: "failure";
  readonly source: RunSource;
  readonly plan: SimPlan;
  /** The first that fails. */
  readonly check: CheckResult;
  readonly traceHash: string;
}

/** It came to no end, which is as bad; or nothing can be said of it, which is not good enough. */
export interface Trouble {
  readonly kind: "hang" | "no-verdict";
  readonly source: RunSource;
  readonly message: string;
}

export type Finding = Failure | Trouble;

const CRASHED = "the checker crashed";

/** Null: nothing is wrong. */
export function findingOf(source: RunSource, result: SimResult): Finding | null {
  const trouble = (kind: Trouble["kind"], message: string): Trouble => ({ kind, source, message });
  switch (result.type) {
    case "hung":
      return trouble(
        "hang",
        `it did not end within ${result.limitMs / 1_000} s of wall-clock time`,
      );
    case "died":
      return trouble("no-verdict", result.reason);
    case "threw":
      return trouble("no-verdict", `the simulator threw ${result.error}`);
    case "ended": {
      const { summary, plan } = result;
      const { checks, traceHash } = summary;
      const failing = signatureOf(checks);
      const check = checks.find(({ id }) => id === failing?.checkId);
      if (check !== undefined && plan !== null)
        return { kind: "failure", source, plan, check, traceHash };
      const crashed = checks.find(({ note }) => note.startsWith(CRASHED));
      if (crashed !== undefined) return trouble("no-verdict", `${crashed.id}: ${crashed.note}`);
      if (summary.verdict === "pass") return null;
      if (checks.every(({ verdict }) => verdict === "unknown"))
        return trouble("no-verdict", "no check had anything to look at");
      return trouble("no-verdict", summary.reasons[0] ?? `the verdict is ${summary.verdict}`);
    }
  }
}

/** `seed 17`, or the name of an entry of the corpus. */
export function sourceName(source: RunSource): string {
  return "seed" in source ? `seed ${source.seed}` : `corpus ${source.entry.name}`;
}

/** `mutant`: the one that is planted, or null. */
export function replayLine(source: RunSource, mutant: string | null): string {
  const planted = mutant === null ? "" : ` --mutant ${mutant}`;
  if ("seed" in source) return `npm run sim -- --from ${source.seed} --seeds 1${planted}`;
  return `npm run sim -- --replay chaos/sim/corpus/${source.entry.name}.json`;
}
