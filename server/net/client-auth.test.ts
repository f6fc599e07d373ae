import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ErrorCode } from "../errors.ts";
import { anyFrame, RawClient } from "../testing/raw-client.ts";
import { create, exists, getData, remove, setData, sync } from "../testing/requests.ts";
import { type Ensemble, startServers } from "../testing/running-servers.ts";
import type { AuthId } from "../tree/acl.ts";
import type { Acl } from "../tree/txn.ts";
import { OpCode } from "../wire/opcodes.ts";
import { decodeAclAndStat, decodeClientInfos } from "../wire/replies.ts";
import type { Request } from "../wire/request-types.ts";
import {
  type AccessConfig,
  authenticate,
  clientAddressOf,
  idsOfPeer,
  userOf,
} from "./client-auth.ts";

const AUTH_XID = -4;

function hashOf(userAndPassword: string): string {
  const hash = createHash("sha1").update(userAndPassword).digest("base64");
  return `${userAndPassword.split(":")[0]}:${hash}`;
}
function auth(scheme: string, data: string | null): Request {
  return { type: "auth", scheme, auth: data === null ? null : Buffer.from(data) };
}
function secret(path: string, acl: readonly Acl[]): Request {
  return { type: "create", path, data: Buffer.from("secret"), acl, flags: 0 };
}

describe("authenticate", () => {
  const peer = { ip: "10.0.0.1", subject: "CN=amy,O=lab" };
  const ip: AuthId = { scheme: "ip", id: "10.0.0.1" };
  const access: AccessConfig = {
    skipAcl: false,
    superDigest: hashOf("super:secret"),
    x509SuperUser: null,
  };
  const tell = (scheme: string, data: string | null, known: readonly AuthId[] = [ip]) =>
    authenticate(scheme, data === null ? null : Buffer.from(data), known, peer, access);

  /** What Apache ZooKeeper 3.9.5 answered to each. */
  test.each<[string, string | null, readonly AuthId[] | null]>([
    ["digest", "amy:pw", [ip, { scheme: "digest", id: "amy:ytedbzoRRPHPjfCmtagR0pUO0cI=" }]],
    ["digest", "amy", [ip, { scheme: "digest", id: hashOf("amy") }]],
    ["digest", "a:b:c", [ip, { scheme: "digest", id: hashOf("a:b:c") }]],
    ["digest", "", [ip, { scheme: "digest", id: hashOf("") }]],
    ["digest", ":", [ip, { scheme: "digest", id: hashOf(":") }]],
    [
      "digest",
      "super:secret",
      [ip, { scheme: "super", id: "" }, { scheme: "digest", id: hashOf("super:secret") }],
    ],
    ["digest", null, null],
    ["ip", "", [ip]],
    ["ip", "1.2.3.4", [ip]],
    ["x509", "", [ip, { scheme: "x509", id: "CN=amy,O=lab" }]],
    ["sasl", "x", null],
    ["world", "anyone", null],
    ["auth", "", null],
    ["super", "x", null],
    ["", "x", null],
  ])("%s %j", (scheme, data, expected) => {
    expect(tell(scheme, data)).toEqual(expected);
  });

  test("the same identity twice is one, in the order in which they first came", () => {
    const once = tell("digest", "amy:pw");
    expect(tell("digest", "amy:pw", once ?? [])).toBe(once);
    const twice = tell("digest", "bob:pw", once ?? []);
    expect(twice?.map(userOf)).toEqual(["10.0.0.1", "amy", "bob"]);
  });

  test("identities are bounded in number and size", () => {
    let ids: readonly AuthId[] | null = [ip];
    let count = 0;
    for (; ids !== null && count < 1_000; count++) ids = tell("digest", `user-${count}:pw`, ids);
    expect(count).toBe(100);
    expect(tell("digest", `${"x".repeat(20_000)}:pw`)).toBeNull();
  });

  test("a certificate is known from the start, and its subject may be the super user", () => {
    const x509: AuthId = { scheme: "x509", id: "CN=amy,O=lab" };
    expect(idsOfPeer(peer, access)).toEqual([ip, x509]);
    expect(idsOfPeer({ ...peer, subject: null }, access)).toEqual([ip]);
    expect(idsOfPeer(peer, { ...access, x509SuperUser: "CN=amy,O=lab" })).toEqual([
      ip,
      { scheme: "super", id: "CN=amy,O=lab" },
      x509,
    ]);
    expect(authenticate("x509", null, [ip], { ...peer, subject: null }, access)).toBeNull();
  });

  test("addresses are written as ZooKeeper shows them", () => {
    expect(
      ["127.0.0.1:1", "[::1]:2", "[::ffff:10.0.0.1]:3", "[fe80::1:2]:4"].map(clientAddressOf),
    ).toEqual(["127.0.0.1", "0:0:0:0:0:0:0:1", "10.0.0.1", "fe80:0:0:0:0:0:1:2"]);
  });
});

