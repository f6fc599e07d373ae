import { describe, expect, test } from "vitest";
import type { SeriesFile } from "../../../results/schema.ts";
import { METRICS, linePoints, viewOf } from "./server-metrics.ts";

type Series = SeriesFile["series"][number];

function series(name: string, values: readonly number[], unit = ""): Series {
  return {
    name,
    unit,
    server: 1,
    points: values.map((value, index) => [1_000 * index, value]),
  };
}

function line(all: readonly Series[]): [number, number][] {
  const view = viewOf(all[0]!)?.view;
  return view === undefined ? [] : linePoints(view, all).map(([atMs, value]) => [atMs, value]);
}

describe("the line of a metric", () => {
  test("a gauge is drawn as it is, in the unit of its title", () => {
    expect(line([series("process_resident_memory_bytes", [1_048_576, 2_097_152])])).toEqual([
      [0, 1],
      [1_000, 2],
    ]);
  });

  test("a counter becomes a rate, and a restart no rate at all", () => {
    expect(line([series("packets_received", [10, 30, 5, 6])])).toEqual([
      [1_000, 20],
      [3_000, 1],
    ]);
    expect(viewOf(series("something_total", [], "bytes"))?.view).toMatchObject({
      form: "counter",
      unit: "bytes/s",
    });
  });

  test("a sum and a count become the mean between two samples, and nothing where nothing was", () => {
    const all = [
      series("fsynctime_sum", [0, 10, 10, 40]),
      series("fsynctime_count", [0, 5, 5, 11]),
    ];
    expect(line(all)).toEqual([
      [1_000, 2],
      [3_000, 5],
    ]);
    expect(viewOf(all[1]!)).toBeNull();
  });

  test("an unknown one is drawn under its own name, after the known", () => {
    const unknown = viewOf(series("my_gauge", [1], "widgets"));
    expect(unknown?.view).toMatchObject({ title: "my_gauge", unit: "widgets", form: "gauge" });
    expect(unknown?.order).toBeGreaterThan(METRICS.length);
  });
});
