import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { shortCommit } from "../report/short-commit.ts";
import { commitOfCheckout } from "./commit.ts";

let root = "";
const write = (file: string, text: string): void => writeFileSync(path.join(root, file), text);

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "commit-test-"));
  const git = (...args: string[]): Buffer => execFileSync("git", args, { cwd: root });
  mkdirSync(path.join(root, "chaos"));
  write("server.ts", "one\n");
  git("init", "-q");
  git("add", ".");
  git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "-m", "one");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const commit = (): string => commitOfCheckout(path.join(root, "chaos"));

test("a clean checkout is its commit", () => {
  expect(commit()).toMatch(/^[0-9a-f]{40}$/);
  expect(shortCommit(commit())).toMatch(/^[0-9a-f]{9}$/);
});

test("checkouts of other changes are told apart, those of the same are not", () => {
  write("server.ts", "two\n");
  const two = commit();
  expect(two).toMatch(/^[0-9a-f]{40}\+changes-[0-9a-f]{8}$/);
  expect(shortCommit(two)).toMatch(/^[0-9a-f]{9}\+changes-[0-9a-f]{8}$/);
  write("server.ts", "three\n");
  expect(commit()).not.toBe(two);
  write("server.ts", "two\n");
  expect(commit()).toBe(two);
});

test("a new source counts by its name and its text, from wherever it is asked", () => {
  write("new.ts", "a\n");
  const added = commit();
  write("new.ts", "b\n");
  expect(new Set([added, commit()]).size).toBe(2);
  expect(commitOfCheckout(root)).toBe(commit());
});

test("without a checkout there is no commit", () => {
  rmSync(path.join(root, ".git"), { recursive: true });
  expect(commit()).toBe("unknown");
});
