import { expect, test } from "vitest";
import { FaultFixture } from "./fault-fixture.ts";

/** The links between servers that are cut, as `1>2`. */
function cutLinks({ servers, network }: FaultFixture): string[] {
  return servers.flatMap((from) =>
    servers.filter((to) => network.isCut(from.host, to.host)).map((to) => `${from.id}>${to.id}`),
  );
}

test("a partitioned leader is cut off both ways, is replaced, and comes back", () => {
  const fixture = new FaultFixture();
  const { leader } = fixture;
  fixture.begin({ type: "partition", target: "leader" }, 3_000);
  expect(cutLinks(fixture)).toHaveLength(4);
  expect(cutLinks(fixture)).toEqual(fixture.nemesis.records[0]?.links);
  fixture.until(() => fixture.ensemble.leader !== null && fixture.ensemble.leader !== leader);
  fixture.pass(3_000);
  expect(cutLinks(fixture)).toEqual([]);
  fixture.until(() => fixture.ensemble.converged);
});

test("one way: what a server sends is held up, what it is sent arrives; or the reverse", () => {
  for (const [direction, links] of [
    ["out", ["2>1", "2>3"]],
    ["in", ["1>2", "3>2"]],
  ] as const) {
    const fixture = new FaultFixture();
    fixture.begin({ type: "one-way", target: 2, direction });
    expect(cutLinks(fixture)).toEqual(links);
  }
});

test("a link that two faults cut is whole when both are healed", () => {
  const fixture = new FaultFixture();
  fixture.begin({ type: "partition", target: 1 }, 100);
  fixture.begin({ type: "no-quorum" }, 300);
  fixture.pass(150);
  expect(cutLinks(fixture)).toHaveLength(6);
  fixture.pass(200);
  expect(cutLinks(fixture)).toEqual([]);
});

test("no quorum is left when no two servers hear each other", () => {
  const fixture = new FaultFixture();
  fixture.begin({ type: "no-quorum" });
  expect(fixture.nemesis.records[0]?.noQuorum).toBe(true);
  fixture.until(() => fixture.ensemble.leader === null);
  fixture.pass(2_000);
  expect(fixture.ensemble.leader).toBeNull();
});

test("parted into groups, servers hear their own; whether a quorum is left depends on the sizes", () => {
  const fixture = new FaultFixture({ servers: 5 });
  fixture.begin(
    {
      type: "halves",
      groups: [
        [1, 2],
        [3, 4, 5],
      ],
    },
    100,
  );
  expect(cutLinks(fixture)).toHaveLength(12);
  expect(cutLinks(fixture)).not.toContain("3>5");
  fixture.pass(101);
  fixture.begin({ type: "halves", groups: [[1, 2], [3], [4, 5]] });
  expect(fixture.nemesis.records.map(({ noQuorum }) => noQuorum)).toEqual([false, true]);
});

test("a server may be cut off with company, as long as the others are a quorum", () => {
  const fixture = new FaultFixture({ servers: 5 });
  fixture.begin({ type: "partition", target: 3, company: 1 }, 100);
  expect(cutLinks(fixture)).toHaveLength(12);
  expect(cutLinks(fixture)).not.toContain("3>1");
  fixture.pass(101);
  fixture.begin({ type: "partition", target: 3, company: 2 }, 100);
  expect(cutLinks(fixture)).toHaveLength(12);
  expect(fixture.nemesis.records.map(({ noQuorum }) => noQuorum)).toEqual([false, false]);
});

test("in a ring each hears its neighbours; over a bridge all hear one", () => {
  const fixture = new FaultFixture({ servers: 5 });
  fixture.begin({ type: "ring" }, 100);
  expect(cutLinks(fixture).filter((link) => link.startsWith("1>"))).toEqual(["1>3", "1>4"]);
  fixture.pass(101);
  fixture.begin({ type: "bridge", target: 3 });
  expect(cutLinks(fixture).filter((link) => link.includes("3"))).toEqual([]);
  expect(cutLinks(fixture)).toHaveLength(8);
});

test("three servers are a ring already: that fault is not possible", () => {
  const fixture = new FaultFixture();
  fixture.begin({ type: "ring" });
  expect(fixture.nemesis.records).toEqual([]);
  expect(fixture.world.coverage.get("fault not possible: ring")).toBe(1);
});

test("delays of two faults add up and are taken back one by one", () => {
  const fixture = new FaultFixture();
  const [one, two] = fixture.servers.map(({ host }) => host);
  if (one === undefined || two === undefined) throw new Error("no servers");
  const leastMs = (): number =>
    Math.min(...Array.from({ length: 50 }, () => fixture.network.latencyMs(one, two)));
  fixture.begin({ type: "delay", target: 1, delayMs: 40 }, 100);
  fixture.begin({ type: "delay", target: 2, delayMs: 60 }, 200);
  expect(leastMs()).toBeGreaterThanOrEqual(50);
  fixture.pass(150);
  expect(leastMs()).toBeGreaterThanOrEqual(30);
  expect(leastMs()).toBeLessThan(50);
  fixture.pass(100);
  expect(leastMs()).toBeLessThan(1);
});

test("clients that are cut off from a server go to another one; the servers stay together", () => {
  const fixture = new FaultFixture();
  fixture.write(1);
  const { server } = fixture.client.client.zk;
  fixture.begin({ type: "cut-clients", target: server });
  expect(cutLinks(fixture)).toEqual([]);
  fixture.until(() => ![0, server].includes(fixture.client.client.zk.server));
});

test("a reset breaks the connections, and they are made again", () => {
  const fixture = new FaultFixture();
  const before = fixture.world.coverage.get("log: link up") ?? 0;
  fixture.begin({ type: "reset", target: "follower" });
  expect(fixture.ensemble.converged).toBe(true);
  fixture.until(() => (fixture.world.coverage.get("log: link up") ?? 0) > before);
  fixture.until(() => fixture.ensemble.converged);
});

test("a delay is healed when the last that it made late has arrived", () => {
  const fixture = new FaultFixture();
  const fromMs = fixture.world.nowMs;
  fixture.begin({ type: "delay", target: 1, delayMs: 40 }, 100);
  fixture.begin({ type: "delay", target: 2, delayMs: 60 }, 200);
  fixture.pass(300);
  const healed = fixture.nemesis.records.map(({ healedMs }) => Number(healedMs) - fromMs);
  expect(healed).toEqual([100 + 100, 200 + 60]);
});
