/** What the command and those that simulate for it say to each other. */
import type { RunHistory } from "../../../results/history.ts";
import type { SimOutcome } from "../outcome.ts";
import type { SimPlan } from "../plan.ts";
import type { TraceEvent } from "../trace.ts";

/** A seed, whose plan is drawn where it is run, or a plan. */
export type SimWork =
  | { readonly seed: number; readonly plan?: undefined }
  | { readonly seed?: undefined; readonly plan: SimPlan };

export type SimOrder = SimWork & {
  /** Keeps what happened, thing by thing. */
  readonly trace?: boolean;
  /** Wall-clock time that it may take, if that is less than what any may. */
  readonly limitMs?: number;
  /** Keeps all that two runs are compared by: the trace with every byte, and the history. */
  readonly evidence?: boolean;
};

/** An outcome without what is too much to be sent for every seed. */
export type SimSummary = Omit<SimOutcome, "plan" | "history" | "trace">;

/** From a worker. After `broken` it ends. */
export type SimReport =
  /** Everything is loaded, and so is the mutant. */
  | { readonly type: "ready" }
  /** It cannot simulate at all: a module or the mutant cannot be loaded. */
  | { readonly type: "broken"; readonly reason: string }
  | {
      readonly type: "ended";
      readonly summary: SimSummary;
      /** Of a run that is no pass, or was traced. */
      readonly plan: SimPlan | null;
      readonly trace: readonly TraceEvent[] | null;
      /** When evidence was asked for. */
      readonly history: RunHistory | null;
      /** Wall-clock time of the simulation with its checks. */
      readonly wallMs: number;
    }
  /** The simulator threw: it or the plan is wrong, or something escaped from it. */
  | { readonly type: "threw"; readonly error: string; readonly isEscape: boolean };
