import type { TraceEvent } from "../trace.ts";

export interface TraceDifference {
  /** Of the first event that is not the same, from 0. */
  readonly index: number;
  /** The last one that is; null: there is none. */
  readonly before: TraceEvent | null;
  /** Undefined: this trace has ended. */
  readonly one: TraceEvent | undefined;
  readonly other: TraceEvent | undefined;
}

/** Null: the traces are the same. */
export function firstDifference(
  one: readonly TraceEvent[],
  other: readonly TraceEvent[],
): TraceDifference | null {
  const length = Math.max(one.length, other.length);
  for (let index = 0; index < length; index++) {
    if (JSON.stringify(one[index]) === JSON.stringify(other[index])) continue;
    return { index, before: one[index - 1] ?? null, one: one[index], other: other[index] };
  }
  return null;
}

/** Lines without newlines. */
export function differenceLines({ index, before, one, other }: TraceDifference): string[] {
  const show = (event: TraceEvent | undefined): string =>
    event === undefined ? "nothing: it has ended" : JSON.stringify(event);
  return [
    `first difference: event ${index}`,
    ...(before === null ? [] : [`  the same before   ${show(before)}`]),
    `  after other seeds ${show(one)}`,
    `  another process   ${show(other)}`,
  ];
}
