/** Quotas, as Apache ZooKeeper 3.9.5 keeps and enforces them. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ErrorCode, errorName } from "../errors.ts";
import { DataTree } from "./data-tree.ts";
import type { OverQuota, PrepareRequest } from "./prepare-request.ts";
import { formatQuota, parseQuota } from "./quota-numbers.ts";
import { create, remove, setData, TestLeader } from "./testing/leader.ts";

const STATS = "/zookeeper/quota/q/zookeeper_stats";
const LIMITS = "/zookeeper/quota/q/zookeeper_limits";

class QuotaLeader extends TestLeader {
  readonly findings: OverQuota[] = [];

  constructor(limits: string, enforceQuota = true) {
    super({
      skipAcl: false,
      extendedTypesEnabled: true,
      enforceQuota,
      overQuota: (finding) => this.findings.push(finding),
    });
    this.run(create("/q", 0, "abc"));
    this.run(create("/q/a", 0, "hello"));
    // In the order in which zkCli's setquota does it.
    this.run(create("/zookeeper/quota/q", 0, ""));
    this.run(create(LIMITS, 0, limits));
    this.run(create(STATS, 0, "count=0,bytes=0"));
  }
  get used(): string | undefined {
    return this.tree.get(STATS)?.data?.toString();
  }
  ask(request: PrepareRequest): string {
    const body = this.propose(request);
    return body.type === "error" ? errorName(body.code) : body.type;
  }
}

describe("the text of a quota", () => {
  test.each<[string, Record<string, number>]>([
    ["count=3,bytes=20", { count: 3, bytes: 20 }],
    [
      "count=3,bytes=20=;byteHardLimit=-1;countHardLimit=5",
      { count: 3, bytes: 20, byteHardLimit: -1, countHardLimit: 5 },
    ],
    ["count=,bytes=x;;countHardLimit=+2", { countHardLimit: 2 }],
    ["\u0000", {}],
    ["", {}],
  ])("%j is read", (text, numbers) => {
    expect(Object.fromEntries(parseQuota(Buffer.from(text)))).toEqual(numbers);
  });

  test("is written as versions before 3.7 can read it, and read back", () => {
    const hard = parseQuota(Buffer.from("countHardLimit=5;byteHardLimit=7"));
    expect(formatQuota(new Map(), 1, -2).toString()).toBe("count=1,bytes=-2");
    expect(formatQuota(hard, 1, 2).toString()).toBe(
      "count=1,bytes=2=;byteHardLimit=7;countHardLimit=5",
    );
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (count, bytes) => {
        const again = parseQuota(formatQuota(hard, count, bytes));
        expect(again).toEqual(new Map([...hard, ["count", count], ["bytes", bytes]]));
      }),
    );
  });

  test("may be any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        for (const [key, value] of parseQuota(Buffer.from(bytes))) {
          expect([key, Number.isInteger(value)]).toEqual([key, true]);
        }
      }),
    );
  });
});

describe("the usage", () => {
  test("begins with what is there, and follows every write below", () => {
    const leader = new QuotaLeader("count=-1,bytes=-1");
    const used = [leader.used];
    for (const request of [
      create("/q/b", 0, "12345"),
      setData("/q/b", "1"),
      create("/q/e", 1, "ephemeral"),
      create("/elsewhere", 0, "not counted"),
      remove("/q/b"),
      { type: "closeSession" } as const,
    ]) {
      leader.run(request);
      used.push(leader.used);
    }
    expect(used).toEqual([
      "count=2,bytes=8",
      "count=3,bytes=13",
      "count=3,bytes=9",
      "count=4,bytes=18",
      "count=4,bytes=18",
      "count=3,bytes=17",
      "count=2,bytes=8",
    ]);
    expect(leader.tree.get(STATS)).toMatchObject({ version: 0, aversion: 0 });
  });

  test("is what a client writes there, until the next write below", () => {
    const leader = new QuotaLeader("count=-1,bytes=-1");
    leader.run(setData(STATS, "count=100,bytes=100"));
    leader.run(remove("/q/a"));
    expect(leader.used).toBe("count=99,bytes=95");
    leader.run(setData(STATS, null));
    leader.run(create("/q/b", 0, "12"));
    expect(leader.used).toBe("count=0,bytes=1");
  });

  test("of the deepest path with a quota alone", () => {
    const leader = new QuotaLeader("count=-1,bytes=-1");
    leader.run(create("/zookeeper/quota/q/a", 0, ""));
    leader.run(create("/zookeeper/quota/q/a/zookeeper_limits", 0, "count=-1,bytes=-1"));
    leader.run(create("/zookeeper/quota/q/a/zookeeper_stats", 0, ""));
    leader.run(create("/q/a/k", 0, "1"));
    expect(leader.used).toBe("count=2,bytes=8");
    expect(leader.tree.get("/zookeeper/quota/q/a/zookeeper_stats")?.data?.toString()).toBe(
      "count=2,bytes=6",
    );
  });

  test("is not followed any more when the limits are gone", () => {
    const leader = new QuotaLeader("count=-1,bytes=-1");
    leader.run(remove(LIMITS));
    leader.run(create("/q/b"));
    expect(leader.used).toBe("count=2,bytes=8");
    expect(leader.tree.quotas.isEmpty).toBe(true);
  });

  test("is the same bytes on a server that restarts, wherever it was", () => {
    const leader = new QuotaLeader("count=-1,bytes=-1");
    leader.run(setData(STATS, "count=7,bytes=7"));
    const copy = DataTree.restore(Buffer.concat(leader.tree.serialize()));
    expect(copy.get(STATS)?.data?.toString()).toBe("count=7,bytes=7");
    expect(copy.quotas.counting("/q/x/y")).toBe("/q");
  });

  test("is counted anew from a snapshot of a server that did not count", () => {
    const leader = new QuotaLeader("count=-1,bytes=-1");
    leader.run(setData(STATS, "count=7,bytes=7"));
    const present = Buffer.concat(leader.tree.serialize());
    // Its format had no digest behind the magic number and the zxid.
    const bytes = Buffer.concat([present.subarray(0, 12), present.subarray(20)]);
    bytes[3] = 1;
    const copy = DataTree.restore(bytes);
    expect(copy.get(STATS)?.data?.toString()).toBe("count=2,bytes=8");
    const again = DataTree.restore(Buffer.concat(copy.serialize()));
    expect(copy.approximateDataBytes).toBe(again.approximateDataBytes);
  });
});

describe("a hard limit", () => {
  const HARD = "count=-1,bytes=-1=;byteHardLimit=20;countHardLimit=4";

  test("refuses what goes beyond it, and counts what is in flight", () => {
    const leader = new QuotaLeader(HARD);
    expect(leader.ask(create("/q/b", 0, "1"))).toBe("create");
    expect(leader.ask(create("/q/c", 0, ""))).toBe("create");
    expect(leader.ask(create("/q/d", 0, ""))).toBe("QuotaExceeded");
    expect(leader.ask({ ...create("/q/d", 4), type: "createContainer" })).toBe("QuotaExceeded");
    expect(leader.ask(remove("/q/c"))).toBe("delete");
    expect(leader.ask(create("/q/d", 0, "12345678901"))).toBe("create");
    expect(leader.ask(setData("/q/d", "123456789012"))).toBe("QuotaExceeded");
    expect(leader.ask(setData("/q/b", ""))).toBe("setData");
    expect(leader.ask(setData("/q/d", "123456789012"))).toBe("setData");
    leader.applyAll();
    expect(leader.used).toBe("count=4,bytes=20");
    expect(leader.ask(setData("/q/d", "1234567890123"))).toBe("QuotaExceeded");
  });

  test("counts what a delete and a smaller value give back, though they are in flight", () => {
    // 8 bytes are used: "abc" and "hello".
    const leader = new QuotaLeader("count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=-1");
    expect(leader.ask(create("/q/b", 0, "more"))).toBe("QuotaExceeded");
    expect(leader.ask(remove("/q/a"))).toBe("delete");
    expect(leader.ask(create("/q/b", 0, "more"))).toBe("create");
    expect(leader.ask(setData("/q/b", ""))).toBe("setData");
    expect(leader.ask(create("/q/c", 0, "7 bytes"))).toBe("create");
    expect(leader.ask(create("/q/d", 0, "x"))).toBe("QuotaExceeded");
    leader.applyAll();
    expect(leader.used).toMatch(/bytes=10/);
  });

  test("comes before the version, and after permission", () => {
    const leader = new QuotaLeader(HARD);
    expect(leader.ask(setData("/q/a", "x".repeat(30), 9))).toBe("QuotaExceeded");
    leader.run({ ...create("/q/ro"), acl: [{ perms: 1, scheme: "world", id: "anyone" }] });
    expect(leader.ask(setData("/q/ro", "x".repeat(30)))).toBe("NoAuth");
  });

  test("holds within a multi, and a multi that fails uses nothing", () => {
    const leader = new QuotaLeader(HARD);
    const ops = [create("/q/b", 0, ""), create("/q/c", 0, ""), create("/q/d", 0, "")];
    expect(leader.propose({ type: "multi", ops })).toMatchObject({
      parts: [{ code: 0 }, { code: 0 }, { code: ErrorCode.QuotaExceeded }],
    });
    expect(leader.propose({ type: "multi", ops: ops.slice(0, 2) })).toMatchObject({
      parts: [{ type: "create" }, { type: "create" }],
    });
    leader.applyAll();
    expect(leader.used).toBe("count=4,bytes=8");
  });

  test("refuses to shrink a little what is beyond it, as ZooKeeper does", () => {
    const leader = new QuotaLeader("count=-1,bytes=-1=;byteHardLimit=3");
    expect(leader.ask(setData("/q/a", "hell"))).toBe("QuotaExceeded");
    expect(leader.ask(setData("/q/a", "HELLO"))).toBe("setData");
    expect(leader.ask(setData("/q/a", ""))).toBe("setData");
  });

  test("holds only where quotas are enforced", () => {
    const leader = new QuotaLeader("count=-1,bytes=-1=;countHardLimit=1", false);
    expect(leader.ask(create("/q/b"))).toBe("create");
    expect(leader.findings).toEqual([]);
  });

  test("without a znode that counts limits nothing", () => {
    const leader = new QuotaLeader("count=-1,bytes=-1=;countHardLimit=1");
    leader.run(remove(STATS));
    expect(leader.ask(create("/q/b"))).toBe("create");
  });
});

test("a soft limit lets writes pass, and tells", () => {
  const leader = new QuotaLeader("count=2,bytes=-1");
  expect(leader.ask(create("/q/b"))).toBe("create");
  expect(leader.findings).toEqual([
    { path: "/q", what: "count", limit: "soft", allowed: 2, used: 3 },
  ]);
});

test("limits and stats in odd places are znodes like any other", () => {
  const leader = new QuotaLeader("count=-1,bytes=-1");
  for (const path of [
    "/zookeeper/quota/zookeeper_limits",
    "/zookeeper/quota/zookeeper_stats",
    "/zookeeper/zookeeper_limits",
    "/zookeeper_limits",
  ]) {
    expect(leader.run(create(path, 0, "count=0,bytes=0=;countHardLimit=0")).code).toBe(0);
  }
  expect(leader.run(create("/free")).code).toBe(0);
  expect([...leader.tree.quotas.all]).toEqual(["/q"]);
});
