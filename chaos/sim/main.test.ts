import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const MAIN = path.join(import.meta.dirname, "main.ts");

let out: string;
beforeEach(() => {
  out = mkdtempSync(path.join(tmpdir(), "sim-main-"));
});
afterEach(() => {
  rmSync(out, { recursive: true, force: true });
});

interface Started {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly code: Promise<number | null>;
}

/** The command as a process of its own; its environment says whose its workers are. */
function start(args: readonly string[]): Started {
  const env = { ...process.env, SIM_MAIN_TEST: out };
  const child = spawn(process.execPath, [MAIN, ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = once(child, "close").then(([exit]) => exit as number | null);
  return { child, output: () => output, code };
}

/** Ids of living processes that this test started, and those that they started. */
function processesLeft(): string[] {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/environ`, "utf8").includes(`SIM_MAIN_TEST=${out}`);
    } catch {
      // It ended in the meantime, or is somebody else's.
      return false;
    }
  });
}

describe("npm run sim as a process", () => {
  test.each([
    [["--seeds", "0"], "--seeds"],
    [["--seeds", "many"], "whole number"],
    [["--seeds", "1e3"], "whole number"],
    [["--from", "0x10"], "whole number"],
    [["--sed", "1"], "--seed"],
    [["more"], "argument"],
    [["--from", "1", "--fresh"], "leave '--from' out"],
    [["--for", "-1"], "--for"],
    [["--mutant", "no-such"], "no such mutant"],
    [["--replay", "/no/such/file.json"], "/no/such/file.json"],
    [["--replay", "a.json", "--check-determinism"], "only one of"],
    [["--check-determinism", "--for", "5"], "--for"],
    [["--filter", "s1"], "goes with '--replay"],
    [["--replay", "a.json", "--filter", "3-1"], "no span of seconds"],
    [["--keep", "a.json"], "needs '--name"],
    [["--keep", "a.json", "--name", "A b", "--reason", "x"], "lower-case words"],
    [["--name", "a"], "go with '--keep"],
    [["--corpus", "/no/such/corpus"], "/no/such/corpus"],
    [["--out", "/proc/no/such/place"], "--out"],
  ])("%j is refused with exit code 2 and the flag's name", async (args, expected) => {
    const { code, output } = start(args);
    expect(await code).toBe(2);
    expect(output()).toContain(expected);
  });

  test("a corpus with a file that is no entry is refused by its field", async () => {
    writeFileSync(path.join(out, "bad.json"), '{"format":1}');
    const { code, output } = start(["--corpus", out, "--out", out]);
    expect(await code).toBe(2);
    expect(output()).toContain("bad.json: commit");
  });

  test("--help says what the flags are", async () => {
    const { code, output } = start(["--help"]);
    expect(await code).toBe(0);
    for (const flag of ["--seeds", "--from", "--for", "--fresh", "--check-determinism", "--replay"])
      expect(output()).toContain(flag);
  });

  test("two seeds of the real simulator pass", async () => {
    const { code, output } = start(["--seeds", "2", "--out", out, "--no-corpus"]);
    expect(await code).toBe(0);
    expect(output()).toContain("PASS  2 seeds from 1");
  }, 120_000);

  test.each([
    ["seeds", ["--seeds", "100000", "--no-corpus"], "Broken off: these are the runs until then."],
    [
      "a determinism check",
      ["--check-determinism", "--seeds", "100000"],
      "Broken off: no verdict.",
    ],
  ])(
    "Ctrl-C ends %s at once, and no process is left",
    async (_what, args, expected) => {
      const { child, code, output } = start([...args, "--out", out]);
      // By then workers have been started, and are in the middle of something.
      await new Promise<void>((resolve) => {
        for (const stream of [child.stdout, child.stderr])
          stream?.on("data", () => /\d+ s {2}/.test(output()) && resolve());
      });
      child.kill("SIGINT");
      expect(await code).toBe(3);
      expect(output()).toContain(expected);
      expect(processesLeft()).toEqual([]);
    },
    60_000,
  );
});
