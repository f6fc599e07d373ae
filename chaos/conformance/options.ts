/** Values of options that several commands of this folder take. */
import { InvalidArgumentError } from "commander";

/** Room for a seed that people can type. */
const SEEDS = 1_000_000;

/** A parser for a whole number from `min` to `max`; it throws commander's error, which names both. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

export const seedNumber = wholeNumber(0, Number.MAX_SAFE_INTEGER);

export function randomSeed(): number {
  return Math.floor(Math.random() * SEEDS);
}
