import { expect, test } from "vitest";
import { Schedule, type Arrivals } from "./schedule.ts";
import { SeededRandom } from "./seeded-random.ts";
import { VirtualEnv } from "./testing/virtual-env.ts";

async function arrivals(kind: Arrivals["kind"], seed: number): Promise<number[]> {
  const env = new VirtualEnv();
  const times: number[] = [];
  const random = new SeededRandom(seed);
  const schedule = new Schedule(env, { kind, perSecond: 1000 }, random, (at) => times.push(at));
  schedule.start();
  await env.run(10_000);
  schedule.stop();
  const { length } = times;
  await env.run(1000);
  expect(times).toHaveLength(length);
  return times;
}

test("constant arrivals keep their interval exactly", async () => {
  const times = await arrivals("constant", 1);
  expect(times.length).toBeGreaterThanOrEqual(9999);
  const gaps = times.slice(1).map((at, index) => at - (times[index] as number));
  expect(Math.max(...gaps.map((gap) => Math.abs(gap - 1)))).toBeLessThan(1e-6);
});

test("Poisson arrivals have the rate, the spread, and are the same for the same seed", async () => {
  const times = await arrivals("poisson", 7);
  expect(Math.abs(times.length - 10_000)).toBeLessThan(400);
  const gaps = times.slice(1).map((at, index) => at - (times[index] as number));
  const variance = gaps.reduce((sum, gap) => sum + (gap - 1) ** 2, 0) / gaps.length;
  expect(variance).toBeGreaterThan(0.8);
  expect(variance).toBeLessThan(1.2);
  expect(await arrivals("poisson", 7)).toEqual(times);
  expect(await arrivals("poisson", 8)).not.toEqual(times);
});

test("a generator that was held up hands out all it missed, with the intended times, as late", () => {
  let nowMs = 0;
  const due: (() => void)[] = [];
  const timers = {
    after: (_delayMs: number, run: () => void) => {
      due.push(run);
      return { cancel: () => {} };
    },
    soon: (run: () => void) => void due.push(run),
  };
  const env = Object.create(new VirtualEnv(), {
    clock: { value: { nowMs: () => nowMs, wallMs: () => nowMs } },
    timers: { value: timers },
  }) as VirtualEnv;
  const times: number[] = [];
  const constant = { kind: "constant", perSecond: 100 } as const;
  const schedule = new Schedule(env, constant, new SeededRandom(1), (at) => times.push(at));
  schedule.start();
  nowMs = 1000;
  due.shift()?.();
  expect(times).toHaveLength(100);
  expect(times.every((at, index) => at >= index * 10 && at < (index + 1) * 10)).toBe(true);
  expect(schedule.lateness.late).toBeGreaterThanOrEqual(97);
  expect(schedule.lateness.lateMaxMs).toBeGreaterThan(989);
});

test("a rate that is no rate is refused", () => {
  const random = new SeededRandom(1);
  const make = (perSecond: number): Schedule =>
    new Schedule(new VirtualEnv(), { kind: "constant", perSecond }, random, () => {});
  for (const rate of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => make(rate)).toThrow(/perSecond/);
  }
});
