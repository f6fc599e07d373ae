import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ErrorCode } from "../errors.ts";
import { RawClient, type RawReply } from "../testing/raw-client.ts";
import {
  create,
  ephemeral,
  exists,
  getChildren,
  getData,
  remove,
  setData,
} from "../testing/requests.ts";
import { type Ensemble, startServers } from "../testing/running-servers.ts";
import type { Acl } from "../tree/txn.ts";
import { decodeMultiResults } from "../wire/multi.ts";
import {
  decodeAclAndStat,
  decodeChildren,
  decodeClientInfos,
  decodeData,
  decodeStat,
} from "../wire/replies.ts";
import type { MultiRead, Request } from "../wire/request-types.ts";

let ensemble: Ensemble;
let client: RawClient;
beforeAll(async () => {
  ensemble = await startServers(1);
  ({ client } = await RawClient.open(ensemble.leader.port));
});
afterAll(() => ensemble.stop());

function acl(perms: number, scheme = "world", id = "anyone"): Acl {
  return { perms, scheme, id };
}
async function errorsOf(requests: readonly Request[]): Promise<number[]> {
  const errors = [];
  for (const request of requests) errors.push((await client.call(request)).err);
  return errors;
}
async function make(path: string, list: readonly Acl[]): Promise<void> {
  await client.call({ type: "create", path, data: Buffer.from("d"), acl: list, flags: 0 });
}
function getAcl(path: string): Request {
  return { type: "getACL", path };
}
function childrenNumber(path: string): Request {
  return { type: "getAllChildrenNumber", path };
}

describe("permissions of reads, as ZooKeeper 3.9.5 checks them", () => {
  const { Ok, NoAuth } = ErrorCode;
  test.each([
    ["nothing", 0, [NoAuth, NoAuth, NoAuth, NoAuth, NoAuth]],
    ["READ", 1, [Ok, Ok, Ok, Ok, Ok]],
    ["WRITE, CREATE and DELETE", 14, [NoAuth, NoAuth, NoAuth, NoAuth, NoAuth]],
    ["ADMIN", 16, [NoAuth, NoAuth, NoAuth, NoAuth, Ok]],
    ["READ and bits that mean nothing", 1025, [Ok, Ok, Ok, Ok, Ok]],
  ])(
    "%s: exists, getData, getChildren, getAllChildrenNumber, getACL",
    async (_name, perms, errors) => {
      const path = `/perms-${perms}`;
      await make(path, [acl(perms)]);
      const requests = [exists(path), getData(path), getChildren(path), childrenNumber(path)];
      expect(await errorsOf([...requests, getAcl(path)])).toEqual(errors);
    },
  );

  test("a read that is refused leaves no watch", async () => {
    const { watchCount } = ensemble.leader.server.gauges();
    await make("/unseen", [acl(2)]);
    await errorsOf([
      exists("/unseen", true),
      getData("/unseen", true),
      getChildren("/unseen", true),
    ]);
    expect(ensemble.leader.server.gauges().watchCount).toBe(watchCount);
  });
});

test("the path is looked at first, then whether the znode is there, then whether one may read it", async () => {
  const { BadArguments, NoNode, Ok } = ErrorCode;
  expect(
    await errorsOf([
      exists("/a\0"),
      getData("/a\0"),
      getData("relative"),
      getData("/perms/"),
      exists(""),
      getData(""),
      getAcl(""),
      childrenNumber(""),
      getAcl("/none"),
      childrenNumber("/none"),
      childrenNumber("/"),
    ]),
  ).toEqual([
    BadArguments,
    NoNode,
    NoNode,
    NoNode,
    BadArguments,
    BadArguments,
    BadArguments,
    BadArguments,
    NoNode,
    NoNode,
    Ok,
  ]);
});

test("getACL hides hashes from who may not change the list, and shows the Stat", async () => {
  await make("/masked", [acl(1), acl(31, "digest", "amy:hash"), acl(1, "ip", "10.0.0.0/8")]);
  await make("/shown", [acl(16), acl(31, "digest", "amy:hash")]);
  const masked = decodeAclAndStat((await client.call(getAcl("/masked"))).body);
  expect(masked.acl.map(({ id }) => id)).toEqual(["anyone", "amy:x", "10.0.0.0/8"]);
  const stat = decodeStat((await client.call(exists("/masked"))).body);
  expect(masked.stat).toEqual(stat);
  const shown = decodeAclAndStat((await client.call(getAcl("/shown"))).body);
  expect(shown.acl.map(({ id }) => id)).toEqual(["anyone", "amy:hash"]);
});

test("getAllChildrenNumber counts all that is below, of the root all but the root", async () => {
  const count = async (path: string): Promise<number> =>
    (await client.call(childrenNumber(path))).body.readInt();
  const before = await count("/");
  for (const path of ["/n", "/n/a", "/n/a/b", "/n/a/c", "/n/d", "/nn"])
    await client.call(create(path));
  expect([await count("/n"), await count("/n/a"), await count("/n/d")]).toEqual([4, 2, 0]);
  expect((await count("/")) - before).toBe(6);
  await client.call(remove("/n/a/b"));
  expect(await count("/n")).toBe(3);
  expect(await count("/zookeeper")).toBe(2);
});

