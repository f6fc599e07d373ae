import { afterAll, beforeAll, expect, test } from "vitest";
import { ErrorCode } from "./errors.ts";
import { NO_SESSION } from "./ids.ts";
import { RawClient } from "./testing/raw-client.ts";
import { create, exists, OPEN_ACL, remove, setData } from "./testing/requests.ts";
import { type Ensemble, startServers } from "./testing/running-servers.ts";
import { EventType } from "./wire/opcodes.ts";
import { decodePathAndStat, decodeStat } from "./wire/replies.ts";
import type { Request } from "./wire/request-types.ts";

let ensemble: Ensemble;
let client: RawClient;
beforeAll(async () => {
  ensemble = await startServers(3, {
    config: {
      "zookeeper.extendedTypesEnabled": "true",
      "znode.container.checkIntervalMs": "50",
      "zookeeper.znode.container.maxPerMinute": "60000",
    },
  });
  client = (await RawClient.open(ensemble.followers[0]?.port ?? 0)).client;
});
afterAll(() => ensemble.stop());

function container(path: string): Request {
  return { type: "createContainer", path, data: null, acl: OPEN_ACL, flags: 4 };
}
function ttl(path: string, ms: bigint): Request {
  return { type: "createTTL", path, data: null, acl: OPEN_ACL, flags: 5, ttl: ms };
}
/** Waits for the event of its deletion. */
async function gone(path: string): Promise<void> {
  expect((await client.call(exists(path, true))).err).toBe(0);
  expect(await client.event()).toMatchObject({ type: EventType.deleted, path });
}

test("a container answers path and Stat, and goes when its last child is gone", async () => {
  const made = await client.call(container("/c"));
  const { path, stat } = decodePathAndStat(made.body);
  expect([path, stat.ephemeralOwner, stat.czxid]).toEqual(["/c", NO_SESSION, made.zxid]);
  await client.call(create("/c/a"));
  await client.call(create("/c/b"));
  await client.call(remove("/c/a"));
  await client.call(remove("/c/b"));
  await gone("/c");
});

test("a container that still has a child, or never had one, outlives one that has not", async () => {
  for (const path of ["/never", "/full", "/empty"]) await client.call(container(path));
  for (const path of ["/full/k", "/empty/k"]) await client.call(create(path));
  await client.call(remove("/empty/k"));
  await gone("/empty");
  for (const path of ["/never", "/full"]) expect((await client.call(exists(path))).err).toBe(0);
});

test("a znode goes when its time to live is over; a child keeps it, and so does a write", async () => {
  await client.call(ttl("/long", 60_000n));
  await client.call(ttl("/kept", 100n));
  await client.call(create("/kept/k"));
  const { stat } = decodePathAndStat((await client.call(ttl("/t", 100n))).body);
  expect(stat.ephemeralOwner).toBe(NO_SESSION);
  const written = decodeStat((await client.call(setData("/t", "alive"))).body);
  expect(written.mtime).toBeGreaterThanOrEqual(stat.ctime);
  await gone("/t");
  for (const path of ["/long", "/kept"]) expect((await client.call(exists(path))).err).toBe(0);
  await client.call(remove("/kept/k"));
  await gone("/kept");
});

test("a container created anew stays a new one", async () => {
  await client.call(container("/anew"));
  await client.call(create("/anew/k"));
  await client.call(remove("/anew/k"));
  await gone("/anew");
  expect((await client.call(container("/anew"))).err).toBe(0);
  expect((await client.call(create("/anew/k"))).err).toBe(0);
  expect((await client.call(remove("/anew", 0))).err).toBe(ErrorCode.NotEmpty);
});

test("a new leader goes on removing, on all servers alike", async () => {
  await client.call(container("/handed"));
  await client.call(create("/handed/k"));
  const { leader } = ensemble;
  const left = ensemble.servers.filter((server) => server !== leader);
  const serving = left.map(({ log }) => log.waitFor("serving as", log.lines.length));
  leader.stop();
  await Promise.all(serving);
  client = (await RawClient.open(left[0]?.port ?? 0)).client;
  expect((await client.call(remove("/handed/k"))).err).toBe(0);
  await gone("/handed");
});

test("a container that nobody has used for znode.container.maxNeverUsedIntervalMs goes, too", async () => {
  const one = await startServers(1, {
    config: {
      "znode.container.checkIntervalMs": "50",
      "znode.container.maxNeverUsedIntervalMs": "100",
    },
  });
  try {
    const { client: asking } = await RawClient.open(one.leader.port);
    await asking.call(container("/never"));
    await asking.call(container("/used"));
    await asking.call(create("/used/k"));
    expect((await asking.call(exists("/never", true))).err).toBe(0);
    expect(await asking.event()).toMatchObject({ type: EventType.deleted, path: "/never" });
    expect((await asking.call(exists("/used"))).err).toBe(0);
  } finally {
    one.stop();
  }
});
