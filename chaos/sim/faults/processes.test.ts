import { expect, test } from "vitest";
import { FaultFixture } from "./fault-fixture.ts";

test("a killed server is down until the fault is healed, and keeps what it had written", () => {
  const fixture = new FaultFixture();
  fixture.write(3);
  const server = fixture.follower;
  const files = server.disk.paths();
  fixture.begin({ type: "kill", target: server.id }, 500);
  expect(server.server).toBeNull();
  expect(server.disk.paths()).toEqual(files);
  fixture.pass(499);
  expect(server.server).toBeNull();
  fixture.until(() => fixture.ensemble.converged);
  expect(server.server?.status().recovery.lastZxid).toBeGreaterThan(0);
});

test("a server that two faults keep down starts when the later one is healed", () => {
  const fixture = new FaultFixture();
  const server = fixture.follower;
  fixture.begin({ type: "kill", target: server.id }, 100);
  fixture.begin({ type: "power-cut", target: server.id }, 1_000);
  fixture.pass(900);
  expect(server.server).toBeNull();
  fixture.pass(200);
  expect(server.server).not.toBeNull();
});

test("a server that loses power is off, and takes the leadership with it", () => {
  const fixture = new FaultFixture();
  const { leader } = fixture;
  fixture.begin({ type: "power-cut", target: "leader" });
  expect(leader.host.powered).toBe(false);
  fixture.until(() => fixture.ensemble.leader !== null && fixture.ensemble.leader !== leader);
  const [record] = fixture.nemesis.records;
  expect(record).toMatchObject({ name: "power-cut", servers: [leader.id], noQuorum: false });
});

test("no server runs after all were killed, and that is said to leave no quorum", () => {
  const fixture = new FaultFixture();
  fixture.begin({ type: "kill-all" }, 300);
  expect(fixture.servers.every(({ server }) => server === null)).toBe(true);
  expect(fixture.nemesis.records[0]).toMatchObject({ noQuorum: true, healedMs: null });
  fixture.pass(301);
  expect(fixture.nemesis.records[0]?.healedMs).not.toBeNull();
  fixture.until(() => fixture.ensemble.converged);
});

test("a paused leader stands still, is replaced, and follows when it goes on", () => {
  const fixture = new FaultFixture();
  const { leader } = fixture;
  fixture.begin({ type: "pause", target: "leader" }, 3_000);
  expect(leader.host.paused).toBe(true);
  fixture.until(() => fixture.ensemble.leader !== null && fixture.ensemble.leader !== leader);
  fixture.pass(3_000);
  expect(leader.host.paused).toBe(false);
  fixture.until(() => fixture.ensemble.converged);
  expect(leader.server?.status().state).toBe("FOLLOWING");
});

test("a rolling restart takes every server down once, one at a time", () => {
  const fixture = new FaultFixture();
  const lives = fixture.servers.map(({ host }) => host.life);
  fixture.begin({ type: "rolling-restart" }, 400);
  for (let step = 0; step < 50; step++) {
    fixture.pass(50);
    expect(fixture.servers.filter(({ server }) => server === null).length).toBeLessThanOrEqual(1);
  }
  expect(fixture.servers.map(({ host }) => host.life)).toEqual(lives.map((life) => life + 1));
  fixture.until(() => fixture.ensemble.converged);
});

test("the end of the safety phase takes back what is in force, and starts everybody", () => {
  const fixture = new FaultFixture();
  fixture.begin({ type: "kill", target: 1 });
  fixture.begin({ type: "power-cut", target: 2 });
  fixture.begin({ type: "rolling-restart" }, 5_000);
  fixture.pass(50);
  fixture.nemesis.endAll();
  fixture.until(() => fixture.ensemble.converged);
  expect(fixture.nemesis.records.every(({ healedMs }) => healedMs !== null)).toBe(true);
});

test("what is aimed at the others leaves the one that was aimed at last alone", () => {
  const fixture = new FaultFixture({ servers: 5, observers: 1 });
  const { leader } = fixture;
  fixture.begin({ type: "clock-skew", target: "leader", ppm: 1 });
  fixture.begin({ type: "power-cut", target: "others" }, 1_000);
  const running = fixture.servers.filter(({ server }) => server !== null);
  expect(running).toEqual([leader]);
  fixture.pass(1_001);
  fixture.until(() => fixture.ensemble.converged);
});

test("others without anybody aimed at are all but the leader", () => {
  const fixture = new FaultFixture();
  fixture.begin({ type: "pause", target: "others" });
  expect(fixture.servers.filter(({ host }) => !host.paused)).toEqual([fixture.leader]);
});
