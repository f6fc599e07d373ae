import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collectIdentity, gitRevision, makeRunId } from "./identity.ts";
import { identitySchema } from "./schema.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), "identity-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function git(...args: string[]): void {
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], {
    cwd: directory,
    stdio: "ignore",
  });
}

test("an identity fits the schema and says what was run and where", () => {
  const identity = collectIdentity({
    kind: "lab",
    name: "lab",
    seed: 42,
    target: "reference",
    proxy: "embedded",
    config: { servers: 3 },
  });
  expect(identitySchema.parse(identity)).toEqual(identity);
  expect(identity).toMatchObject({ seed: 42, node: process.version, config: { servers: 3 } });
  expect(identity.machine.cores).toBeGreaterThan(0);
});

test("outside a checkout the revision is null and nothing fails", () => {
  expect(gitRevision(directory)).toBeNull();
  expect(gitRevision(path.join(directory, "missing"))).toBeNull();
});

test("a checkout is clean after the commit and dirty as soon as a file differs or is added", () => {
  git("init");
  expect(gitRevision(directory)).toBeNull();
  writeFileSync(path.join(directory, "a"), "1");
  git("add", "a");
  git("commit", "-m", "a");
  expect(gitRevision(directory)).toEqual({
    revision: expect.stringMatching(/^[0-9a-f]{40}$/),
    dirty: false,
  });
  writeFileSync(path.join(directory, "b"), "1");
  expect(gitRevision(directory)?.dirty).toBe(true);
});

test("ids sort by time, differ within one millisecond, and are safe names whatever the run is called", () => {
  const first = makeRunId("2026-11-20T13:35:36.123Z", "lab");
  const second = makeRunId("2026-11-20T13:35:36.124Z", "lab");
  expect(first < second).toBe(true);
  expect(makeRunId("2026-11-20T13:35:36.123Z", "lab")).not.toBe(first);
  expect(makeRunId("2026-11-20T13:35:36.123Z", "../Évil Name/..")).toMatch(
    /^20261120T133536\.123Z-vil-name-[0-9a-f]{6}$/,
  );
  expect(makeRunId("2026-11-20T13:35:36.123Z", "///")).toContain("Z-run-");
});
