import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, expect, test } from "vitest";

const root = path.join(import.meta.dirname, "../..");

function run(program: string, ...args: string[]): { code: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: root,
    encoding: "utf8",
  });
  return { code: status, said: stdout + stderr };
}

describe.each(["chaos/sim/bench.ts", "chaos/checkers/bench.ts"])("%s", (program) => {
  test.each([
    [["--what"], "unknown option"],
    [["more"], "too many arguments"],
  ])("refuses %j with exit code 2", (args, reason) => {
    const { code, said } = run(program, ...args);
    expect(said).toContain(reason);
    expect(code).toBe(2);
  });

  test("says what its flags are", () => {
    const { code, said } = run(program, "--help");
    expect(code).toBe(0);
    expect(said).toContain("Options:");
  });
});

describe("the bench of the simulator", () => {
  const short = ["chaos/sim/bench.ts", "--rounds", "1", "--seeds", "1", "--bound"] as const;

  test("fails below its bound", () => {
    const { code, said } = run(...short, "10000000");
    expect(said).toContain("FAIL  below the bound of 10,000,000 simulated seconds");
    expect(code).toBe(1);
  });

  test("passes above it", () => {
    const { code, said } = run(...short, "1");
    expect(said).toContain("1 rounds of 1 seeds on one core");
    expect(code).toBe(0);
  });

  test("takes digits alone for a number", () => {
    expect(run("chaos/sim/bench.ts", "--rounds", "1e3").code).toBe(2);
  });
});
