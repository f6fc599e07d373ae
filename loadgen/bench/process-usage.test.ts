import { expect, test } from "vitest";
import { othersShare, parseMachineStat } from "./machine-usage.ts";
import { openFilesMax, requireOpenFiles } from "./open-files.ts";
import { parseStat, usageOf } from "./process-usage.ts";

test("CPU time and memory are read from a process whose name has spaces and parentheses", () => {
  const stat = `42 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 150 50 13 14 15 16 17 18 19 20 1000 ${"0 ".repeat(20)}`;
  expect(parseStat(stat)).toEqual({ cpuUs: 2_000_000, rssBytes: 4_096_000 });
});

test("the use of a process that is gone is not known", () => {
  expect(usageOf([2 ** 22 + 1])).toBeNull();
});

test("the limit of open files is read, and its absence is no limit", () => {
  const limits = (soft: string): string =>
    `Limit  Soft Limit  Hard\nMax open files  ${soft}  4096\n`;
  expect(openFilesMax(limits("1024"))).toBe(1024);
  expect(openFilesMax(limits("unlimited"))).toBe(Number.POSITIVE_INFINITY);
  expect(openFilesMax(null)).toBeNull();
});

test("more sessions than files may be open are refused with the remedy, before anything starts", () => {
  expect(() => requireOpenFiles(2000, 1024)).toThrow(
    /--sessions 2000: needs 2200 open files in one process, and 1024 are allowed: .*ulimit -n 2200/,
  );
  expect(() => requireOpenFiles(2000, 2200)).not.toThrow();
  expect(() => requireOpenFiles(2000, null)).not.toThrow();
});

test("what others took of the machine is what was busy besides one's own", () => {
  const before = parseMachineStat("cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1 2 3\n");
  const after = parseMachineStat("cpu  140 10 140 890 5 5 5 5 0 0\ncpu0 1 2 3\n");
  expect(before).toEqual({ busyUs: 2_000_000, totalUs: 10_000_000 });
  expect(othersShare(before, after, 450_000)).toBeCloseTo(0.5 / 2);
  expect(othersShare(before, after, 9_000_000)).toBe(0);
  expect(othersShare(before, before, 0)).toBe(0);
});
