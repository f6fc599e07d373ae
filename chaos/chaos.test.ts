import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { collectIdentity } from "../results/identity.ts";
import { refusals } from "./engines/engine-faults.ts";
import { LAB } from "./scenarios/lab.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { type SimulatedScenario, simulateScenario } from "./sim/scenario/scenario-run.ts";

const MAIN = path.join(import.meta.dirname, "main.ts");

function start(args: readonly string[]): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return { child, output: () => output };
}

async function run(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const { child, output } = start(args);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output: output() };
}

describe("npm run chaos", () => {
  test.each([
    [["no-such"], "There is no such scenario: there is lab"],
    [[], "scenario"],
    [["lab", "--engine", "cloud"], "local, sim, docker"],
    [["lab", "--seed", "x"], "whole number"],
    [["lab", "more"], "argument"],
  ])("%j is refused with exit code 2", async (args, expected) => {
    const { code, output } = await run(args);
    expect(code).toBe(2);
    expect(output).toContain(expected);
  });

  test("list says what there is, and which engines can run it", async () => {
    const { code, output } = await run(["list"]);
    expect(code).toBe(0);
    expect(output).toContain(LAB.hypothesis);
    expect(output).toContain("engines: local, sim");
  });

  test("a fault that the engine does not have is refused before anything is started", async () => {
    const { code, output } = await run(["lab", "--engine", "docker"]);
    expect(code).toBe(2);
    expect(output).toContain("The engine docker has no fault kill-leader: ");
    expect(refusals("sim", LAB)).toEqual([]);
    expect(refusals("local", LAB)).toEqual([]);
  });

  test("Ctrl-C ends a simulated scenario at once", async () => {
    const { child, output } = start(["lab", "--engine", "sim", "--seed", "7"]);
    await new Promise<void>((resolve) =>
      child.stdout?.on("data", () => output().includes("steady") && resolve()),
    );
    child.kill("SIGINT");
    expect((await once(child, "close"))[0]).toBe(3);
    expect(output()).toContain("Broken off: no verdict");
  });
});

describe("a scenario in virtual time", () => {
  const SHORT: Scenario = {
    ...LAB,
    steadyMs: 500,
    steps: [
      { fault: { type: "kill-leader" }, holdMs: 1_000, calmMs: 500 },
      { fault: { type: "no-quorum" }, holdMs: 1_500, calmMs: 500 },
    ],
    minOperations: 1_000,
  };

  /** Not inside of a promise's reaction, as a test's body is. */
  function simulated(scenario: Scenario, told: string[] = []): Promise<SimulatedScenario> {
    const { steps, ...config } = scenario;
    const options = { kind: "chaos", name: scenario.name, seed: 3, target: "reference" };
    const identity = collectIdentity({ ...options, proxy: "none", config: { steps, config } });
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        try {
          resolve(simulateScenario(scenario, identity, (_atMs, what) => told.push(what)));
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }

  test("takes the load of the lab, its faults and its checks, twice in the same way", async () => {
    const told: string[] = [];
    const one = await simulated(SHORT, told);
    expect(one.run.reasons).toEqual([]);
    expect(one.run.verdict).toBe("pass");
    expect(told).toContain("healed: all servers serve");
    expect(one.run.outages.map(({ fault }) => fault)).toEqual(["kill", "no-quorum"]);
    expect(one.run.elections.length).toBeGreaterThan(2);
    expect(one.run.checks.map(({ verdict }) => verdict)).not.toContain("unknown");
    const two = await simulated(SHORT);
    expect(two.traceHash).toBe(one.traceHash);
  }, 120_000);

  test("with too little load is no pass", async () => {
    const { run: little } = await simulated({ ...SHORT, steps: [], minOperations: 10_000_000 });
    expect(little.verdict).toBe("invalid");
    expect(little.reasons[0]).toContain("operations ended ok");
  }, 120_000);

  test("with a number of servers that cannot be simulated says so", async () => {
    await expect(simulated({ ...SHORT, servers: 4 })).rejects.toThrow("servers: 4");
  });
});