let ensemble: Ensemble;
beforeAll(async () => {
  const superDigest = hashOf("super:secret");
  const config = { "DigestAuthenticationProvider.superDigest": superDigest };
  ensemble = await startServers(3, { config });
});
afterAll(() => ensemble.stop());

describe.each(["leader", "follower"] as const)("at the %s", (role) => {
  const open = async (): Promise<RawClient> => {
    const server = role === "leader" ? ensemble.leader : ensemble.followers[0];
    return (await RawClient.open(server?.port ?? 0)).client;
  };

  test("an identity counts for what is sent after it, and for nothing before", async () => {
    const path = `/after-${role}`;
    const owner = await open();
    owner.request(auth("digest", "amy:pw"), AUTH_XID);
    expect(await owner.reply()).toMatchObject({ xid: AUTH_XID, zxid: 0, err: 0 });
    await owner.call(secret(path, [{ perms: 31, scheme: "auth", id: "" }]));

    const client = await open();
    client.request(sync("/"), 1);
    client.request(getData(path), 2);
    client.request(setData(path, "x"), 3);
    client.request(auth("digest", "amy:pw"), AUTH_XID);
    client.request(getData(path), 4);
    client.request(setData(path, "y"), 5);
    const replies = [];
    for (let i = 0; i < 6; i++) replies.push(await client.reply());
    expect(replies.map(({ xid, err }) => [xid, err])).toEqual([
      [1, 0],
      [2, ErrorCode.NoAuth],
      [3, ErrorCode.NoAuth],
      [AUTH_XID, 0],
      [4, 0],
      [5, 0],
    ]);
  });

  test("an identity is gone with its connection", async () => {
    const { client, response } = await RawClient.open(ensemble.leader.port);
    client.request(auth("digest", "amy:pw"), AUTH_XID);
    await client.reply();
    client.destroy();
    const { sessionId, passwd } = response;
    const again = await RawClient.open(ensemble.leader.port, { sessionId, passwd });
    const { body } = await again.client.call({ type: "whoAmI" });
    expect(decodeClientInfos(body)).toEqual([{ authScheme: "ip", user: "127.0.0.1" }]);
  });

  test("who fails to authenticate is told so in turn, and sent away without what was sent behind", async () => {
    const path = `/failed-${role}`;
    for (const [scheme, data] of [
      ["digest", null],
      ["sasl", "x"],
      ["nobody", "x"],
    ] as const) {
      const client = await open();
      client.request(create(path), 1);
      client.request(auth(scheme, data), AUTH_XID);
      client.request(create(`${path}-behind`), 2);
      expect(await client.reply()).toMatchObject({ xid: 1, err: 0 });
      expect(await client.reply()).toMatchObject({
        xid: AUTH_XID,
        zxid: 0,
        err: ErrorCode.AuthFailed,
      });
      expect(await client.frameOrEnd()).toBeNull();
      const witness = await open();
      await witness.call(sync("/"));
      expect((await witness.call(exists(`${path}-behind`))).err).toBe(ErrorCode.NoNode);
      await witness.call(remove(path));
      witness.destroy();
    }
  });

  test("an auth request that cannot be read ends the connection", async () => {
    const client = await open();
    client.send(anyFrame(AUTH_XID, OpCode.auth, Buffer.from([0, 0])));
    expect((await client.reply()).err).toBe(ErrorCode.MarshallingError);
    expect(await client.frameOrEnd()).toBeNull();
  });

  test("the super user may do what nobody else may", async () => {
    const path = `/super-${role}`;
    const client = await open();
    await client.call(secret(path, [{ perms: 1, scheme: "digest", id: "zed:hash" }]));
    expect((await client.call(getData(path))).err).toBe(ErrorCode.NoAuth);
    expect((await client.call(exists(path))).err).toBe(ErrorCode.NoAuth);
    client.request(auth("digest", "super:secret"), AUTH_XID);
    await client.reply();
    expect((await client.call(getData(path))).err).toBe(0);
    expect((await client.call(setData(path, "x"))).err).toBe(0);
    const shown = decodeAclAndStat((await client.call({ type: "getACL", path })).body);
    expect(shown.acl).toEqual([{ perms: 1, scheme: "digest", id: "zed:hash" }]);
  });
});

test("with skipACL everybody may read and write everything, and sees the hashes", async () => {
  const open = await startServers(1, { config: { skipACL: "yes" } });
  try {
    const { client } = await RawClient.open(open.leader.port);
    const acl: readonly Acl[] = [{ perms: 0, scheme: "digest", id: "zed:hash" }];
    await client.call(secret("/skipped", acl));
    expect((await client.call(getData("/skipped"))).err).toBe(0);
    expect((await client.call(setData("/skipped", "x"))).err).toBe(0);
    const { body } = await client.call({ type: "getACL", path: "/skipped" });
    expect(decodeAclAndStat(body).acl).toEqual(acl);
    const me = await client.call({ type: "whoAmI" });
    expect(decodeClientInfos(me.body)).toEqual([{ authScheme: "ip", user: "127.0.0.1" }]);
  } finally {
    open.stop();
  }
});
