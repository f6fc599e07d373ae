import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LogTail } from "./log-tail.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "log-tail-test-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("lines that arrive in pieces are put together, and the last piece counts at the end", () => {
  const told: string[] = [];
  const tail = new LogTail(join(directory, "log"), (line) => told.push(line));
  tail.write("on");
  tail.write("e\ntwo\n\nthr");
  expect(told).toEqual(["one", "two"]);
  tail.write("ee");
  tail.endOfLife();
  expect(tail.last(2)).toEqual(["two", "three"]);
  tail.close();
  expect(readFileSync(tail.path, "utf8")).toBe("one\ntwo\n\nthree");
});

test("only the last lines are kept in memory, and each only up to a length", () => {
  const tail = new LogTail(join(directory, "log"), () => undefined);
  for (let n = 0; n < 1_000; n++) tail.write(`line ${n}\n`);
  tail.write(`${"x".repeat(100_000)}\n`);
  expect(tail.last(5_000)).toHaveLength(100);
  expect(tail.last(1)[0]).toHaveLength(4_000);
  tail.close();
});

test("what a server says after its log was closed is dropped", () => {
  const tail = new LogTail(join(directory, "log"), () => undefined);
  tail.close();
  tail.write("late\n");
  tail.close();
  expect(readFileSync(tail.path, "utf8")).toBe("");
});