test("getEphemerals tells of the session's own, by the prefix of their paths", async () => {
  const { client: other } = await RawClient.open(ensemble.leader.port);
  await other.call(ephemeral("/theirs"));
  const own = await RawClient.open(ensemble.leader.port);
  const ask = async (path: string): Promise<string[]> => {
    const { body } = await own.client.call({ type: "getEphemerals", path });
    return decodeChildren(body).sort();
  };
  expect(await ask("/")).toEqual([]);
  for (const path of ["/e1", "/e10", "/f"]) await own.client.call(ephemeral(path));
  expect(await ask("")).toEqual(["/e1", "/e10", "/f"]);
  expect(await ask(" / ")).toEqual(["/e1", "/e10", "/f"]);
  expect(await ask("/e1")).toEqual(["/e1", "/e10"]);
  expect(await ask("e1")).toEqual([]);
  await own.client.call(remove("/e1"));
  expect(await ask("/e")).toEqual(["/e10"]);
});

test("whoAmI tells the address, and of a digest the user alone", async () => {
  const { client: me } = await RawClient.open(ensemble.leader.port);
  for (const user of ["bob:pw", "amy:pw", "bob:pw"]) {
    me.request({ type: "auth", scheme: "digest", auth: Buffer.from(user) }, -4);
    await me.reply();
  }
  expect(decodeClientInfos((await me.call({ type: "whoAmI" })).body)).toEqual([
    { authScheme: "ip", user: "127.0.0.1" },
    { authScheme: "digest", user: "bob" },
    { authScheme: "digest", user: "amy" },
  ]);
});

test("sasl is answered as by a ZooKeeper without it: a null token, and nobody new", async () => {
  const { err, body } = await client.call({ type: "sasl", token: Buffer.from("hello") });
  expect([err, body.readBuffer()]).toEqual([0, null]);
});

describe("multiRead", () => {
  const data = (path: string): MultiRead => ({ type: "getData", path, watch: false });
  const children = (path: string): MultiRead => ({ type: "getChildren", path, watch: true });
  const multiRead = (...ops: MultiRead[]): Promise<RawReply> =>
    client.call({ type: "multiRead", ops });

  test("answers each of its reads, and none stops the others", async () => {
    await client.call(create("/m", "data"));
    await client.call(create("/m/child"));
    await make("/m/secret", [acl(16)]);
    const { watchCount } = ensemble.leader.server.gauges();
    const { err, body } = await multiRead(
      data("/m"),
      data("/none"),
      children("/m"),
      data("/m/secret"),
      data(""),
    );
    const results = decodeMultiResults(body);
    expect(err).toBe(0);
    expect(results.map(({ type }) => type)).toEqual([
      "getData",
      "error",
      "getChildren",
      "error",
      "error",
    ]);
    expect(results[0]).toMatchObject({ data: Buffer.from("data"), stat: { numChildren: 2 } });
    expect(results[1]).toMatchObject({ err: ErrorCode.NoNode });
    expect(results[3]).toMatchObject({ err: ErrorCode.NoAuth });
    expect(ensemble.leader.server.gauges().watchCount).toBe(watchCount);
  });

  test("of nothing is answered with nothing", async () => {
    expect(decodeMultiResults((await multiRead()).body)).toEqual([]);
  });

  test("that would make a reply beyond all measure is refused, and the connection goes on", async () => {
    await client.call(create("/big", Buffer.alloc(1_000_000)));
    const ops = Array.from({ length: 40 }, () => data("/big"));
    expect((await multiRead(...ops)).err).toBe(ErrorCode.BadArguments);
    const { body } = await multiRead(...ops.slice(0, 3));
    expect(decodeMultiResults(body)).toHaveLength(3);
  });
});

test("names of many scripts are read back as they were written", async () => {
  const paths = ["/ä", "/日本語", "/Ω", "/a b", "/été-\u0301"];
  for (const path of paths) {
    await client.call(create(path, path));
    expect(decodeData((await client.call(getData(path))).body).data?.toString()).toBe(path);
  }
  const names = decodeChildren((await client.call(getChildren("/"))).body);
  expect(paths.filter((path) => !names.includes(path.slice(1)))).toEqual([]);
});

test("data up to the limit of a frame is stored and read back", async () => {
  const bytes = 0xf_ffff - 100;
  await client.call(create("/limit"));
  expect((await client.call(setData("/limit", Buffer.alloc(bytes, 7)))).err).toBe(0);
  const { data } = decodeData((await client.call(getData("/limit"))).body);
  expect(data?.equals(Buffer.alloc(bytes, 7))).toBe(true);
});
