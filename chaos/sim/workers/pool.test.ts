import { afterEach, describe, expect, test } from "vitest";
import type { LaneOptions } from "./lane.ts";
import { Pool } from "./pool.ts";
import { SIMULATOR_URLS } from "./simulator.ts";
import {
  BROKEN_SEED,
  DYING_SEED,
  ESCAPING_SEED,
  HANGING_SEED,
  RESTLESS_SEED,
  THROWING_SEED,
} from "./testdata/fake-simulator.ts";
import { openProcess, openThread } from "./transport.ts";

const FAKE_URL = new URL("./testdata/fake-simulator.ts", import.meta.url).href;
const FAKE = { simulate: FAKE_URL, drawPlan: FAKE_URL };

const pools: Pool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.stop()));
});

function startPool(options: Partial<LaneOptions> & Pick<LaneOptions, "open">, width = 2): Pool {
  const pool = new Pool(width, { urls: FAKE, mutant: null, limitMs: 10_000, ...options });
  pools.push(pool);
  return pool;
}

describe.each([
  ["threads", openThread],
  ["processes", openProcess],
] as const)("workers that are %s", (_name, open) => {
  test("simulate more seeds than there are of them, and say what came of each", async () => {
    const pool = startPool({ open });
    const results = await Promise.all([1, 2, 3, 4, BROKEN_SEED].map((seed) => pool.run({ seed })));
    expect(results.map((each) => each.type === "ended" && each.summary.verdict)).toEqual([
      "pass",
      "pass",
      "pass",
      "pass",
      "fail",
    ]);
    // The plan is sent when somebody will look at it.
    expect(results.map((each) => each.type === "ended" && each.plan?.seed)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      BROKEN_SEED,
    ]);
  });

  test("keep what happened when they are asked to", async () => {
    const pool = startPool({ open });
    const result = await pool.run({ seed: 1, trace: true });
    expect(result).toMatchObject({ type: "ended", trace: expect.any(Array), plan: { seed: 1 } });
  });

  test("say that the simulator threw, and go on", async () => {
    const pool = startPool({ open }, 1);
    expect(await pool.run({ seed: THROWING_SEED })).toMatchObject({
      type: "threw",
      error: expect.stringContaining("the simulator is wrong"),
      isEscape: false,
    });
    expect(await pool.run({ seed: ESCAPING_SEED })).toMatchObject({ isEscape: true });
    expect(await pool.run({ seed: 1 })).toMatchObject({ type: "ended" });
  });

  test("are replaced when they hang or die in the middle of a seed", async () => {
    const pool = startPool({ open, limitMs: 2_000 }, 1);
    expect(await pool.run({ seed: HANGING_SEED })).toEqual({ type: "hung", limitMs: 2_000 });
    expect(await pool.run({ seed: RESTLESS_SEED })).toEqual({ type: "hung", limitMs: 2_000 });
    expect(await pool.run({ seed: DYING_SEED })).toMatchObject({
      type: "died",
      reason: expect.stringContaining("7"),
    });
    expect(await pool.run({ seed: 1 })).toMatchObject({ type: "ended" });
  });

  test("end a seed that takes longer than its order allows", async () => {
    const pool = startPool({ open }, 1);
    const limitMs = 300;
    expect(await pool.run({ seed: HANGING_SEED, limitMs })).toEqual({ type: "hung", limitMs });
    expect(await pool.run({ seed: 1, limitMs: 60_000 })).toMatchObject({ type: "ended" });
  });

  test("end in the middle of a seed, and with seeds waiting, when they are stopped", async () => {
    const pool = startPool({ open }, 1);
    await pool.run({ seed: 1 });
    const runs = [HANGING_SEED, 2, 3].map((seed) => pool.run({ seed }));
    const ended = Promise.allSettled(runs);
    await pool.stop();
    for (const { status, ...rest } of await ended) {
      expect(status).toBe("rejected");
      expect(rest).toMatchObject({ reason: { name: "PoolStoppedError" } });
    }
  });

  test("say that a simulator cannot be loaded", async () => {
    const urls = { simulate: "file:///no/such/module.ts", drawPlan: FAKE_URL };
    await expect(startPool({ open, urls }).run({ seed: 1 })).rejects.toThrow("/no/such/module.ts");
  });

  test("say that there is no such mutant, and that one is not planted", async () => {
    await expect(startPool({ open, mutant: "no-such" }).run({ seed: 1 })).rejects.toThrow(
      "there is no mutant no-such",
    );
    const mutant = "quorum-is-half";
    await expect(startPool({ open, mutant }).run({ seed: 1 })).rejects.toThrow("is not planted");
  });
});

test("the real simulator is there", async () => {
  const pool = startPool({ open: openThread, urls: SIMULATOR_URLS, limitMs: 60_000 });
  const [one, two] = await Promise.all([pool.run({ seed: 1 }), pool.run({ seed: 1 })]);
  expect(one).toMatchObject({ type: "ended" });
  expect(two).toMatchObject({ type: "ended" });
});
