import { afterEach, describe, expect, test } from "vitest";
import { SeedProcessError, SeedRunner } from "./seed-runner.ts";
import {
  SEED_THAT_ENDS_THE_PROCESS,
  SEED_THAT_HANGS,
  SEED_THAT_THROWS,
} from "./testing/fake-simulator.ts";

const FAKE = new URL("./testing/fake-simulator.ts", import.meta.url).href;
const URLS = { simulate: FAKE, drawPlan: FAKE };
const PATIENT_MS = 30_000;
/** Planted into the module that the fake simulator looks at. */
const MUTANT = "older-version-accepted";
const running: SeedRunner[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((runner) => runner.stop()));
});

function start(mutant: string | null, limitMs = PATIENT_MS, urls = URLS): SeedRunner {
  const runner = new SeedRunner(mutant, urls, limitMs);
  running.push(runner);
  return runner;
}

describe("a process that simulates seeds", () => {
  test("has the mutant planted that it was started for", async () => {
    const runner = start(MUTANT);
    const failure = { failed: ["C2"], isFailure: true };
    expect(await runner.run(1)).toMatchObject({ type: "ended", seed: 1, ...failure });
    expect(await runner.run(2)).toMatchObject({ type: "ended", seed: 2, ...failure });
  });

  test("has none planted when none is asked for", async () => {
    expect(await start(null).run(1)).toMatchObject({ type: "ended", failed: [], isFailure: false });
  });

  test("refuses to work when the simulator loads nothing of the mutant", async () => {
    const late = start("client-does-not-raise-last-zxid").run(1);
    await expect(late).rejects.toThrow(SeedProcessError);
    await expect(late).rejects.toThrow("loads no loadgen/client/session-identity.ts");
  });

  test("refuses a mutant that there is not", async () => {
    await expect(start("no-such-bug").run(1)).rejects.toThrow("there is no mutant no-such-bug");
  });

  test("says what it cannot load", async () => {
    const urls = { ...URLS, drawPlan: new URL("./mutant.ts", import.meta.url).href };
    await expect(start(null, PATIENT_MS, urls).run(1)).rejects.toThrow("exports no drawPlan");
  });

  test("tells of a simulator that throws, and goes on", async () => {
    const runner = start(null);
    const threw = await runner.run(SEED_THAT_THROWS);
    expect(threw).toMatchObject({ type: "threw", seed: SEED_THAT_THROWS });
    expect(threw.type === "threw" && threw.error).toContain("RangeError: no such server");
    expect(await runner.run(1)).toMatchObject({ type: "ended" });
  });

  test("that ends in the middle of a seed has crashed there", async () => {
    const runner = start(null);
    const threw = await runner.run(SEED_THAT_ENDS_THE_PROCESS);
    expect(threw.type === "threw" && threw.error).toContain("the process ended with code 7");
    expect(runner.isOver).toBe(true);
  });

  test("is killed when a seed takes too long", async () => {
    const limitMs = 200;
    const runner = start(null, limitMs);
    const seed = SEED_THAT_HANGS;
    expect(await runner.run(seed)).toEqual({ type: "hung", seed, limitMs });
    expect(runner.isOver).toBe(true);
  });
});
