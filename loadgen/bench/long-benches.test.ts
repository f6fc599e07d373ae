/** The benchmarks of many znodes and of a long time, small and short. */
import { spawn } from "node:child_process";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runBench } from "./command.ts";

const TIMEOUT_MS = 180_000;

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const BROKEN_OFF = 3;

interface Said {
  readonly exitCode: number;
  readonly text: string;
  readonly figures: Readonly<Record<string, number>>;
}

async function bench(...args: string[]): Promise<Said> {
  let json = "";
  let text = "";
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  stdout.on("data", (chunk: Buffer) => (json += chunk.toString()));
  stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const exitCode = await runBench([...args, "--json"], {
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
    end: new AbortController().signal,
  });
  const { figures } = JSON.parse(json) as Pick<Said, "figures">;
  return { exitCode, text, figures };
}

test(
  "znodes are created, counted, written to a snapshot and found again by servers that come back",
  async () => {
    const { exitCode, figures, text } = await bench(
      "znodes",
      "--count",
      "1500",
      "--value-bytes",
      "20",
    );
    expect([exitCode, text.includes("serves after")]).toEqual([0, true]);
    expect(figures).toMatchObject({ znodes: 1_500, value_bytes: 20 });
    const { snapshot_bytes = 0, restart_follower_s, restart_all_s, join_s } = figures;
    expect(snapshot_bytes).toBeGreaterThan(1_500 * 20);
    for (const took of [restart_follower_s, restart_all_s, join_s]) expect(took).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);

test(
  "rolling restarts under load lose nothing that was acknowledged, and no session",
  async () => {
    const flags = ["--minutes", "0.2", "--sessions", "3", "--restart-every", "5"];
    const { exitCode, figures, text } = await bench("soak", ...flags);
    expect(text).toContain("too short to say whether anything grows");
    expect(exitCode).toBe(0);
    expect(figures).toMatchObject({ lost: 0, expired: 0, failed: 0 });
    expect(figures["restarts"]).toBeGreaterThanOrEqual(3);
    expect(figures["reconnects"]).toBeGreaterThan(0);
    expect(figures["ok"]).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);

test.each([
  ["znodes", "are created"],
  ["soak", "to go"],
])(
  "Ctrl-C in the middle of %s ends it, with what that means",
  async (name, progress) => {
    const child = spawn(process.execPath, [MAIN, name], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      const before = said;
      said += text;
      if (!before.includes(progress) && said.includes(progress)) child.kill("SIGINT");
    });
    const exitCode = await new Promise((resolve) => child.once("close", resolve));
    expect(said).toContain("Broken off: no verdict, nothing is left of the run.");
    expect(said).not.toContain("    at ");
    expect(exitCode).toBe(BROKEN_OFF);
  },
  TIMEOUT_MS,
);
