import { describe, expect, test } from "vitest";
import { huntAll } from "./hunt-all.ts";
import { hunt, type Hunt, type HuntOptions } from "./hunt.ts";
import { SeedProcessError, type SeedResult } from "./seed-runner.ts";
import { ended, FakeRunners, mutantCalled } from "./testing/mutants.ts";

const MUTANT = mutantCalled("lost-write", ["C7", "C1"]);
const OPTIONS: HuntOptions = { firstSeed: 1, seeds: 5, onlyExpected: false };

async function huntIn(runners: FakeRunners, options: Partial<HuntOptions> = {}): Promise<Hunt> {
  const { signal } = new AbortController();
  const result = await hunt(
    MUTANT,
    { ...OPTIONS, ...options },
    runners.start,
    signal,
    () => undefined,
  );
  expect(runners.open).toBe(0);
  return result;
}

/** With the mutant `bad` seeds give this, all else is well. */
function failing(bad: number, result: SeedResult, without: SeedResult = ended(bad)): FakeRunners {
  return new FakeRunners((mutant, seed) => {
    if (seed !== bad) return ended(seed);
    return mutant === null ? without : result;
  });
}

describe("a mutant", () => {
  test("is found by the checks that fail first, on a seed that the server passes without it", async () => {
    const runners = failing(12, ended(12, ["C1", "C5"]));
    const { status, finding, doubts } = await huntIn(runners, { firstSeed: 10 });
    expect(status).toBe("found");
    expect(finding).toEqual({ seed: 12, seedsNeeded: 3, by: ["C1", "C5"], reason: "C1 is broken" });
    expect(runners.ran).toEqual(["lost-write 10", "lost-write 11", "lost-write 12", "- 12"]);
    expect(doubts).toEqual([]);
  });

  test("survives when no seed shows it", async () => {
    const result = await huntIn(new FakeRunners((_, seed) => ended(seed)));
    expect(result).toMatchObject({ status: "survived", finding: null, seedsRun: 5 });
  });

  test("is not found by a check that fails without it, too", async () => {
    const both = failing(2, ended(2, ["C9"]), ended(2, ["C9"]));
    const result = await huntIn(both);
    expect(result).toMatchObject({
      status: "survived",
      doubts: ["seed 2: C9 without the mutant, too"],
    });
    const one = failing(2, ended(2, ["C7", "C9"]), ended(2, ["C9"]));
    expect((await huntIn(one)).finding?.by).toEqual(["C7"]);
  });

  test("is undecided when the server fails on every seed without it", async () => {
    const result = await huntIn(new FakeRunners((_, seed) => ended(seed, ["C12"])));
    expect(result.status).toBe("undecided");
    expect(result.doubts).toHaveLength(5);
  });

  test("is not found by a simulator that throws: the seed is a doubt, and the hunt goes on", async () => {
    const threw: SeedResult = { type: "threw", seed: 3, error: "TypeError: x" };
    const found = await huntIn(
      new FakeRunners((mutant, seed) => {
        if (mutant === null) return ended(seed);
        return seed === 3 ? threw : ended(seed, seed === 4 ? ["C7"] : []);
      }),
    );
    expect(found.finding).toMatchObject({ by: ["C7"], seed: 4 });
    expect(found.doubts).toEqual(["seed 3: the simulator threw TypeError: x"]);
    expect((await huntIn(failing(3, threw))).status).toBe("survived");
    const always = await huntIn(new FakeRunners((_, seed) => ({ ...threw, seed })));
    expect(always).toMatchObject({ status: "undecided", finding: null, broken: null });
  });

  test("is not found where the simulator throws without it: there is nothing to compare", async () => {
    const threw: SeedResult = { type: "threw", seed: 3, error: "TypeError: x" };
    const result = await huntIn(failing(3, ended(3, ["C7"]), threw));
    expect(result.status).toBe("survived");
    expect(result.doubts).toEqual(["seed 3: without the mutant the simulator threw TypeError: x"]);
  });

  test("that never ends a seed is found by that, and hunted in a new process if not", async () => {
    const hung: SeedResult = { type: "hung", seed: 3, limitMs: 10 };
    expect((await huntIn(failing(3, hung))).finding?.by).toEqual(["hang"]);
    const runners = failing(3, hung, hung);
    expect((await huntIn(runners)).status).toBe("survived");
    expect(runners.ran.slice(-2)).toEqual(["lost-write 4", "lost-write 5"]);
  });

  test("is found by a run that fails though no check does", async () => {
    const failed: SeedResult = {
      ...ended(1),
      isFailure: true,
      reason: "server 2 stopped",
    } as SeedResult;
    expect((await huntIn(failing(1, failed))).finding?.by).toEqual(["run"]);
  });

  test("is looked for until a check that should see it does, if that is asked for", async () => {
    const runners = new FakeRunners((mutant, seed) => {
      if (mutant === null) return ended(seed);
      return ended(seed, seed === 4 ? ["C1"] : ["C12"]);
    });
    const { finding } = await huntIn(runners, { onlyExpected: true });
    expect(finding).toMatchObject({ seed: 4, by: ["C1"] });
  });

  test("that is not planted is undecided, with the reason", async () => {
    const broken = new FakeRunners(() => new SeedProcessError("the simulator loads no x.ts"));
    const result = await huntIn(broken);
    expect(result).toMatchObject({
      status: "undecided",
      doubts: [],
      broken: "the simulator loads no x.ts",
    });
  });
});

describe("many mutants", () => {
  const mutants = ["one", "two", "three"].map((name) => mutantCalled(name));

  test("are hunted several at a time, and told in their order", async () => {
    let most = 0;
    const runners: FakeRunners = new FakeRunners((mutant, seed) => {
      most = Math.max(most, runners.open);
      return ended(seed, mutant === "two" ? ["C7"] : []);
    });
    const told: string[] = [];
    const results = await huntAll(
      mutants,
      { ...OPTIONS, jobs: 2 },
      runners.start,
      new AbortController().signal,
      { progress: () => undefined, ended: ({ mutant }) => told.push(mutant.name) },
    );
    expect(results.map(({ mutant, status }) => `${mutant.name} ${status}`)).toEqual([
      "one survived",
      "two found",
      "three survived",
    ]);
    expect(told[0]).toBe("two");
    expect(most).toBeGreaterThan(1);
    expect(runners.open).toBe(0);
  });

  test("are not begun when that is broken off before", async () => {
    const runners = new FakeRunners((_, seed) => ended(seed));
    const before = AbortSignal.abort(new Error("too late"));
    const silent = { progress: () => undefined, ended: () => undefined };
    const all = huntAll(mutants, { ...OPTIONS, jobs: 2 }, runners.start, before, silent);
    await expect(all).rejects.toThrow("too late");
    expect(runners.ran).toEqual([]);
  });

  test("are broken off with the signal's reason, and leave no process", async () => {
    const end = new AbortController();
    const runners = new FakeRunners((_, seed) => {
      if (seed === 2) end.abort(new Error("enough"));
      return ended(seed);
    });
    const options = { ...OPTIONS, jobs: 2 };
    const silent = { progress: () => undefined, ended: () => undefined };
    const all = huntAll(mutants, options, runners.start, end.signal, silent);
    await expect(all).rejects.toThrow("enough");
    expect(runners.open).toBe(0);
  });
});
