/**
 * Whether the operations on one register can be put into one order that respects time: the search of
 * Wing and Gong with Lowe's configurations ("Testing for linearizability", 2017). It goes through
 * invocations and answers in the order of time, and keeps all that the register may be: its state and
 * which of the operations under way have taken effect. An answer must find its operation among those
 * that have, or can.
 */
import { classify } from "./register-classes.ts";
import type { ClassedOperation } from "./register-classes.ts";
import { ABSENT, stepRegister, UNKNOWN } from "./register-model.ts";
import type { RegisterState } from "./register-model.ts";
import type { Register, RegisterOperation } from "./register-operations.ts";
import { judgeZones } from "./register-zones.ts";

/** Bounds of the search, in counts: the same history gives the same verdict on any machine. */
export interface SearchBounds {
  readonly stepsMax: number;
  /** Configurations kept at a time. */
  readonly configurationsMax: number;
}

export type SearchResult =
  | { readonly outcome: "linearizable"; readonly steps: number }
  | { readonly outcome: "bound"; readonly steps: number; readonly bound: string }
  | {
      readonly outcome: "violation";
      readonly steps: number;
      /** Its answer fits no order. */
      readonly misfit: RegisterOperation;
      /** The shortest part of the history that has none, and the state before it (null: at the start). */
      readonly prefix: readonly RegisterOperation[];
      readonly before: RegisterState | null;
      /** What may have made that state: the last answered write of its value before the part begins. */
      readonly maker: RegisterOperation | null;
    };

interface Configuration {
  readonly state: RegisterState;
  /** Operations under way that have taken effect: indexes, rising. */
  readonly done: readonly number[];
}

interface Calm {
  readonly from: number;
  readonly before: RegisterState | null;
  /** Unanswered operations that may still take effect. */
  readonly open: readonly number[];
}

interface Happening {
  readonly atMs: number;
  readonly index: number;
  readonly isReturn: boolean;
}

class BoundReached extends Error {}

/** Searches only where it must. What is wrong, however, a search says best, if it comes to an end. */
export function linearize(register: Register, bounds: SearchBounds): SearchResult {
  const zones = judgeZones(register);
  if (zones.outcome === "linearizable") {
    return { outcome: "linearizable", steps: register.operations.length };
  }
  const search = new Search(register, bounds);
  try {
    return search.run();
  } catch (error) {
    if (!(error instanceof BoundReached)) throw error;
    const { steps } = search;
    if (zones.outcome === "not known") return { outcome: "bound", steps, bound: error.message };
    const { misfit, conflict: prefix } = zones;
    return { outcome: "violation", steps, misfit, prefix, before: null, maker: null };
  }
}

class Search {
  steps = 0;
  readonly #operations: readonly ClassedOperation[];
  readonly #bounds: SearchBounds;
  /** Operations that were invoked, and were not answered yet. */
  readonly #underWay = new Set<number>();
  /** Those that never were, by class. */
  readonly #unanswered = new Map<string, number[]>();
  #configurations: Configuration[];

  constructor(register: Register, bounds: SearchBounds) {
    this.#operations = classify(register);
    this.#bounds = bounds;
    this.#configurations = [{ state: register.created ? ABSENT : UNKNOWN, done: [] }];
  }

  run(): SearchResult {
    const happenings = inTime(this.#operations);
    /** From here on, and with these before, nothing else matters: one state tells it all. */
    let calm: Calm = { from: 0, before: null, open: [] };
    for (const [at, { index, isReturn }] of happenings.entries()) {
      if (!isReturn) {
        const [only, other] = this.#configurations;
        if (this.#underWay.size === 0 && only !== undefined && other === undefined) {
          const open = [...this.#unanswered.values()].flat();
          const left = open.filter((one) => !only.done.includes(one));
          calm = { from: at, before: at === 0 ? null : only.state, open: left };
        }
        this.#invoke(index);
        continue;
      }
      const next = this.#answer(index);
      if (next.length === 0) {
        const later = happenings.slice(calm.from, at).filter((one) => !one.isReturn);
        const prefix = [...calm.open, ...later.map((one) => one.index)];
        return {
          outcome: "violation",
          steps: this.steps,
          misfit: this.#operation(index),
          prefix: prefix.map((one) => this.#operation(one)),
          before: calm.before,
          maker: this.#makerOf(calm.before, happenings[calm.from]?.atMs ?? 0),
        };
      }
      this.#underWay.delete(index);
      this.#configurations = next;
    }
    return { outcome: "linearizable", steps: this.steps };
  }

  #makerOf(state: RegisterState | null, beforeMs: number): RegisterOperation | null {
    if (state === null) return null;
    let maker: RegisterOperation | null = null;
    for (const operation of this.#operations) {
      if (operation.returnMs > beforeMs || !makes(operation, state)) continue;
      if (maker === null || operation.returnMs >= maker.returnMs) maker = operation;
    }
    return maker;
  }

  #operation(index: number): ClassedOperation {
    return this.#operations[index] as ClassedOperation;
  }

  #invoke(index: number): void {
    const { classKey } = this.#operation(index);
    if (classKey === null) {
      this.#underWay.add(index);
      return;
    }
    const sameClass = this.#unanswered.get(classKey);
    if (sameClass === undefined) this.#unanswered.set(classKey, [index]);
    else sameClass.push(index);
  }

