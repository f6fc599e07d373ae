import { describe, expect, test } from "vitest";
import type { ServerId } from "../ids.ts";
import { World } from "./testing/world.ts";

/** A small generator with a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function settled(world: World): boolean {
  const peers = [...world.nodes.values()].map(({ peer }) => peer);
  if (!peers.every((peer) => peer?.broadcasting)) return false;
  const last = Math.max(...world.committed.keys(), 0);
  return [...world.nodes.values()].every(
    ({ peer }) => peer?.core.committed === last && peer.core.history.last === last,
  );
}

function runUntil(world: World, done: () => boolean, steps: number): void {
  for (let i = 0; i < steps && !done(); i++) world.step();
  if (!done())
    throw new Error(`not reached in ${steps} steps:\n${world.trace.slice(-40).join("\n")}`);
}

/** Faults at random, then none: everything must converge, and nothing delivered may be lost. */
function storm(seed: number, servers: number, steps: number): World {
  const random = seeded(seed);
  const world = new World({ voters: servers }, random);
  const sids = world.sids;
  const some = (): ServerId => sids[Math.floor(random() * sids.length)] as ServerId;
  for (let i = 0; i < steps; i++) {
    const dice = random();
    if (dice < 0.02) world.propose();
    else if (dice < 0.0225) world.crash(some());
    else if (dice < 0.026) world.start(some());
    else if (dice < 0.0285) world.cut(some(), some());
    else if (dice < 0.03) world.heal();
    else if (dice < 0.0305) {
      // A power cut: whoever comes back first may be those that have seen least.
      for (const sid of sids) if (random() < 0.8) world.crash(sid);
      world.start(some());
      world.start(some());
    } else world.step();
  }
  world.heal();
  for (const sid of sids) world.start(sid);
  world.heal();
  runUntil(
    world,
    () => [...world.nodes.values()].some(({ peer }) => peer?.leading?.phase === "BROADCAST"),
    60_000,
  );
  world.propose();
  runUntil(world, () => settled(world), 60_000);
  return world;
}

function expectAgreement(world: World): void {
  const history = [...world.committed.keys()].sort((a, b) => a - b);
  for (const node of world.nodes.values()) {
    const zxids = node.delivered.map(({ zxid }) => zxid);
    expect(zxids, `server ${node.sid}`).toEqual(history);
    for (const { zxid, bytes } of node.delivered)
      expect(bytes.toString()).toBe(world.committed.get(zxid));
  }
}

describe("Zab", () => {
  test("three servers elect the one with the highest id when all histories are empty", () => {
    const world = new World({ voters: 3 }, seeded(1));
    runUntil(world, () => settled(world), 5_000);
    expect(world.leaders.get(1)).toBeDefined();
    world.propose();
    runUntil(world, () => world.committed.size === 1 && settled(world), 5_000);
    expectAgreement(world);
  });

  test("a server alone elects itself and commits", () => {
    const world = new World({ voters: 1 }, seeded(2));
    runUntil(world, () => settled(world), 1_000);
    world.propose();
    runUntil(world, () => world.committed.size === 1, 1_000);
    expectAgreement(world);
  });

  test("the quorum goes on when the leader dies, and the dead one catches up when it returns", () => {
    const world = new World({ voters: 3 }, seeded(3));
    runUntil(world, () => settled(world), 5_000);
    const leader = [...world.leaders.values()].at(-1) as ServerId;
    world.propose();
    runUntil(world, () => world.committed.size === 1, 5_000);
    world.crash(leader);
    const led = (): boolean =>
      [...world.nodes.values()].some(({ peer }) => peer?.leading?.phase === "BROADCAST");
    runUntil(world, led, 5_000);
    for (let i = 0; i < 20; i++) world.propose();
    runUntil(world, () => world.committed.size === 21, 5_000);
    world.start(leader);
    runUntil(world, () => settled(world), 5_000);
    expectAgreement(world);
  });

  test.each([
    [3, 60],
    [5, 30],
    [7, 10],
  ])(
    "%i servers keep one history through random crashes and partitions (%i seeds)",
    (servers, seeds) => {
      let delivered = 0;
      for (let seed = 1; seed <= seeds; seed++) {
        try {
          const world = storm(seed, servers, 8_000);
          expectAgreement(world);
          delivered += world.committed.size;
        } catch (error) {
          throw new Error(`seed ${seed} of ${servers} servers`, { cause: error });
        }
      }
      expect(delivered).toBeGreaterThan(seeds * 10);
    },
  );
});
