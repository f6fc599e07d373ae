import { expect, test } from "vitest";
import { ContainerRemover } from "./container-remover.ts";
import type { Env } from "./env.ts";
import { NO_SESSION } from "./ids.ts";
import { create, remove, TestLeader } from "./tree/testing/leader.ts";

/** A clock that stands still until it is told, and then calls what is due, in order. */
class HandClock {
  nowMs = 0;
  readonly #due: { atMs: number; run: () => void }[] = [];
  readonly env = {
    clock: { wallMs: () => this.nowMs, nowMs: () => this.nowMs },
    timers: {
      after: (delayMs: number, run: () => void) => {
        const timer = { atMs: this.nowMs + delayMs, run };
        this.#due.push(timer);
        return { cancel: () => void this.#due.splice(this.#due.indexOf(timer), 1) };
      },
    },
  } as unknown as Env;

  advance(toMs: number): void {
    for (;;) {
      this.#due.sort((a, b) => a.atMs - b.atMs);
      const next = this.#due[0];
      if (next === undefined || next.atMs > toMs) break;
      this.#due.shift();
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = toMs;
  }
}

/** A remover over containers /c0, /c1 … that had a child each; what it removed, and when. */
function removing(containers: number, maxPerMinute: number) {
  const clock = new HandClock();
  const leader = new TestLeader();
  const removed: string[] = [];
  for (let i = 0; i < containers; i++) {
    leader.run({ ...create(`/c${i}`, 4), type: "createContainer" });
    leader.run(create(`/c${i}/k`));
    leader.run(remove(`/c${i}/k`));
  }
  const remover = new ContainerRemover(
    clock.env,
    { checkIntervalMs: 1_000, maxPerMinute, maxNeverUsedMs: 0 },
    leader.tree,
    (path) => {
      leader.run({ type: "deleteContainer", path }, NO_SESSION);
      removed.push(`${path} at ${clock.nowMs}`);
    },
    (run) => run(),
  );
  return { clock, leader, remover, removed };
}

test("removes after an interval, not faster than it may, and goes on at the next interval", () => {
  const { clock, leader, remover, removed } = removing(3, 600);
  remover.start();
  clock.advance(999);
  expect(removed).toEqual([]);
  clock.advance(1_350);
  expect(removed).toEqual(["/c0 at 1000", "/c1 at 1100", "/c2 at 1200"]);
  leader.run({ ...create("/late", 4), type: "createContainer" });
  leader.run(create("/late/k"));
  leader.run(remove("/late/k"));
  clock.advance(5_000);
  expect(removed.slice(3)).toEqual(["/late at 2300"]);
  expect(leader.tree.removable.containers.size).toBe(0);
});

test("removes nothing after it was stopped, in the middle of a pass", () => {
  const { clock, leader, remover, removed } = removing(3, 600);
  remover.start();
  clock.advance(1_100);
  remover.stop();
  clock.advance(100_000);
  expect(removed).toEqual(["/c0 at 1000", "/c1 at 1100"]);
  expect(leader.tree.removable.containers.size).toBe(1);
});

test("a child that came in between keeps its container", () => {
  const { clock, leader, remover, removed } = removing(2, 600);
  remover.start();
  clock.advance(1_000);
  leader.run(create("/c1/again"));
  clock.advance(10_000);
  expect(removed).toEqual(["/c0 at 1000"]);
});
