import { afterAll, beforeAll, expect, test } from "vitest";
import { NO_SESSION } from "./ids.ts";
import { RawClient } from "./testing/raw-client.ts";
import { create, ephemeral, exists, remove, setData, sync } from "./testing/requests.ts";
import { type Ensemble, startServers } from "./testing/running-servers.ts";
import { CreateFlag } from "./wire/opcodes.ts";
import { decodePath, decodeStat, type Stat } from "./wire/replies.ts";

let ensemble: Ensemble;
let client: RawClient;
let sessionId: bigint;
beforeAll(async () => {
  ensemble = await startServers(3);
  const session = await RawClient.open(ensemble.followers[0]?.port ?? 0);
  client = session.client;
  sessionId = session.response.sessionId;
});
afterAll(() => ensemble.stop());

async function stat(path: string): Promise<Stat> {
  const reply = await client.call(exists(path));
  expect(reply.err).toBe(0);
  return decodeStat(reply.body);
}

test("at birth a znode has the zxid and the time of its create, and all else is zero", async () => {
  const { zxid } = await client.call(create("/born", "12345"));
  const born = await stat("/born");
  expect(born).toEqual({
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    ctime: born.ctime,
    mtime: born.ctime,
    version: 0,
    cversion: 0,
    aversion: 0,
    ephemeralOwner: NO_SESSION,
    dataLength: 5,
    numChildren: 0,
  });
  expect(Math.abs(born.ctime - Date.now())).toBeLessThan(60_000);
});

test("setData changes mzxid, mtime, version and dataLength, and answers the new Stat", async () => {
  await client.call(create("/set", "abc"));
  const before = await stat("/set");
  const reply = await client.call(setData("/set", "longer", 0));
  const answered = decodeStat(reply.body);
  expect(answered).toEqual({
    ...before,
    mzxid: reply.zxid,
    mtime: answered.mtime,
    version: 1,
    dataLength: 6,
  });
  expect(await stat("/set")).toEqual(answered);
  expect((await client.call(setData("/set", null))).err).toBe(0);
  expect(await stat("/set")).toMatchObject({ version: 2, dataLength: 0 });
});

test("creates and deletes of children change pzxid, cversion and numChildren of the parent alone", async () => {
  await client.call(create("/parent", "p"));
  const before = await stat("/parent");
  await client.call(create("/parent/a"));
  const second = await client.call(create("/parent/b"));
  expect(await stat("/parent")).toEqual({
    ...before,
    pzxid: second.zxid,
    cversion: 2,
    numChildren: 2,
  });
  await client.call(setData("/parent/a", "child's data"));
  const deleted = await client.call(remove("/parent/a"));
  expect(await stat("/parent")).toEqual({
    ...before,
    pzxid: deleted.zxid,
    cversion: 3,
    numChildren: 1,
  });
});

test("an ephemeral names its session, and is the same on every server", async () => {
  await client.call(ephemeral("/eph"));
  const seen = [];
  for (const { port } of ensemble.servers) {
    const other = await RawClient.open(port);
    await other.client.call(sync("/"));
    seen.push(decodeStat((await other.client.call(exists("/eph"))).body));
  }
  expect(seen[0]?.ephemeralOwner).toBe(sessionId);
  expect(seen[1]).toEqual(seen[0]);
  expect(seen[2]).toEqual(seen[0]);
});

test("a recreated znode starts from zero", async () => {
  await client.call(create("/again"));
  await client.call(setData("/again", "x"));
  await client.call(remove("/again"));
  const { zxid } = await client.call(create("/again"));
  expect(await stat("/again")).toMatchObject({ czxid: zxid, mzxid: zxid, version: 0 });
});

test("sequential names count all creates of children, never go back, and a failed one uses none", async () => {
  await client.call(create("/queue"));
  const next = async (path: string, flags: number): Promise<string> =>
    decodePath((await client.call(create(path, "", flags))).body);
  expect(await next("/queue/n-", CreateFlag.persistentSequential)).toBe("/queue/n-0000000000");
  expect(await next("/queue/", CreateFlag.persistentSequential)).toBe("/queue/0000000001");
  await client.call(create("/queue/plain"));
  await client.call(remove("/queue/n-0000000000"));
  expect((await client.call(create("/queue/plain"))).err).toBe(-110);
  expect(await next("/queue/n-", CreateFlag.ephemeralSequential)).toBe("/queue/n-0000000003");
});

test("versions are checked: −1 fits any, another negative one none", async () => {
  await client.call(create("/versioned"));
  for (const [version, err] of [
    [1, -103],
    [-2, -103],
    [-1, 0],
    [0, -103],
    [1, 0],
  ] as const)
    expect([version, (await client.call(setData("/versioned", "", version))).err]).toEqual([
      version,
      err,
    ]);
  expect((await client.call(remove("/versioned", 1))).err).toBe(-103);
  expect((await client.call(remove("/versioned", 2))).err).toBe(0);
});
