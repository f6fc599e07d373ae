import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NO_SESSION, type SessionId } from "./ids.ts";
import { connectFrame, RawClient, requestFrame } from "./testing/raw-client.ts";
import { CLOSE, create, exists, getData, PING, remove, setData, sync } from "./testing/requests.ts";
import {
  type Ensemble,
  type RunningServer,
  startServer,
  startServers,
} from "./testing/running-servers.ts";
import { decodeData } from "./wire/replies.ts";

const NOT_READ_ONLY = -119;
const ZEROES = Buffer.alloc(16);
const CONFIG = { "readonlymode.enabled": "true" };

let ensemble: Ensemble;
/** The one that is left alone. */
let alone: RunningServer;
/** A session of the ensemble, whose client was at another server. */
let member: { readonly sessionId: SessionId; readonly passwd: Buffer | null };

beforeAll(async () => {
  ensemble = await startServers(3, { config: { ...CONFIG, maxSessionTimeout: "60000" } });
  const [first, second] = ensemble.followers as [RunningServer, RunningServer];
  alone = first;
  const { client, response } = await RawClient.open(second.port, { timeOut: 60_000 });
  member = { sessionId: response.sessionId, passwd: response.passwd };
  await client.call(create("/kept", "as it was"));
  const here = await RawClient.open(alone.port);
  await here.client.call(sync("/"));
  const before = alone.log.lines.length;
  second.stop();
  ensemble.leader.stop();
  await alone.log.waitFor("read-only mode", before);
});
afterAll(() => ensemble.stop());

function readOnly(
  request: Parameters<typeof RawClient.open>[1] = {},
): ReturnType<typeof RawClient.open> {
  return RawClient.open(alone.port, { readOnly: true, ...request });
}

describe("a server that is cut off from the quorum", () => {
  test.each([
    ["does not want a read-only one", false],
    ["is too old to say", null],
  ])("gives no session to a client that %s", async (_name, wanted) => {
    const client = await RawClient.connect(alone.port);
    client.send(connectFrame({ readOnly: wanted }));
    expect(await client.frameOrEnd()).toBeNull();
  });

  test("tells those who look for a server to write to, by isro", async () => {
    const client = await RawClient.connect(alone.port);
    const answered = new Promise((resolve) => client.socket.once("data", resolve));
    client.send(Buffer.from("isro"));
    expect(String(await answered)).toBe("ro");
    await client.closed;
  });

  test("gives a read-only session to a client that takes one, and says so", async () => {
    const { client, response } = await readOnly({ timeOut: 700 });
    expect(response).toMatchObject({ readOnly: true, timeOut: 700 });
    expect(response.passwd).not.toEqual(ZEROES);
    expect(Number(BigInt.asUintN(64, response.sessionId) >> 56n)).toBe(alone.id);
    client.destroy();
  });

  test("answers reads from its last committed state, and refuses the rest, in order", async () => {
    const { client } = await readOnly();
    const requests = [
      getData("/kept"),
      setData("/kept", "changed"),
      exists("/kept"),
      create("/new"),
      sync("/"),
      remove("/kept"),
      getData("/kept", true),
    ];
    client.send(Buffer.concat(requests.map((request, index) => requestFrame(index, request))));
    client.request(PING, -2);
    const replies = [];
    for (let i = 0; i <= requests.length; i++) replies.push(await client.reply());
    expect(replies.map(({ xid, err }) => [xid, err])).toEqual([
      [0, 0],
      [1, NOT_READ_ONLY],
      [2, 0],
      [3, NOT_READ_ONLY],
      [4, NOT_READ_ONLY],
      [5, NOT_READ_ONLY],
      [6, 0],
      [-2, 0],
    ]);
    expect(decodeData(replies[0]!.body).data?.toString()).toBe("as it was");
    expect(decodeData(replies[6]!.body).data?.toString()).toBe("as it was");
    expect(new Set(replies.map(({ zxid }) => zxid)).size).toBe(1);
    client.destroy();
  });

  test("lets a client come back with its read-only session, and nobody else", async () => {
    const { client, response } = await readOnly();
    const { sessionId, passwd } = response;
    const stranger = await readOnly({ sessionId, passwd: Buffer.alloc(16, 7) });
    expect(stranger.response).toMatchObject({ timeOut: 0, sessionId: NO_SESSION, readOnly: true });
    expect(await stranger.client.frameOrEnd()).toBeNull();
    expect((await client.ping()).err).toBe(0);
    const back = await readOnly({ sessionId, passwd });
    expect(back.response).toMatchObject({ sessionId, readOnly: true });
    await client.closed;
    expect((await back.client.call(exists("/kept"))).err).toBe(0);
  });

  test("ends a read-only session that its client closes, or that is silent", async () => {
    const closing = await readOnly();
    expect((await closing.client.call(CLOSE)).err).toBe(0);
    await closing.client.closed;
    const silent = await readOnly({ timeOut: 200 });
    await silent.client.closed;
    for (const { sessionId, passwd } of [closing.response, silent.response]) {
      const { response } = await readOnly({ sessionId, passwd });
      expect(response).toMatchObject({ timeOut: 0, sessionId: NO_SESSION });
    }
  });

  test("has nothing for a session of the ensemble, nor for a client that has seen more", async () => {
    for (const request of [member, { lastZxidSeen: 0x7fff_0000_0000 as never }]) {
      const client = await RawClient.connect(alone.port);
      client.send(connectFrame({ readOnly: true, ...request }));
      expect(await client.frameOrEnd()).toBeNull();
    }
  });

  test("disconnects its clients when there is a quorum again, where they go on as before", async () => {
    const { client, response } = await readOnly();
    const other = ensemble.servers.find(({ id }) => id !== alone.id) as RunningServer;
    const keys: Record<string, string> = { ...CONFIG, tickTime: "100", initLimit: "50" };
    for (const { id, linkPort } of ensemble.servers) keys[`server.${id}`] = `127.0.0.1:${linkPort}`;
    const before = alone.log.lines.length;
    const restarted = await startServer(other.id, other.dataDir, keys);
    try {
      await client.closed;
      await alone.log.waitFor("serving as", before);
      const back = await RawClient.open(alone.port, { readOnly: true, ...member });
      expect(back.response).toMatchObject({ sessionId: member.sessionId, readOnly: false });
      expect((await back.client.call(setData("/kept", "changed"))).err).toBe(0);
      const { sessionId, passwd } = response;
      const gone = await RawClient.open(alone.port, { readOnly: true, sessionId, passwd });
      expect(gone.response).toMatchObject({ timeOut: 0, sessionId: NO_SESSION, readOnly: false });
    } finally {
      restarted.stop();
    }
  });
});
