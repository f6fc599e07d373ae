import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { renderSummary } from "./summary.ts";
import { sampleRun } from "./testdata/sample-run.ts";

const PLAIN = { color: false, columns: 100 };

describe("the summary", () => {
  test.each(["pass", "fail", "invalid", "unknown"] as const)(
    "of a run with verdict %s reads like its golden file",
    async (verdict) => {
      await expect(renderSummary(sampleRun(verdict), PLAIN)).toMatchFileSnapshot(
        path.join(import.meta.dirname, `testdata/summary-${verdict}.txt`),
      );
    },
  );

  test.each(["pass", "fail", "invalid", "unknown"] as const)(
    "says %s in its first line and in its last",
    (verdict) => {
      const lines = renderSummary(sampleRun(verdict), PLAIN).trimEnd().split("\n");
      expect(lines.at(0)).toMatch(new RegExp(`^${verdict.toUpperCase()} `));
      expect(lines.at(-1)).toMatch(new RegExp(`^  ${verdict.toUpperCase()} `));
    },
  );

  test("fits a screen when all is well, and never exceeds the width", () => {
    expect(renderSummary(sampleRun(), PLAIN).trimEnd().split("\n").length).toBeLessThanOrEqual(47);
    for (const columns of [60, 80, 100]) {
      const lines = renderSummary(sampleRun("fail"), { color: true, columns }).split("\n");
      const widths = lines.map((line) => stripVTControlCharacters(line).length);
      expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
    }
  });

  test("shows evidence whole: wrapped, never cut", () => {
    const text = renderSummary(sampleRun("fail"), { color: false, columns: 70 });
    const words = text.replace(/\s+/g, " ");
    for (const line of sampleRun("fail").checks[3]?.violations[0]?.evidence ?? []) {
      expect(words).toContain(line);
    }
  });

  test("has the same text with colours as without", () => {
    const coloured = renderSummary(sampleRun("fail"), { color: true, columns: 100 });
    expect(coloured).toContain("\u001b[");
    expect(stripVTControlCharacters(coloured)).toBe(renderSummary(sampleRun("fail"), PLAIN));
  });

  test("shows a dash where there are too few samples, not a number", () => {
    const run = sampleRun();
    run.operations[0]!.latency = { hdr: "", count: 1, p50: null, p99: null, p999: null, max: 700 };
    expect(renderSummary(run, PLAIN)).toMatch(/read-heavy getData +5,517 +– +– +– +700 µs +1 /);
  });

  test("of a run in which nothing happened says so instead of failing", () => {
    const text = renderSummary(
      {
        ...sampleRun("invalid"),
        operations: [],
        elections: [],
        outages: [],
        fanOut: null,
        locks: null,
        leadership: null,
        checks: [],
      },
      PLAIN,
    );
    expect(text).toContain("none: nothing was judged");
  });

  test("prints no control characters that names brought along", () => {
    const run = sampleRun("fail");
    run.reasons = ["\u001b]0;owned\u0007 \u001b[2J"];
    run.operations[0]!.workload = "a\nb\u202e";
    const text = renderSummary(run, PLAIN);
    // oxlint-disable-next-line no-control-regex -- control characters are what it is about
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(text).toContain("a�b� getData");
  });

  test("tells where the report is", () => {
    expect(renderSummary(sampleRun(), PLAIN)).toContain(
      "results/runs/20261120T133536.123Z-lab-3f9a0c/report.html",
    );
    expect(renderSummary(sampleRun(), { ...PLAIN, report: "elsewhere.html" })).toContain(
      "Report  elsewhere.html",
    );
  });
});
