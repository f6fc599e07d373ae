/**
 * Tries variants of a failing plan until one still fails, within a bound. Several are tried at a time,
 * but it is always the first in their order that counts: the width changes the time, not the result.
 */
import { createHash } from "node:crypto";
import type { SimPlan } from "../plan.ts";

/** Whether the plan fails in the way that is looked for. */
export type FailureTest = (plan: SimPlan) => Promise<boolean>;

export interface SearchBounds {
  /** Plans that may be run in all. */
  readonly runsMax: number;
  /** Wall-clock time; what is left is tried no more. */
  readonly wallMsMax: number;
  /** Plans that are run at a time. */
  readonly width: number;
}

export class Search {
  readonly #test: FailureTest;
  readonly #bounds: SearchBounds;
  readonly #deadlineMs: number;
  /** Plans that were tried before, and what came of it: passes come by the same ones. */
  readonly #known = new Map<string, Promise<boolean>>();
  /** Plans that counted so far. */
  runs = 0;

  constructor(test: FailureTest, bounds: SearchBounds) {
    this.#test = test;
    this.#bounds = bounds;
    this.#deadlineMs = performance.now() + bounds.wallMsMax;
  }

  get isExhausted(): boolean {
    return this.runs >= this.#bounds.runsMax || performance.now() >= this.#deadlineMs;
  }

  /** The index of the first candidate that still fails; -1: none, or the bound is reached. */
  async firstFailing(candidates: readonly SimPlan[]): Promise<number> {
    const { width } = this.#bounds;
    for (let from = 0; from < candidates.length && !this.isExhausted; from += width) {
      const batch = candidates.slice(from, from + width).map((plan) => this.#try(plan));
      // All are awaited: none may be left running when the next batch begins.
      const results = await Promise.all(batch);
      const found = results.indexOf(true);
      this.runs += found < 0 ? results.length : found + 1;
      if (found >= 0) return from + found;
    }
    return -1;
  }

  #try(plan: SimPlan): Promise<boolean> {
    const key = createHash("sha256").update(JSON.stringify(plan)).digest("base64");
    let result = this.#known.get(key);
    if (result === undefined) {
      result = this.#test(plan);
      this.#known.set(key, result);
    }
    return result;
  }
}
