import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Env } from "../env.ts";
import { ErrorCode } from "../errors.ts";
import { anyFrame, connectFrame, RawClient, requestFrame } from "../testing/raw-client.ts";
import { create, exists, setData, sync } from "../testing/requests.ts";
import { type RunningServer, startServers } from "../testing/running-servers.ts";
import { freshAddress } from "../testing/stranger.ts";
import { OpCode } from "../wire/opcodes.ts";

/** The handshake's ten seconds pass in a tenth of one. */
const impatient = (env: Env): Env => ({
  ...env,
  timers: { ...env.timers, after: (ms, run) => env.timers.after(ms === 10_000 ? 100 : ms, run) },
});

let running: RunningServer;
let stop: () => void;
let witness: RawClient;
let linesBefore: number;
beforeAll(async () => {
  const ensemble = await startServers(1, { env: impatient, config: { "jute.maxbuffer": "4096" } });
  stop = () => ensemble.stop();
  running = ensemble.leader;
  ({ client: witness } = await RawClient.open(running.port, { timeOut: 2_000 }));
  await witness.call(create("/witness"));
});
afterAll(() => stop());

beforeEach(() => {
  linesBefore = running.log.lines.length;
});
afterEach(async () => {
  // Whatever was done to the port: others are served, and nothing of it is left.
  expect((await witness.call(exists("/witness"))).err).toBe(0);
  await settled();
  expect(running.server.gauges()).toMatchObject({ connectionCount: 1, watchCount: 0 });
  expect(running.fatal()).toBeNull();
});

async function settled(): Promise<void> {
  const busy = (): boolean => {
    const { connectionCount, outstanding } = running.server.gauges();
    return connectionCount > 1 || outstanding > 0;
  };
  while (busy()) await new Promise((resolve) => setImmediate(resolve));
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

describe("before there is a session", () => {
  test.each([
    ["a negative frame length", int(-1)],
    ["the lowest frame length", int(-(2 ** 31))],
    ["an oversized frame length", int(4097)],
    ["the highest frame length", int(2 ** 31 - 1)],
    ["an empty frame", int(0)],
    ["a connect request cut short", Buffer.concat([int(10), Buffer.alloc(10)])],
    ["a password longer than its frame", connectFrameWithPasswordLength(1_000)],
    ["a password of a negative length", connectFrameWithPasswordLength(-2)],
    ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")],
    ["a TLS hello", Buffer.from("16030100f1010000ed0303", "hex")],
    ["a word that is no command", Buffer.from("abcd")],
    ["a word that ends a telnet session", Buffer.from("fff4fffd", "hex")],
    ["bytes of no sense", Buffer.from("ffeeddccbbaa99887766554433221100", "hex")],
  ])("%s: closed without an answer, with one line", async (_name, bytes) => {
    const client = await RawClient.connect(running.port, freshAddress());
    client.send(bytes);
    expect(await client.frameOrEnd()).toBeNull();
    expect(running.log.complaints(linesBefore)).toHaveLength(1);
  });

  test.each([
    ["nothing at all", Buffer.alloc(0)],
    ["a part of a length", Buffer.from([0, 0])],
    ["half a connect request", connectFrame().subarray(0, 20)],
  ])("%s, then silence: closed when the time for it is over", async (_name, bytes) => {
    const client = await RawClient.connect(running.port, freshAddress());
    client.send(bytes);
    expect(await client.frameOrEnd()).toBeNull();
    expect(running.log.complaints(linesBefore)).toHaveLength(1);
  });

  test("whoever goes on with it (a server that takes it for the link port) is one line", async () => {
    const hello = Buffer.from("00000010514c4142000000020000000300000001", "hex");
    const address = freshAddress();
    for (let i = 0; i < 30; i++) {
      const client = await RawClient.connect(running.port, address);
      client.send(hello);
      expect(await client.frameOrEnd()).toBeNull();
    }
    expect(running.log.complaints(linesBefore)).toHaveLength(1);
  });

  test("a connection that comes and goes is not worth a line", async () => {
    for (let i = 0; i < 20; i++) (await RawClient.connect(running.port)).destroy();
    await settled();
    expect(running.log.complaints(linesBefore)).toEqual([]);
  });
});

describe("with a session", () => {
  test.each([
    ["a negative frame length", int(-7)],
    ["an oversized frame", anyFrame(1, OpCode.getData, Buffer.alloc(4097))],
    ["an empty frame", int(0)],
    ["half a header", Buffer.concat([int(4), int(1)])],
  ])("%s ends the connection, with one line", async (_name, bytes) => {
    const { client } = await RawClient.open(running.port, { timeOut: 200 });
    client.send(bytes);
    expect(await client.frameOrEnd()).toBeNull();
    expect(running.log.complaints(linesBefore)).toHaveLength(1);
  });

  const whole = [create("/cut", "data"), setData("/witness", "x"), exists("/witness"), sync("/")];
  test.each(whole)(
    "$type cut in the middle of its record: MarshallingError, then the end",
    async (request) => {
      const frame = requestFrame(9, request);
      const { client } = await RawClient.open(running.port, { timeOut: 200 });
      const cut = Buffer.from(frame.subarray(0, frame.length - 3));
      cut.writeInt32BE(cut.length - 4);
      client.request(create("/before-cut"), 8);
      client.send(cut);
      client.request(exists("/"), 10);
      expect((await client.reply()).xid).toBe(8);
      const reply = await client.reply();
      // A flag or a version that is cut off; a sync has lost a part of its path.
      expect([reply.xid, reply.err]).toEqual([9, ErrorCode.MarshallingError]);
      expect(await client.frameOrEnd()).toBeNull();
      expect(running.log.complaints(linesBefore)).toHaveLength(1);
    },
  );

  test("a frame of the longest length that is allowed is served", async () => {
    const { client } = await RawClient.open(running.port, { timeOut: 200 });
    const empty = requestFrame(1, setData("/witness", "")).length - 4;
    client.request(setData("/witness", Buffer.alloc(4096 - empty)), 1);
    expect((await client.reply()).err).toBe(0);
    client.destroy();
  });

  test("half a frame, then silence: the session expires, and its connection ends", async () => {
    const { client } = await RawClient.open(running.port, { timeOut: 200 });
    client.send(requestFrame(1, create("/never", "abc")).subarray(0, 15));
    expect(await client.frameOrEnd()).toBeNull();
  });

  test("requests byte by byte are served like any other", async () => {
    const { client } = await RawClient.open(running.port, { timeOut: 2_000 });
    for (const byte of requestFrame(1, exists("/witness"))) client.send(Buffer.from([byte]));
    expect((await client.reply()).err).toBe(0);
    client.destroy();
  });
});

test("random bytes in place of every part of a conversation end connections, and no more", async () => {
  let seed = 42;
  const random = (): number => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32;
  for (let round = 0; round < 150; round++) {
    const good = Buffer.concat([
      connectFrame({ timeOut: 200 }),
      requestFrame(1, create(`/fuzz-${round}`, "data", round % 4)),
      requestFrame(2, exists("/witness")),
      requestFrame(3, sync("/")),
    ]);
    for (let hits = 1 + Math.floor(random() * 4); hits > 0; hits--)
      good[Math.floor(random() * good.length)] = Math.floor(random() * 256);
    const client = await RawClient.connect(running.port);
    client.send(good);
    client.socket.end();
    await client.closed;
  }
  expect((await witness.ping()).err).toBe(0);
});

function connectFrameWithPasswordLength(length: number): Buffer {
  const frame = connectFrame();
  frame.writeInt32BE(length, 4 + 4 + 8 + 4 + 8);
  return frame;
}
