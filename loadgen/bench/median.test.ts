import { expect, test } from "vitest";
import { median, spreadOf } from "./median.ts";

test("the median of an odd number of values is the one in the middle", () => {
  expect(median([300, 100, 200])).toBe(200);
  expect(median([7])).toBe(7);
});

test("the median of an even number of values is the mean of the two in the middle", () => {
  expect(median([4, 1, 2, 10])).toBe(3);
  expect(median([100, 200])).toBe(150);
});

test("a spread says the least and the greatest; of nothing there is none", () => {
  expect(spreadOf([3, 9, 5])).toEqual({ median: 5, min: 3, max: 9, count: 3 });
  expect(() => spreadOf([])).toThrow("no values");
});
