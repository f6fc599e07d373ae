import { InvalidArgumentError } from "commander";

export const TARGETS = ["reference", "zookeeper"] as const;
export type TargetName = (typeof TARGETS)[number];

export interface BenchOptions {
  readonly target: TargetName;
  readonly vs?: TargetName;
  readonly connections: number;
  readonly outstanding: number;
  readonly duration: number;
  readonly warmup: number;
  readonly rounds?: number;
  readonly rate?: number;
  readonly znodes: number;
  readonly valueBytes: number;
  readonly readsPerWrite: number;
  readonly seed: number;
}

/** A parser for commander: a whole number within bounds. */
export function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < from || value > to) {
      throw new InvalidArgumentError(`Expected a whole number from ${from} to ${to}.`);
    }
    return value;
  };
}

/** A parser for commander: a number above 0 (or from 0), up to a bound. */
export function number(to: number, zeroToo = false): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!(zeroToo ? value >= 0 : value > 0) || value > to) {
      throw new InvalidArgumentError(
        `Expected a number ${zeroToo ? "from" : "above"} 0, up to ${to}.`,
      );
    }
    return value;
  };
}
