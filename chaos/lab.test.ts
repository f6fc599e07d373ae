import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const LAB = path.join(import.meta.dirname, "lab.ts");

let temporary: string;

beforeEach(() => {
  temporary = mkdtempSync(path.join(tmpdir(), "lab-test-"));
});
afterEach(() => {
  rmSync(temporary, { recursive: true, force: true });
});

/** The lab as a process of its own, with a temporary directory that nobody else uses. */
function startLab(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [LAB, ...args], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Resolves when the child's output contains the text. */
function says(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes(text)) resolve();
    });
    child.once("exit", (code) => reject(new Error(`exit ${code} before "${text}":\n${output}`)));
  });
}

/** Command lines of living processes that mention the directory. */
function processesOf(directory: string): string[] {
  const found: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      if (line.includes(directory)) found.push(line);
    } catch {
      // It ended in the meantime.
    }
  }
  return found;
}

describe("npm run lab", () => {
  test.each([
    [["--seed", "x"], "--seed"],
    [["--seed", "-1"], "whole number"],
    [["--sed", "1"], "--seed"],
    [["more"], "argument"],
    [["--runs", "/proc/no/such/place"], "--runs"],
    [["--runs", "package.json/runs"], "--runs"],
  ])("with %j says what is wrong and exits with 2", async (args, message) => {
    const lab = startLab(args);
    let said = "";
    lab.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const [code] = await once(lab, "close");
    expect(said).toContain(message);
    expect(code).toBe(2);
  });

  test("--help explains itself and exits with 0", async () => {
    const lab = startLab(["--help"]);
    let said = "";
    lab.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const [code] = await once(lab, "close");
    expect(said).toContain("--seed");
    expect(code).toBe(0);
  });

  test.each([
    ["while the servers start", "Starting"],
    ["while the load is set up or runs", "load: "],
    ["while a fault is in force", "fault: "],
  ])("leaves nothing behind when Ctrl-C comes %s", { timeout: 60_000 }, async (_when, text) => {
    const runs = path.join(temporary, "runs");
    const lab = startLab(["--runs", runs]);
    await says(lab, text);
    lab.kill("SIGINT");
    const [code] = await once(lab, "close");
    expect(code).toBe(3);
    expect(processesOf(temporary)).toEqual([]);
    expect(readdirSync(temporary).filter((name) => name !== "runs")).toEqual([]);
  });
});
