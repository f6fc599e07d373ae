import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runMutants } from "./command.ts";
import type { CheckId } from "./mutant.ts";
import { SeedProcessError } from "./seed-runner.ts";
import { ended, FakeRunners } from "./testing/mutants.ts";

const FOUND = "proposal-acked-before-fsync";
const OTHER = "diff-where-trunc-is-needed";
let directory = "";

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "mutants-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(args: readonly string[], runners: FakeRunners = finding({})): Promise<Said> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await runMutants(args, {
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
    end: new AbortController().signal,
    start: () => runners.start,
  });
  const text = (stream: PassThrough): string => String(stream.read() ?? "");
  return { code, out: text(stdout), err: text(stderr) };
}

/** Mutants fail these checks on seed 2. */
function finding(checks: Readonly<Record<string, readonly CheckId[]>>): FakeRunners {
  return new FakeRunners((mutant, seed) => {
    return ended(seed, seed === 2 && mutant !== null ? (checks[mutant] ?? []) : []);
  });
}

describe("npm run mutants", () => {
  test("prints who saw which mutant when, and ends well when all are found", async () => {
    const runners = finding({ [FOUND]: ["C7"], [OTHER]: ["C5", "C13"] });
    const { code, out, err } = await run(["--only", FOUND, OTHER, "--jobs", "1"], runners);
    expect(code).toBe(0);
    expect(err).toMatch(`found      ${FOUND}: C7 on seed 2`);
    const row = out.split("\n").find((line) => line.startsWith(FOUND));
    expect(row?.replaceAll(/\s+/g, " ")).toBe(`${FOUND} 2 2 · · · · · · ● · · · · · · · ·`);
    expect(out).toContain(
      "2 of 2 mutants found, within 200 seeds each; seeds needed: median 2, worst 2",
    );
    const other = out.split("\n").find((line) => line.startsWith(OTHER));
    expect(other).toContain("○");
    expect(other).toContain("?");
  });

  test("ends with 1 when one survives, and names it", async () => {
    const args = ["--only", FOUND, OTHER, "--seeds", "3"];
    const { code, out } = await run(args, finding({ [FOUND]: ["C7"] }));
    expect(code).toBe(1);
    expect(out).toContain(`survived: ${OTHER}: C1, C2, C5, C7, C12 should have seen it`);
    expect(out).toContain("1 of 2 mutants found, within 3 seeds each");
  });

  test("ends with 3 when a mutant could not be planted", async () => {
    const broken = new FakeRunners(() => new SeedProcessError("the simulator loads no x.ts"));
    const { code, out } = await run(["--only", FOUND], broken);
    expect(code).toBe(3);
    expect(out).toContain(`undecided: ${FOUND}: the simulator loads no x.ts`);
    expect(out).not.toContain("decided nothing");
  });

  test("names the first of the seeds that decided nothing, and says why", async () => {
    const threw = new FakeRunners((_, seed) => ({ type: "threw", seed, error: "TypeError: x" }));
    const { code, out } = await run(["--only", FOUND, "--seeds", "3"], threw);
    expect(code).toBe(3);
    expect(out).toContain(
      `seeds that decided nothing: 3; the first: ${FOUND}, seed 1: the simulator threw TypeError: x`,
    );
  });

  test.each([
    ["/no/such/place/mutants.json", "no such file"],
    [tmpdir(), "is a directory"],
  ])("refuses to hunt when --json %s cannot be written", async (file, reason) => {
    const runners = finding({ [FOUND]: ["C7"] });
    const { code, err } = await run(["--only", FOUND, "--json", file], runners);
    expect(code).toBe(2);
    expect(err).toContain("option '--json <file>'");
    expect(err).toContain(reason);
    expect(runners.ran).toEqual([]);
  });

  test.each([
    [["--only", "no-such-bug"], "There is no such mutant"],
    [["--seeds", "1e3"], "Expected a whole number from 1"],
    [["--seeds", "0"], "Expected a whole number from 1"],
    [["--jobs", "many"], "Expected a whole number from 1"],
    [["--what"], "unknown option '--what'"],
    [["extra"], "too many arguments"],
  ])("refuses %j and says why", async (args, reason) => {
    const { code, err } = await run(args);
    expect(code).toBe(2);
    expect(err).toContain(reason);
  });

  test("writes what it found as JSON", async () => {
    const file = path.join(directory, "mutants.json");
    await run(["--only", FOUND, "--from", "2", "--json", file], finding({ [FOUND]: ["C7"] }));
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
      firstSeed: 2,
      median: 1,
      worst: 1,
      mutants: [{ name: FOUND, status: "found", finding: { seed: 2, by: ["C7"] } }],
    });
  });

  test("says what the mutants are and runs nothing when asked", async () => {
    const runners = finding({});
    const { code, out } = await run(["--list", "--only", FOUND], runners);
    expect(code).toBe(0);
    expect(out).toContain(`${FOUND}\n  server/zab/follower.ts: reliability, C7 C1 C5`);
    expect(runners.ran).toEqual([]);
  });
});
