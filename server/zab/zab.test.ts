import { describe, expect, test } from "vitest";
import type { ServerId } from "../ids.ts";
import { runUntil, seeded, settled, type Storm, storm } from "./testing/storm.ts";
import { World } from "./testing/world.ts";

function expectAgreement(world: World): void {
  const history = [...world.committed.keys()].sort((a, b) => a - b);
  for (const node of world.nodes.values()) {
    if (!node.peer) continue;
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

  test.each<[string, number, Storm]>([
    ["3 servers", 60, { cast: { voters: 3 }, steps: 8_000, reconfigure: 0 }],
    ["5 servers", 30, { cast: { voters: 5 }, steps: 8_000, reconfigure: 0 }],
    ["7 servers", 10, { cast: { voters: 7 }, steps: 8_000, reconfigure: 0 }],
    [
      "3 servers and 2 observers",
      30,
      { cast: { voters: 3, observers: 2 }, steps: 8_000, reconfigure: 0 },
    ],
    [
      "3 servers whose members change",
      60,
      { cast: { voters: 3, spares: 3 }, steps: 8_000, reconfigure: 0.004 },
    ],
    [
      "5 servers and an observer whose members change",
      30,
      { cast: { voters: 5, observers: 1, spares: 2 }, steps: 8_000, reconfigure: 0.004 },
    ],
    [
      "a server alone whose members change",
      30,
      {
        cast: { voters: 1, spares: 5, sparesNameThemselves: true },
        steps: 8_000,
        reconfigure: 0.004,
      },
    ],
  ])(
    "%s keep one history through random crashes and partitions (%i seeds)",
    (name, seeds, plan) => {
      let delivered = 0;
      let reconfigured = 0;
      for (let seed = 1; seed <= seeds; seed++) {
        try {
          const world = storm(seed, plan);
          expectAgreement(world);
          delivered += world.committed.size;
          reconfigured += world.reconfigurations;
        } catch (error) {
          throw new Error(`seed ${seed} of ${name}`, { cause: error });
        }
      }
      expect(delivered).toBeGreaterThan(seeds * 10);
      expect(reconfigured).toBeGreaterThanOrEqual(plan.reconfigure > 0 ? seeds * 3 : 0);
    },
  );
});
