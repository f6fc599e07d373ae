import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startLocalEnsemble } from "./local.ts";
import type { LocalEnsemble } from "./local.ts";

let ensemble: LocalEnsemble;
beforeAll(async () => {
  ensemble = await startLocalEnsemble({
    servers: 3,
    proxied: true,
    config: { tickTime: "100", initLimit: "50", syncLimit: "5" },
  });
});
afterEach(async () => {
  await ensemble.heal();
  await ensemble.waitUntilServing();
});
afterAll(() => ensemble.stop());

async function leaderOf(): Promise<number> {
  const leader = await ensemble.leader();
  if (leader === null) throw new Error("nobody leads");
  return leader;
}

test("when the leader is killed the others elect another one, and it comes back as a follower", async () => {
  const old = await leaderOf();
  const others = [1, 2, 3].filter((id) => id !== old);
  const { epoch } = await ensemble.status(old);
  await ensemble.kill(old);
  await ensemble.waitUntilServing(others);
  expect(others).toContain(await leaderOf());
  await ensemble.restart(old);
  await ensemble.waitUntilServing();
  const sample = await ensemble.status(old);
  expect(sample.state).toBe("FOLLOWING");
  expect(sample.epoch).toBeGreaterThan(epoch);
});

test("a leader that is cut off from its quorum stops serving while the others go on", async () => {
  const old = await leaderOf();
  const others = [1, 2, 3].filter((id) => id !== old);
  await ensemble.partition([[old], others]);
  while ((await ensemble.status(old)).serving);
  await ensemble.waitUntilServing(others);
  expect(others).toContain(await leaderOf());
});

test("without any quorum nobody serves", async () => {
  await ensemble.partition([[1], [2], [3]]);
  for (const id of [1, 2, 3]) while ((await ensemble.status(id)).serving);
  expect(await ensemble.leader()).toBeNull();
});

test("the metrics of a running server have ZooKeeper's names", async () => {
  const leader = await leaderOf();
  const lines = (await ensemble.admin(leader).metrics()).split("\n");
  expect(lines).toContain(`quorumlab_role{role="LEADING"} 1`);
  expect(lines).toContain("quorum_size 3");
  expect(lines).toContain("synced_followers 2");
  expect(lines.some((line) => line.startsWith("election_time_count "))).toBe(true);
});

test("through all of this no server ended that nobody had asked to end", () => {
  expect(ensemble.crashes).toEqual([]);
});
