import { expect, test } from "vitest";
import { FaultFixture } from "./fault-fixture.ts";

test("a server whose disk is full goes on, and writes what waits when there is space", () => {
  const fixture = new FaultFixture();
  fixture.write(2);
  const server = fixture.follower;
  const lags = (): boolean => {
    const { loggedZxid = 0, appliedZxid = 0 } = server.server?.status() ?? {};
    return loggedZxid < appliedZxid;
  };
  fixture.begin({ type: "disk-full", target: server.id }, 2_000);
  fixture.write(2);
  fixture.until(lags);
  expect(server.hasWritten).toBe(false);
  fixture.pass(2_000);
  fixture.until(() => fixture.ensemble.settled);
  expect(lags()).toBe(false);
  expect(fixture.ensemble.crashes).toEqual([]);
});

test("the next fsync fails once; the server stops itself rather than trust the file", () => {
  const fixture = new FaultFixture();
  const server = fixture.follower;
  fixture.begin({ type: "fsync-fails", target: server.id }, 2_000);
  expect(fixture.nemesis.records[0]?.effectiveMs).toBeNull();
  fixture.write(2);
  fixture.until(() => server.server === null);
  expect(fixture.nemesis.records[0]?.effectiveMs).not.toBeNull();
  expect(fixture.ensemble.crashes[0]?.exit).toContain("EIO");
  expect(fixture.ensemble.crashes.every((each) => fixture.nemesis.explains(each))).toBe(true);
  fixture.until(() => fixture.ensemble.converged && server.server !== null);
});

test("any step of a disk can be the one that fails", () => {
  const fixture = new FaultFixture();
  const server = fixture.follower;
  fixture.begin({ type: "fsync-fails", target: server.id, step: "write", nth: 3 }, 2_000);
  fixture.write(6);
  fixture.until(() => server.server === null);
  expect(fixture.ensemble.crashes[0]?.exit).toContain("EIO: write");
});

test("a server that stops although its disk did not fail in that life is not explained", () => {
  const fixture = new FaultFixture();
  fixture.begin({ type: "disk-full", target: 1 });
  const exit = "cannot append: ENOSPC: write '/log'";
  const crash = { server: 1, atMs: fixture.world.nowMs, exit, lastLines: [] };
  expect(fixture.nemesis.explains(crash)).toBe(false);
});

test("at the n-th step of its kind the machine loses power, until the fault is healed", () => {
  const fixture = new FaultFixture();
  const server = fixture.follower;
  fixture.begin({ type: "crash-point", target: server.id, step: "sync", nth: 2 }, 1_500);
  expect(fixture.nemesis.records[0]?.effectiveMs).toBeNull();
  fixture.write(4);
  fixture.until(() => !server.host.powered);
  expect(fixture.world.coverage.get("crash point: sync")).toBe(1);
  expect(fixture.ensemble.crashes).toEqual([]);
  fixture.pass(1_500);
  fixture.until(() => fixture.ensemble.converged && server.server !== null);
});

test("a crash point that is never reached was no fault, and leaves nothing behind", () => {
  const fixture = new FaultFixture();
  const server = fixture.follower;
  fixture.begin({ type: "crash-point", target: server.id, step: "sync", nth: 1_000 }, 100);
  fixture.pass(101);
  expect(fixture.nemesis.records[0]).toMatchObject({ effectiveMs: null });
  expect(server.diskRules.size).toBe(0);
  expect(fixture.world.coverage.get("fault: crash-point")).toBeUndefined();
});

test("slow disks of two faults add up and are taken back", () => {
  const fixture = new FaultFixture();
  fixture.begin({ type: "slow-disk", target: 1, stepMs: 20 }, 100);
  fixture.begin({ type: "slow-disk", target: 1, stepMs: 30 }, 200);
  expect(fixture.servers[0]?.extraStepMs).toBe(50);
  fixture.pass(201);
  expect(fixture.servers[0]?.extraStepMs).toBe(0);
});

test("bits rot on a minority of servers at most, and one that refuses its files stays down", () => {
  const fixture = new FaultFixture();
  fixture.write(30);
  for (const { id } of fixture.servers) {
    for (let times = 3; times > 0; times--) fixture.begin({ type: "bit-rot", target: id }, 100);
  }
  expect(fixture.ensemble.rotten.size).toBe(1);
  fixture.pass(2_000);
  const refused = fixture.ensemble.crashes;
  expect(refused.every((crash) => fixture.nemesis.explains(crash))).toBe(true);
  expect(fixture.ensemble.lost.size).toBe(refused.length === 0 ? 0 : 1);
  fixture.until(() => fixture.ensemble.converged);
  fixture.write(2);
});

test("a clock jumps and comes back; two skews add up", () => {
  const fixture = new FaultFixture();
  const [server] = fixture.servers;
  fixture.begin({ type: "clock-skew", target: 1, ppm: 10_000 }, 100);
  fixture.begin({ type: "clock-skew", target: 1, ppm: -4_000 }, 1_000);
  expect(server?.skewPpm).toBe(6_000);
  fixture.pass(200);
  expect(server?.skewPpm).toBe(-4_000);
  fixture.begin({ type: "clock-jump", target: 1, byMs: -5_000_000 }, 500);
  fixture.pass(1_000);
  expect(server?.skewPpm).toBe(0);
  fixture.until(() => fixture.ensemble.converged);
});
