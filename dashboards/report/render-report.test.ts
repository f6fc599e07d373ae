import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { sampleFaults, sampleRun } from "../../results/testdata/sample-run.ts";
import { sampleSeries } from "../../results/testdata/sample-series.ts";
import type { PageData } from "./chart-data.ts";
import { renderReport } from "./render-report.ts";

function dataOf(page: string): PageData {
  const json = /<script id="data" type="application\/json">([^<]*)<\/script>/.exec(page)?.[1] ?? "";
  return JSON.parse(json) as PageData;
}

describe("the report", () => {
  test("names no address from which anything could be loaded", () => {
    const page = renderReport(sampleRun("fail"), sampleSeries(), sampleFaults());
    const loads = [...page.matchAll(/\s(?:src|href|action|srcset|data)="([^"]*)"/g)]
      .map((match) => match[1] ?? "")
      .filter((address) => !address.startsWith("#"));
    expect(loads).toEqual(["data:,"]);
  });

  test("puts the faults that fired and the elections that were won on the time axis", () => {
    const faults = sampleFaults();
    faults[1] = { ...faults[1]!, effectiveMs: null };
    faults[2] = { ...faults[2]!, healedMs: null };
    const data = dataOf(renderReport(sampleRun(), sampleSeries(), faults));
    expect(data.faults.map(({ number, name, toS }) => [number, name, toS])).toEqual([
      [1, "kill-leader", 18.35],
      [3, "no-quorum", 60],
    ]);
    expect(data.elections.map(({ epoch, server }) => [epoch, server])).toEqual([
      [1, 3],
      [2, 2],
      [3, 3],
      [4, 3],
    ]);
  });

  test("of a long run stays light, and says that it was thinned", () => {
    const series = sampleSeries(0.5);
    const points = series.series.reduce((sum, each) => sum + each.points.length, 0);
    expect(points).toBeGreaterThan(300_000);
    const page = renderReport(sampleRun(), series, sampleFaults());
    expect(page.length).toBeLessThan(600_000);
    expect(page.includes("drawn from the lowest and highest of each of 800 intervals")).toBe(true);
  });

  test("of thousands of elections, outages and faults shows a bounded number of each", () => {
    const run = sampleRun();
    const many = <T>(items: readonly T[]): T[] =>
      Array.from({ length: 5_000 }, (_, index) => items[index % items.length]!);
    run.elections = many(run.elections);
    run.outages = many(run.outages);
    run.hotZnodes = many(run.hotZnodes);
    const page = renderReport(run, { series: [] }, many(sampleFaults()));
    expect(page.match(/<tr>/g)?.length).toBeLessThan(600);
    expect(page.includes("4,900 more rows in the run directory")).toBe(true);
  });

  test("of a run in which nothing was measured says so", () => {
    const run = {
      ...sampleRun("invalid"),
      operations: [],
      elections: [],
      outages: [],
      hotZnodes: [],
      phases: [],
      figures: {},
      checks: [],
      fanOut: null,
      locks: null,
      leadership: null,
      durationMs: 0,
    };
    const page = renderReport(run, { series: [] }, []);
    expect(page.includes("No operation was measured.")).toBe(true);
    expect(page.includes("No check was made: nothing is known about safety.")).toBe(true);
    expect(page.slice(0, page.indexOf("<script"))).not.toMatch(/NaN|Infinity|undefined/);
  });

  test("says which curve is missing when a histogram cannot be read", () => {
    const run = sampleRun();
    run.operations[0]!.latency = { ...run.operations[0]!.latency, hdr: "garbage" };
    const page = renderReport(run, sampleSeries(), sampleFaults());
    expect(page.includes("Histogram missing or unreadable: read-heavy getData.")).toBe(true);
    expect(dataOf(page).charts["chart-latency"]?.series).toHaveLength(7);
  });
});

describe("the colours", () => {
  const css = readFileSync(path.join(import.meta.dirname, "page/theme.css"), "utf8");
  const [light = "", dark = ""] = css.split("@media (prefers-color-scheme: dark)");

  test.each([
    ["light", light],
    ["dark", dark.slice(0, dark.indexOf("\n}\n"))],
  ])("of the %s page have contrast: 4.5 for text, 3 for lines", (_, block) => {
    const colors = new Map(
      [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((match) => [
        match[1],
        match[2] ?? "",
      ]),
    );
    const contrast = (a: string, b: string): number => ratio(colors.get(a)!, colors.get(b)!);
    for (const text of ["text", "muted", "link"]) {
      expect(contrast(text, "surface")).toBeGreaterThan(4.5);
      expect(contrast(text, "page")).toBeGreaterThan(4.5);
    }
    for (const verdict of ["pass", "fail", "doubt"]) {
      expect(contrast(verdict, `${verdict}-back`)).toBeGreaterThan(4.5);
      expect(contrast("text", `${verdict}-back`)).toBeGreaterThan(4.5);
    }
    for (let slot = 0; slot < 8; slot += 1) {
      expect(contrast(`line-${slot}`, "surface")).toBeGreaterThan(3);
    }
  });
});

/** WCAG's contrast ratio of two colours #rrggbb. */
function ratio(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
