import { InvalidArgumentError } from "commander";
import { PARTS, type PartName } from "./part.ts";

export const TARGETS = ["reference", "zookeeper"] as const;
export type TargetName = (typeof TARGETS)[number];

/** A parser for commander: a whole number within bounds. */
export function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
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

/** A parser for commander: names of parts, separated by commas, in any number of flags. */
export function partNames(text: string, before: readonly PartName[] | undefined): PartName[] {
  const names = text.split(",").map((name) => {
    const known = PARTS.find((part) => part === name.trim());
    if (known !== undefined) return known;
    throw new InvalidArgumentError(`Expected some of ${PARTS.join(", ")}, separated by commas.`);
  });
  const asked = new Set([...(before ?? []), ...names]);
  // They run in their own order, whatever order they were asked for in.
  return PARTS.filter((part) => asked.has(part));
}
