import { describe, expect, test } from "vitest";
import { parseFilter } from "./step-filter.ts";
import { stepLines } from "./step-lines.ts";
import { LOST_ZXID, exampleFailure, exampleTrace } from "./testdata/example-failure.ts";

const trace = exampleTrace();
const violation = exampleFailure().check.violations[0] ?? null;
const lines = (filter: string): string[] => [
  ...stepLines(trace, { ...parseFilter(filter), violation }),
];

describe("the steps of a run", () => {
  test("are all there without a filter, the violation among them where it belongs", () => {
    const all = [...stepLines(trace, { violation })];
    expect(all.length).toBe(trace.length + 1);
    const at = all.findIndex((line) => line.includes("VIOLATION"));
    expect(all[at - 1]).toContain("4.304");
    expect(all[at + 1]).not.toMatch(/^ +4\.30[0-4]/);
  });

  test("say when, where and what", () => {
    expect(lines(`s1 message ${LOST_ZXID}`)).toEqual([
      `     1.502  s3 → s1    PROPOSAL ${LOST_ZXID}, not delivered`,
    ]);
    expect(lines("c2 op")).toEqual([
      "     4.300  c2         ▶ op 3 invoked: getData /r/a",
      "     4.304  c2         ◀ op 3 ended: fail NoNode, zxid 0x200000001",
    ]);
  });

  test("can be chosen by time, kind and words, with and without pings", () => {
    expect(lines("1.5-1.51 fault")).toEqual([]);
    expect(lines("1.51-1.6 fault").length).toBe(2);
    expect(lines("-0.5").every((line) => Number(line.slice(0, 10)) <= 0.5)).toBe(true);
    expect(lines("message PING")).toEqual([]);
    expect(lines("message PING +pings").length).toBeGreaterThan(10);
    expect(lines("disk crash").length).toBe(1);
  });

  test("are cut to the width when there is one", () => {
    const cut = [...stepLines(trace, { columns: 40 })];
    expect(Math.max(...cut.map((line) => line.length))).toBeLessThanOrEqual(40);
  });

  test("cannot be chosen by a span that goes backwards", () => {
    expect(() => parseFilter("5-2")).toThrow("5-2 is no span of seconds: write it like 1.5-2");
  });
});
