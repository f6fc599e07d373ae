import { expect, test } from "vitest";
import { Distribution, LATENCY_BOUNDS_MS } from "./distribution.ts";

test("values are counted in the bucket whose upper bound includes them", () => {
  const distribution = new Distribution([1, 10, 100]);
  for (const value of [0, 1, 1.1, 10, 99, 100, 101, 5000]) distribution.observe(value);
  expect([...distribution.buckets]).toEqual([2, 2, 2, 2]);
  expect(distribution.count).toBe(8);
  expect(distribution.sum).toBeCloseTo(5312.1);
  expect(distribution.max).toBe(5000);
});

test("a quantile lies in its bucket and never above the maximum", () => {
  const distribution = new Distribution([1, 10, 100]);
  for (let n = 0; n < 90; n++) distribution.observe(0.5);
  for (let n = 0; n < 10; n++) distribution.observe(20);
  expect(distribution.quantile(0.5)).toBeGreaterThan(0);
  expect(distribution.quantile(0.5)).toBeLessThanOrEqual(1);
  expect(distribution.quantile(0.95)).toBeGreaterThan(10);
  expect(distribution.quantile(0.99)).toBeLessThanOrEqual(20);
  expect(distribution.quantile(1)).toBe(20);
});

test("a quantile of the overflow bucket ends at the maximum", () => {
  const distribution = new Distribution([1]);
  distribution.observe(7);
  expect(distribution.quantile(1)).toBe(7);
  expect(distribution.quantile(0.5)).toBeLessThanOrEqual(7);
});

test("a distribution without values has no quantile", () => {
  expect(new Distribution(LATENCY_BOUNDS_MS).quantile(0.5)).toBeNaN();
});

test("bounds that do not rise are refused", () => {
  expect(() => new Distribution([1, 1])).toThrow(/rise/);
  expect(() => new Distribution([])).toThrow(/at least one/);
});
