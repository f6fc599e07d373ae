import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CrashWorld, seeded } from "./crash-model.ts";
import type { Operation } from "./crash-model.ts";

const append = (...sizes: number[]): Operation => ({ type: "append", sizes, newEpoch: false });
const wait: Operation = { type: "wait" };

/** One server's life with every operation, long enough for several log files. */
const LIFE: readonly Operation[] = [
  append(10, 700, 20),
  { type: "epochs" },
  append(600, 600),
  wait,
  append(900),
  append(300, 0, 300),
  { type: "snapshot", back: 1 },
  append(50),
  wait,
  { type: "purge", retain: 1 },
  append(900, 900),
  wait,
  { type: "snapshot", back: 1 },
  append(60),
  { type: "purge", retain: 1 },
  { type: "truncate", entries: 3 },
  { type: "append", sizes: [40, 1_500], newEpoch: true },
  { type: "install", back: 4, ahead: 0 },
  append(30, 30),
  wait,
  append(700, 700, 700),
  wait,
  append(80),
  { type: "truncate", entries: 9 },
  { type: "append", sizes: [40, 500], newEpoch: true },
  { type: "snapshot", back: 0 },
  { type: "purge", retain: 2 },
  { type: "install", back: 0, ahead: 5 },
  { type: "purge", retain: 1 },
  { type: "epochs" },
  append(20),
];

function live(world: CrashWorld, life: readonly Operation[]): void {
  world.restart(false);
  for (const operation of life) {
    if (world.disk.crashed) return;
    world.ask(operation);
  }
  world.run();
}

function stepsOfLife(): number {
  const world = new CrashWorld(1);
  live(world, LIFE);
  expect(world.errors).toEqual([]);
  return world.disk.stepsTaken;
}

describe("a machine that stops at any step of the disk", () => {
  const steps = stepsOfLife();

  test("recovers every acknowledged operation, and no half of any other", () => {
    let crashes = 0;
    for (let crashAt = 0; crashAt < steps; crashAt++) {
      for (let seed = 0; seed < 12; seed++) {
        const world = new CrashWorld(seed * 1_000 + crashAt);
        world.fate = (step) => ({ type: step.number === crashAt ? "crash" : "done" });
        live(world, LIFE);
        if (world.disk.crashed) crashes++;
        world.fate = () => ({ type: "done" });
        world.restart(seed % 4 !== 0);
        world.ask(append(100, 200));
        world.run();
        world.restart(true);
        expect(world.errors).toEqual([]);
      }
    }
    expect(crashes).toBeGreaterThan(1_000);
  });

  test("recovers the same state when it stops again during the repairs", () => {
    for (let crashAt = 0; crashAt < steps; crashAt += 3) {
      const world = new CrashWorld(crashAt);
      world.fate = (step) => ({ type: step.number === crashAt ? "crash" : "done" });
      live(world, LIFE);
      for (let again = 0; again < 8; again++) {
        const stopAt = world.disk.stepsTaken + again;
        world.fate = (step) => ({ type: step.number === stopAt ? "crash" : "done" });
        world.restart(true);
        world.run();
        expect(world.recovered?.lastZxid).toBeDefined();
      }
    }
  });
});

const operations: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("append" as const),
      sizes: fc.array(fc.oneof(fc.nat(60), fc.nat(1_500)), { maxLength: 6 }),
      newEpoch: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.constant(wait) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("truncate" as const), entries: fc.nat(8) }),
  },
  { weight: 1, arbitrary: fc.constant({ type: "epochs" } as const) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("snapshot" as const), back: fc.nat(4) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("purge" as const),
      retain: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("install" as const),
      back: fc.nat(6),
      ahead: fc.nat(6),
    }),
  },
);

