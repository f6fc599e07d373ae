import { expect, test } from "vitest";
import { Settling } from "./settling.ts";

function windowsUntilSettled(rates: readonly number[]): number | null {
  const settling = new Settling();
  for (const rate of rates) {
    settling.add(rate);
    if (settling.settled) return settling.windows;
  }
  return null;
}

test("a rate that rises with every window has not settled", () => {
  expect(windowsUntilSettled([100, 120, 140, 160, 180])).toBeNull();
});

test("a rate has settled after two windows that are no higher than the best before", () => {
  expect(windowsUntilSettled([100, 200, 203, 201, 900])).toBe(4);
  expect(windowsUntilSettled([100, 100, 100])).toBe(3);
});

test("a dip on the way up does not end the warm-up, nor does the way back from it", () => {
  expect(windowsUntilSettled([100, 200, 150, 260, 270, 280, 290])).toBeNull();
  expect(windowsUntilSettled([100, 200, 150, 190])).toBe(4);
});
