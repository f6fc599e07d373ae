import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SimFailure } from "../outcome.ts";
import type { SimFault, SimRequest } from "../plan.ts";
import { FailureFileError, readFailure, writeFailure } from "./failure-file.ts";
import { exampleFailure } from "./testdata/example-failure.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), "failure-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const REQUESTS: readonly SimRequest[] = [
  { type: "create", path: "/a", flags: 5, valueBytes: 0, ttlMs: 40 },
  { type: "delete", path: "/a", version: "seen" },
  { type: "setData", path: "/a", version: "wrong", valueBytes: 9 },
  { type: "exists", path: "/a", watch: true },
  { type: "sync", path: "/" },
  { type: "multi", parts: [{ type: "check", path: "/a", version: -1 }] },
  { type: "setACL", path: "/a", perms: 31 },
  { type: "getACL", path: "/a" },
  { type: "addWatch", path: "/a", mode: "recursive" },
  { type: "removeWatches", path: "/a", kind: "any" },
  { type: "deleteOwn" },
  { type: "move", server: 2 },
  { type: "takeOver", server: 3 },
  { type: "close" },
  { type: "abandon" },
];

const when = { atMs: 10.5, holdMs: 20 };
const FAULTS: readonly SimFault[] = [
  { ...when, type: "kill", target: "leader" },
  { ...when, type: "kill-all" },
  { ...when, type: "halves", groups: [[1], [2, 3]] },
  { ...when, type: "one-way", target: 1, direction: "out" },
  { ...when, type: "delay", target: "follower", delayMs: 30 },
  { ...when, type: "slow-disk", target: 1, stepMs: 4 },
  { ...when, type: "crash-point", target: 2, step: "sync", nth: 3 },
  { ...when, type: "clock-jump", target: 2, byMs: -5_000 },
  { ...when, type: "clock-skew", target: 2, ppm: -200 },
  { ...when, type: "reconfig", leaving: [3], joining: [4] },
];

describe("a failure in a file", () => {
  test("is read as it was written, whatever its plan holds", () => {
    const file = path.join(directory, "deeper", "failure.json");
    const example = exampleFailure();
    const ops = REQUESTS.map((request, at) => ({ client: 1, atMs: at, request }));
    const failure: SimFailure = { ...example, plan: { ...example.plan, ops, faults: FAULTS } };
    writeFailure(file, failure);
    expect(readFailure(file)).toEqual(failure);
    expect(readdirSync(path.dirname(file))).toEqual(["failure.json"]);
  });

  test("is not touched by a failure that cannot be written", () => {
    const file = path.join(directory, "failure.json");
    writeFailure(file, exampleFailure());
    const before = readFileSync(file, "utf8");
    const wrong = { ...exampleFailure(), seed: Number.NaN };
    expect(() => writeFailure(file, wrong)).toThrow(/not written\): seed/);
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(readdirSync(directory)).toEqual(["failure.json"]);
  });

  test("whose field is wrong is refused with the field and the fix", () => {
    const file = path.join(directory, "failure.json");
    const example = exampleFailure();
    const faults = [{ type: "kill", target: "nobody", atMs: 1, holdMs: 1 }];
    writeFileSync(file, JSON.stringify({ ...example, plan: { ...example.plan, faults } }));
    expect(() => readFailure(file)).toThrow(FailureFileError);
    expect(() => readFailure(file)).toThrow(/plan\.faults\[0\]\.target.*commit that wrote it/s);
  });

  test("of another format, with unknown fields, or damaged is refused", () => {
    const file = path.join(directory, "failure.json");
    writeFileSync(file, JSON.stringify({ ...exampleFailure(), format: 2 }));
    expect(() => readFailure(file)).toThrow(/: format:/);
    writeFileSync(file, JSON.stringify({ ...exampleFailure(), sede: 1 }));
    expect(() => readFailure(file)).toThrow(/sede/);
    writeFileSync(file, JSON.stringify(exampleFailure()).slice(0, 200));
    expect(() => readFailure(file)).toThrow(/not JSON .* run its seed again/);
  });

  test("that is not there is missed by name", () => {
    const file = path.join(directory, "none.json");
    expect(() => readFailure(file)).toThrow(`${file}: there is no such file`);
  });
});