const lives = fc.array(
  fc.record({
    operations: fc.array(operations, { minLength: 1, maxLength: 25 }),
    /** Steps until the machine stops; often after everything is done. */
    crashAfter: fc.nat(120),
    powerCut: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

describe("any sequence of operations and crashes", () => {
  test("leaves what was acknowledged, and at most a beginning of what was not", () => {
    const property = fc.property(fc.integer(), lives, (seed, chapters) => {
      const world = new CrashWorld(seed);
      world.restart(false);
      for (const chapter of chapters) {
        const stopAt = world.disk.stepsTaken + chapter.crashAfter;
        world.fate = (step) => ({ type: step.number === stopAt ? "crash" : "done" });
        for (const operation of chapter.operations) {
          if (!world.disk.crashed) world.ask(operation);
        }
        world.run();
        expect(world.errors).toEqual([]);
        world.fate = () => ({ type: "done" });
        world.restart(chapter.powerCut);
      }
    });
    fc.assert(property, { numRuns: 400 });
  });

  test("survives steps that fail: full disk, input-output errors", () => {
    const codes = ["ENOSPC", "EIO"] as const;
    const property = fc.property(
      fc.integer(),
      lives,
      fc.double({ min: 0, max: 0.15, noNaN: true }),
      (seed, chapters, failureRate) => {
        const world = new CrashWorld(seed);
        const chance = seeded(seed + 1);
        world.restart(false);
        for (const chapter of chapters) {
          world.fate = (step) => {
            if (chance() >= failureRate) return { type: "done" };
            const code = codes[Math.floor(chance() * codes.length)] ?? "EIO";
            return { type: "fail", code, writtenBytes: Math.floor(chance() * step.bytes) };
          };
          for (const operation of chapter.operations) {
            world.ask(operation);
            // The server stops at an error, as a rule; what it has asked by then all failed.
            if (world.errors.length > 0) break;
          }
          world.run();
          world.fate = () => ({ type: "done" });
          expect(() => world.restart(chapter.powerCut)).not.toThrow();
        }
      },
    );
    fc.assert(property, { numRuns: 400 });
  });
});

describe("a full disk", () => {
  test("fails the append and all behind it, takes it back, and lets the log go on with room", () => {
    for (let failAt = 0; failAt < 12; failAt++) {
      const world = new CrashWorld(failAt);
      world.restart(false);
      world.ask(append(100, 1_950));
      world.ask(wait);
      const failing = world.disk.stepsTaken + failAt;
      let failed = 0;
      world.fate = (step) => {
        const full = step.number >= failing && (step.type === "write" || step.type === "create");
        if (!full) return { type: "done" };
        failed++;
        return { type: "fail", code: "ENOSPC", writtenBytes: Math.floor(step.bytes / 2) };
      };
      for (let round = 0; round < 4; round++) {
        world.ask(append(300, 900));
        world.ask(append(50));
        world.run();
      }
      expect(failed).toBeGreaterThan(0);
      expect(world.errors.length).toBeGreaterThan(1);
      expect(world.errors.every((error) => error.message.startsWith("ENOSPC"))).toBe(true);
      world.fate = () => ({ type: "done" });
      world.goOnAfterError();
      // The same zxids again, or those of a new leader: other names of files.
      world.ask({ type: "append", sizes: [10], newEpoch: failAt % 2 === 1 });
      world.run();
      expect(world.errors).toEqual([]);
      world.restart(true);
    }
  });

  test("that cannot even be cut back makes every later operation fail", () => {
    const world = new CrashWorld(1);
    world.restart(false);
    world.ask(append(100));
    world.ask(wait);
    world.fate = (step) => {
      if (step.type === "write") return { type: "fail", code: "ENOSPC", writtenBytes: 7 };
      return step.type === "cut" ? { type: "fail", code: "EIO" } : { type: "done" };
    };
    world.ask(append(200));
    world.run();
    expect(world.errors).toHaveLength(1);
    world.fate = () => ({ type: "done" });
    world.goOnAfterError();
    world.ask(append(10));
    world.run();
    expect(world.errors).toHaveLength(1);
    world.restart(true);
  });

  test("is not what an input-output error says: every later operation fails", () => {
    const world = new CrashWorld(1);
    world.restart(false);
    world.ask(append(100));
    world.ask(wait);
    world.fate = (step) =>
      step.type === "write" ? { type: "fail", code: "EIO" } : { type: "done" };
    world.ask(append(200));
    world.run();
    world.fate = () => ({ type: "done" });
    world.goOnAfterError();
    world.ask(append(10));
    world.run();
    expect(world.errors).toHaveLength(1);
    world.restart(true);
  });

  test("a failed fsync is never retried: every later operation fails", () => {
    const world = new CrashWorld(1);
    world.restart(false);
    world.ask(append(100));
    world.ask(wait);
    world.fate = (step) =>
      step.type === "sync" ? { type: "fail", code: "EIO" } : { type: "done" };
    world.ask(append(200));
    world.run();
    world.fate = () => ({ type: "done" });
    const steps = world.disk.stepsTaken;
    world.ask({ type: "epochs" });
    world.run();
    expect(world.errors).toHaveLength(2);
    expect(world.disk.stepsTaken).toBe(steps);
    world.restart(true);
  });
});
