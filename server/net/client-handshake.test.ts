import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NO_SESSION, type SessionId } from "../ids.ts";
import { connectFrame, RawClient, requestFrame } from "../testing/raw-client.ts";
import { CLOSE, create, exists, PING } from "../testing/requests.ts";
import { type Ensemble, startServers } from "../testing/running-servers.ts";

const ZEROES = Buffer.alloc(16);

let ensemble: Ensemble;
let port: number;
let otherPort: number;
beforeAll(async () => {
  ensemble = await startServers(3);
  const [first, second] = ensemble.followers;
  port = first?.port ?? 0;
  otherPort = second?.port ?? 0;
});
afterAll(() => ensemble.stop());

describe("connecting", () => {
  test("gives a session, a password and a timeout within 2 and 20 ticks", async () => {
    for (const [asked, negotiated] of [
      [1, 200],
      [-5, 200],
      [700, 700],
      [2 ** 31 - 1, 2_000],
    ] as const) {
      const { client, response } = await RawClient.open(port, { timeOut: asked });
      expect(response.timeOut).toBe(negotiated);
      expect(response.protocolVersion).toBe(0);
      expect(response.passwd).toHaveLength(16);
      expect(response.passwd).not.toEqual(ZEROES);
      expect(response.sessionId).not.toBe(NO_SESSION);
      client.destroy();
    }
  });

  test("the response has the readOnly byte only if the request had it", async () => {
    const withByte = await RawClient.connect(port);
    withByte.send(connectFrame({ readOnly: true }));
    const longFrame = await withByte.frame();
    expect(longFrame).toHaveLength(37);
    expect(longFrame.at(-1)).toBe(0);
    const without = await RawClient.connect(port);
    without.send(connectFrame({ readOnly: null }));
    expect(await without.frame()).toHaveLength(36);
  });

  test("requests in the packet of the connect request are answered after it, in order", async () => {
    const client = await RawClient.connect(port);
    client.send(
      Buffer.concat([
        connectFrame(),
        requestFrame(1, create("/pipelined", "x")),
        requestFrame(2, exists("/pipelined")),
        requestFrame(-2, PING),
        requestFrame(3, CLOSE),
      ]),
    );
    await client.frame();
    const replies = [];
    for (let i = 0; i < 4; i++) replies.push(await client.reply());
    expect(replies.map(({ xid, err }) => [xid, err])).toEqual([
      [1, 0],
      [2, 0],
      [-2, 0],
      [3, 0],
    ]);
    await client.closed;
  });

  test("a client that has seen more than this server is sent away without an answer", async () => {
    const client = await RawClient.connect(port);
    client.send(connectFrame({ lastZxidSeen: 0x7fff_0000_0000 as never }));
    expect(await client.frameOrEnd()).toBeNull();
  });
});

describe("coming back", () => {
  test.each([
    ["wrong", Buffer.alloc(16, 7)],
    ["short", Buffer.from("abc")],
    ["empty", Buffer.alloc(0)],
    ["null", null],
    ["long", Buffer.alloc(17)],
  ])("with a %s password is refused, and the session stays usable", async (_name, passwd) => {
    const { client, response } = await RawClient.open(port);
    const { sessionId } = response;
    const stranger = await RawClient.open(otherPort, { sessionId, passwd });
    expect(stranger.response).toMatchObject({ timeOut: 0, sessionId: NO_SESSION, passwd: ZEROES });
    expect(await stranger.client.frameOrEnd()).toBeNull();
    expect((await client.ping()).err).toBe(0);
    client.destroy();
    const back = await RawClient.open(otherPort, { sessionId, passwd: response.passwd });
    expect(back.response.sessionId).toBe(sessionId);
  });

  test("with a session that never was is refused", async () => {
    const { response } = await RawClient.open(port, {
      sessionId: 0x1234n as SessionId,
      passwd: ZEROES,
    });
    expect(response).toMatchObject({ timeOut: 0, sessionId: NO_SESSION, passwd: ZEROES });
  });

  test("with a session that was closed is refused", async () => {
    const { client, response } = await RawClient.open(port);
    await client.call(CLOSE);
    await client.closed;
    const back = await RawClient.open(otherPort, { ...response, timeOut: 1_000 });
    expect(back.response).toMatchObject({ timeOut: 0, sessionId: NO_SESSION });
  });

  test.each(["the same server", "another server"])(
    "to %s while the old connection is open closes the old one, and keeps the session's znodes",
    async (where) => {
      const { client, response } = await RawClient.open(port);
      const path = `/mine-${where.length}`;
      await client.call({ ...create(path), flags: 1 } as never);
      const back = await RawClient.open(where === "the same server" ? port : otherPort, {
        sessionId: response.sessionId,
        passwd: response.passwd,
        timeOut: 50_000,
      });
      expect(back.response.sessionId).toBe(response.sessionId);
      expect(back.response.passwd).toEqual(response.passwd);
      expect(back.response.timeOut).toBe(2_000);
      await client.closed;
      expect((await back.client.call({ type: "sync", path: "/" })).err).toBe(0);
      expect((await back.client.call(exists(path))).err).toBe(0);
    },
  );

  test("again and again from server to server never loses the session", async () => {
    const { response } = await RawClient.open(port);
    const { sessionId, passwd } = response;
    for (let round = 0; round < 20; round++) {
      const target = ensemble.servers[round % 3]?.port ?? 0;
      const back = await RawClient.open(target, { sessionId, passwd });
      expect(back.response.sessionId).toBe(sessionId);
      expect((await back.client.call(create(`/round-${round}`))).err).toBe(0);
    }
  });

  test("two connections at once: one carries the session in the end, the other is closed", async () => {
    const { response } = await RawClient.open(port);
    const { sessionId, passwd } = response;
    const first = await RawClient.connect(port);
    const second = await RawClient.connect(otherPort);
    first.send(connectFrame({ sessionId, passwd }));
    second.send(connectFrame({ sessionId, passwd }));
    await Promise.all([first.frameOrEnd(), second.frameOrEnd()]);
    await Promise.race([first.closed, second.closed]);
    const left = [first, second].find(({ socket }) => !socket.destroyed);
    expect((await left?.call(create("/left-over")))?.err).toBe(0);
  });
});
