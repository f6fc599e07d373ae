import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chartPoints, downsample } from "./downsample.ts";
import type { SeriesPoint } from "./downsample.ts";

describe("a series that is drawn from fewer points", () => {
  test("is whole when it is short", () => {
    const points: SeriesPoint[] = [
      [0, 1],
      [100, 2],
    ];
    expect(downsample(points, 2)).toBe(points);
    expect(downsample([], 10)).toEqual([]);
  });

  test("keeps the one zero of an outage in half a million points", () => {
    const points = Array.from({ length: 500_000 }, (_, index): SeriesPoint => [
      index,
      index === 312_345 ? 0 : 5_000 + (index % 7),
    ]);
    const kept = downsample(points, 1_600);
    expect(kept.length).toBeLessThanOrEqual(1_600);
    expect(kept).toContainEqual([312_345, 0]);
  });

  test("has only points of the series, in order, with its lowest and its highest", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(10_000), { minLength: 1, maxLength: 300 }),
        fc.infiniteStream(fc.integer({ min: -50, max: 50 })),
        fc.integer({ min: 2, max: 60 }),
        (times, values, pointsMax) => {
          const points = times
            .toSorted((a, b) => a - b)
            .map((atMs): SeriesPoint => [atMs, values.next().value ?? 0]);
          const kept = downsample(points, pointsMax);
          expect(kept.length).toBeLessThanOrEqual(pointsMax);
          expect(points).toEqual(expect.arrayContaining([...kept]));
          expect(kept.map(([atMs]) => atMs)).toEqual(
            kept.map(([atMs]) => atMs).toSorted((a, b) => a - b),
          );
          const all = points.map(([, value]) => value);
          const some = kept.map(([, value]) => value);
          expect(Math.max(...some)).toBe(Math.max(...all));
          expect(Math.min(...some)).toBe(Math.min(...all));
        },
      ),
    );
  });
});

test("a server that did not answer for a while leaves a gap, not a line", () => {
  const points: SeriesPoint[] = [0, 1_000, 2_000, 3_000, 9_000, 10_000].map((atMs) => [atMs, 1]);
  expect(chartPoints(points, 100)).toEqual([
    [0, 1, 2, 3, 6, 9, 10],
    [1, 1, 1, 1, null, 1, 1],
  ]);
});
