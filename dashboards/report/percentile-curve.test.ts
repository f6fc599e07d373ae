import { build, encodeIntoCompressedBase64 } from "hdr-histogram-js";
import { expect, test } from "vitest";
import type { HistogramFile } from "../../results/schema.ts";
import { percentileCurve } from "./percentile-curve.ts";

function histogram(values: readonly number[]): HistogramFile {
  const hdr = build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 });
  for (const value of values) hdr.recordValue(value);
  const none = { p50: null, p99: null, p999: null, max: null };
  return { hdr: encodeIntoCompressedBase64(hdr), count: values.length, ...none };
}

test("the curve rises from the lowest sample to the highest, and ends where the samples end", () => {
  const curve = percentileCurve(histogram(Array.from({ length: 1_000 }, (_, index) => index + 1)));
  const [xs, ys] = curve ?? [[], []];
  expect(xs[0]).toBe(1);
  expect(xs.at(-1)).toBe(1_000);
  expect(ys[0]).toBe(0.001);
  expect(ys.at(-1)).toBe(1);
  expect(ys[xs.indexOf(10)]).toBeCloseTo(0.9, 2);
  expect(ys.map(Number)).toEqual(ys.map(Number).toSorted((a, b) => a - b));
});

test("one sample is a point; none, or an unreadable histogram, is no curve", () => {
  expect(percentileCurve(histogram([2_000]))).toEqual([[1], [2]]);
  expect(percentileCurve(histogram([]))).toBeNull();
  expect(percentileCurve({ ...histogram([1]), hdr: "garbage" })).toBeNull();
});