  /** What may take effect next: of each class of unanswered operations one, for they are all alike. */
  #candidates(done: readonly number[]): number[] {
    const candidates: number[] = [];
    for (const index of this.#underWay) if (!done.includes(index)) candidates.push(index);
    for (const sameClass of this.#unanswered.values()) {
      const next = sameClass.find((index) => !done.includes(index));
      if (next !== undefined) candidates.push(next);
    }
    return candidates;
  }

  /** The configurations in which the operation has taken effect. */
  #answer(index: number): Configuration[] {
    const seen = new Set<string>();
    const answered: Configuration[] = [];
    const open = [...this.#configurations];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next.done.includes(index)) {
        answered.push({ state: next.state, done: next.done.filter((one) => one !== index) });
        continue;
      }
      for (const candidate of this.#candidates(next.done)) {
        const state = this.#take(next.state, candidate);
        if (state === null) continue;
        const done = insert(next.done, candidate);
        const key = keyOf(state, done);
        if (seen.has(key)) continue;
        seen.add(key);
        if (seen.size > this.#bounds.configurationsMax) {
          throw new BoundReached(`${this.#bounds.configurationsMax} configurations`);
        }
        open.push({ state, done });
      }
    }
    return this.#smallest(answered);
  }

  #take(state: RegisterState, index: number): RegisterState | null {
    let after: RegisterState | null = state;
    for (const step of this.#operation(index).steps) {
      if (++this.steps > this.#bounds.stepsMax) {
        throw new BoundReached(`${this.#bounds.stepsMax} steps`);
      }
      after = stepRegister(after, step);
      if (after === null) return null;
    }
    return after;
  }

  /**
   * Leaves out configurations in which more of the unanswered operations were used up than in another
   * one of the same state: what can follow them can follow that one too.
   */
  #smallest(configurations: Configuration[]): Configuration[] {
    const groups = new Map<string, Configuration[]>();
    configurations.sort((a, b) => a.done.length - b.done.length);
    for (const configuration of configurations) {
      const answerable = configuration.done.filter(
        (index) => this.#operation(index).classKey === null,
      );
      const key = keyOf(configuration.state, answerable);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [configuration]);
      else if (!group.some((one) => isSubset(one.done, configuration.done))) {
        group.push(configuration);
      }
    }
    return [...groups.values()].flat();
  }
}

/** Whether the operation was done, and may have left the register like this. */
function makes({ steps }: RegisterOperation, { exists, value }: RegisterState): boolean {
  const last = steps.findLast(
    ({ type, code }) => code === 0 && type !== "read" && type !== "check",
  );
  if (last === undefined) return false;
  return last.type === "delete" ? exists === false : exists === true && last.value === value;
}

/** Of equal times the invocations first: the operations then overlap. */
function inTime(operations: readonly RegisterOperation[]): Happening[] {
  const happenings: Happening[] = [];
  for (const [index, { invokeMs, returnMs }] of operations.entries()) {
    happenings.push({ atMs: invokeMs, index, isReturn: false });
    if (returnMs !== Number.POSITIVE_INFINITY) {
      happenings.push({ atMs: returnMs, index, isReturn: true });
    }
  }
  return happenings.sort((a, b) => a.atMs - b.atMs || Number(a.isReturn) - Number(b.isReturn));
}

function insert(sorted: readonly number[], item: number): number[] {
  const at = sorted.findIndex((one) => one > item);
  return at < 0 ? [...sorted, item] : sorted.toSpliced(at, 0, item);
}

function isSubset(small: readonly number[], large: readonly number[]): boolean {
  return small.every((one) => large.includes(one));
}

function keyOf({ exists, value, version }: RegisterState, done: readonly number[]): string {
  return JSON.stringify([exists, value ?? (value === null ? 0 : 1), version, done]);
}
