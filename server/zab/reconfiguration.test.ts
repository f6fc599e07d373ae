import { describe, expect, test } from "vitest";
import { NO_ZXID, type ServerId } from "../ids.ts";
import { runUntil, seeded, settled } from "./testing/storm.ts";
import { type Cast, World } from "./testing/world.ts";

const STEPS = 20_000;

/** A calm world that an operator reconfigures, one step after the other. */
class Operated {
  readonly world: World;

  constructor(cast: Cast, seed = 1) {
    this.world = new World(cast, seeded(seed));
    this.settle();
  }

  settle(): void {
    runUntil(this.world, () => this.world.leading.length === 1 && settled(this.world), STEPS);
  }

  /** Proposes these members, and waits until all that are up know them as committed. */
  change(voters: number[], observers: number[] = []): void {
    const { world } = this;
    const before = world.reconfigurations;
    const next = { voters: voters as ServerId[], observers: observers as ServerId[] };
    let proposed = false;
    runUntil(world, () => (proposed ||= world.reconfigure(() => next)), STEPS);
    runUntil(world, () => world.reconfigurations > before, STEPS);
    this.settle();
    world.propose();
    this.settle();
    for (const { peer } of world.nodes.values())
      if (peer) expect(peer.membership, `members of ${peer.core.sid}`).toMatchObject(next);
  }

  get leader(): number {
    return this.world.leading[0]?.core.sid ?? 0;
  }

  state(sid: number): string | undefined {
    return this.world.nodes.get(sid as ServerId)?.peer?.state;
  }

  switchOff(...servers: number[]): void {
    for (const sid of servers) this.world.crash(sid as ServerId);
  }

  switchOn(...servers: number[]): void {
    for (const sid of servers) this.world.start(sid as ServerId);
  }
}

describe("an operator", () => {
  test("grows three servers to five and seven, and shrinks them to one", () => {
    const lab = new Operated({ voters: 3, spares: 4 });
    lab.change([1, 2, 3, 4, 5]);
    lab.change([1, 2, 3, 4, 5, 6, 7]);
    lab.switchOff(1, 2, 3);
    lab.settle();
    lab.switchOn(1, 2, 3);
    lab.settle();
    lab.change([1, 2, 3, 4, 5]);
    lab.change([1, 2]);
    lab.change([2]);
    lab.switchOff(1, 3, 4, 5, 6, 7);
    lab.settle();
    expect(lab.leader).toBe(2);
  });

  test("replaces three servers one by one, then the new ones restart without the old", () => {
    const lab = new Operated({ voters: 3, spares: 3 });
    lab.change([2, 3, 4]);
    lab.change([3, 4, 5]);
    lab.change([4, 5, 6]);
    lab.switchOff(1, 2, 3);
    lab.settle();
    lab.switchOff(4, 5, 6);
    lab.switchOn(4, 5, 6);
    lab.settle();
    lab.world.propose();
    lab.settle();
    expect([4, 5, 6]).toContain(lab.leader);
  });

  test("switches the old servers off when only one of the new ones knows for sure that it is over", () => {
    const lab = new Operated({ voters: 3, spares: 3 });
    lab.change([4, 5, 6]);
    lab.switchOff(1, 2, 3, 4, 5, 6);
    for (const sid of [5, 6]) {
      const node = lab.world.nodes.get(sid as ServerId);
      if (node) node.disk.committed = NO_ZXID;
    }
    lab.switchOn(5, 6);
    for (let i = 0; i < STEPS; i++) lab.world.step();
    expect(lab.world.leading, "a leader by new members that may not be committed").toEqual([]);
    lab.switchOn(4);
    lab.settle();
  });

  test("removes the leader, and the others elect one without waiting for a timeout", () => {
    const lab = new Operated({ voters: 3 });
    const removed = lab.leader;
    const { initLimitTicks, tickMs } = { initLimitTicks: 10, tickMs: 20 };
    const beganMs = lab.world.nowMs;
    lab.change([1, 2, 3].filter((sid) => sid !== removed));
    expect(lab.world.nowMs - beganMs).toBeLessThan(initLimitTicks * tickMs);
    expect(lab.leader).not.toBe(removed);
    expect(lab.state(removed)).toBe("OBSERVING");
  });

  test("promotes observers and demotes voters, whose votes count no more", () => {
    const lab = new Operated({ voters: 3, observers: 2 });
    expect(lab.state(4)).toBe("OBSERVING");
    lab.change([1, 2, 3, 4, 5]);
    expect(["FOLLOWING", "LEADING"]).toContain(lab.state(4));
    lab.change([1, 2, 3], [4, 5]);
    lab.switchOff(2, 3);
    runUntil(lab.world, () => lab.world.leading.length === 0, STEPS);
    for (let i = 0; i < STEPS; i++) lab.world.step();
    expect(lab.world.leading, "a leader without a quorum of voters").toEqual([]);
    lab.switchOn(3);
    lab.settle();
  });

  test("loses every observer without a consequence", () => {
    const lab = new Operated({ voters: 3, observers: 4 });
    const { leader } = lab;
    lab.switchOff(4, 5, 6, 7);
    lab.world.propose();
    lab.settle();
    expect(lab.leader).toBe(leader);
    expect(lab.world.leaders.size).toBe(1);
  });

  test("brings back a server that slept through it all, with a majority of what it remembers", () => {
    const lab = new Operated({ voters: 3, spares: 3 });
    lab.switchOff(1);
    lab.settle();
    lab.change([3, 4, 5, 6]);
    lab.change([4, 5, 6]);
    // 2 forgets nothing, and 1 and 2 were a majority once: they must not go on by themselves.
    lab.switchOff(3, 4, 5, 6);
    lab.switchOn(1);
    for (let i = 0; i < STEPS; i++) lab.world.step();
    expect(lab.world.leading).toEqual([]);
    lab.switchOn(3, 4, 5, 6);
    lab.settle();
    expect(lab.state(1)).toBe("OBSERVING");
  });
});
