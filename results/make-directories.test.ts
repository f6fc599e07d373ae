import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeDirectories } from "./make-directories.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "directories-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

describe("making directories", () => {
  test("makes those that are missing, and tells which", () => {
    expect(makeDirectories(path.join(root, "a/b"))).toEqual([
      path.join(root, "a"),
      path.join(root, "a/b"),
    ]);
    expect(statSync(path.join(root, "a/b")).isDirectory()).toBe(true);
    expect(makeDirectories(path.join(root, "a/b"))).toEqual([]);
  });

  test("ends with an error where the system lets nothing be made", () => {
    expect(() => makeDirectories("/proc/no/such/place")).toThrow(/ENOENT|EACCES|EPERM/);
  });

  test("does not take a file for a directory", () => {
    writeFileSync(path.join(root, "file"), "");
    expect(() => makeDirectories(path.join(root, "file"))).toThrow(/ENOTDIR/);
    expect(() => makeDirectories(path.join(root, "file/below"))).toThrow(/ENOTDIR/);
  });
});
