import { connect } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { connectFrame, RawClient } from "../testing/raw-client.ts";
import { create, sync } from "../testing/requests.ts";
import {
  type Ensemble,
  freePorts,
  type RunningServer,
  startServer,
  startServers,
} from "../testing/running-servers.ts";
import { freshAddress, tell as tellPort } from "../testing/stranger.ts";

const MAGIC = 0x514c4142;
const LINK_VERSION = 2;

let ensemble: Ensemble;
let target: RunningServer;
let client: RawClient;
let linesBefore: number;
let elections: number[];
beforeAll(async () => {
  ensemble = await startServers(3);
  target = ensemble.servers[0] as RunningServer;
  ({ client } = await RawClient.open(ensemble.leader.port));
});
afterAll(() => ensemble.stop());
beforeEach(() => {
  linesBefore = target.log.lines.length;
  elections = ensemble.servers.map(({ server }) => server.stats.elections);
});
afterEach(async () => {
  // Nobody was disturbed: the same epoch, the same session, writes go on.
  expect((await client.call(create(`/after-${linesBefore}-${Math.random()}`))).err).toBe(0);
  expect((await client.call(sync("/"))).err).toBe(0);
  expect(ensemble.servers.map(({ server }) => server.stats.elections)).toEqual(elections);
});

function hello(...fields: number[]): Buffer {
  const frame = Buffer.alloc(4 + 4 * fields.length);
  frame.writeInt32BE(4 * fields.length);
  fields.forEach((field, index) => frame.writeInt32BE(field, 4 + 4 * index));
  return frame;
}

/** Sends the bytes to the link port of server 1; resolves with how much came back until it closed. */
async function tell(bytes: Buffer, localAddress?: string): Promise<number> {
  return (await tellPort(target.linkPort as number, bytes, localAddress)).length;
}

test.each([
  ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\n\r\n"), "not a server of this kind"],
  ["a hello of another protocol version", hello(MAGIC, 99, 3, 1), "link version 99"],
  ["a hello for another server", hello(MAGIC, LINK_VERSION, 3, 2), "a hello for server 2"],
  [
    "a hello of an unknown server id",
    hello(MAGIC, LINK_VERSION, 9, 1),
    "server 9 is not in this ensemble",
  ],
  ["a hello of this very server", hello(MAGIC, LINK_VERSION, 1, 1), "server 1 is this one"],
])("%s is closed without an answer, with one line", async (_name, bytes, reason) => {
  expect(await tell(bytes)).toBe(0);
  const complaints = target.log.complaints(linesBefore);
  expect(complaints).toHaveLength(1);
  expect(complaints[0]?.fields["reason"]).toContain(reason);
});

test.each([
  ["a four-letter word", Buffer.from("ruok")],
  ["a frame that claims to be long", hello(...Array.from({ length: 5 }, () => 7))],
  ["a negative length", Buffer.alloc(8, 0xff)],
  ["no hello's magic", hello(1, 1, 3, 1)],
  ["a client's first request", connectFrame()],
])("%s is closed, and does not fill the log", async (_name, bytes) => {
  const address = freshAddress();
  for (let i = 0; i < 20; i++) expect(await tell(bytes, address)).toBe(0);
  const complaints = target.log.complaints(linesBefore);
  expect(complaints).toHaveLength(1);
  expect(complaints[0]?.fields["reason"]).toBe("not a server of this kind");
});

test("a second hello of a server that is connected is refused, while the first one lives", async () => {
  expect(await tell(hello(MAGIC, LINK_VERSION, 3, 1))).toBe(0);
  const complaints = target.log.complaints(linesBefore);
  expect(complaints).toHaveLength(1);
  expect(complaints[0]?.fields["reason"]).toContain("a second server with this id");
});

test("a second server with the same id stays outside, and says why", async () => {
  const directory = mkdtempSync(join(tmpdir(), "quorum-lab-test-"));
  const [one, two] = ensemble.servers;
  const config = {
    tickTime: "100",
    initLimit: "50",
    syncLimit: "10",
    "server.1": `127.0.0.1:${one?.linkPort}`,
    "server.2": `127.0.0.1:${two?.linkPort}`,
    "server.3": "127.0.0.1:1",
    "link.listen": `127.0.0.1:${(await freePorts(1))[0]}`,
  };
  const second = await startServer(3, directory, config);
  try {
    await second.log.waitFor("did not take the link");
    for (let i = 0; i < 10; i++) await client.call(create(`/undisturbed-${i}`));
    expect(second.server.status().serving).toBe(false);
    expect(target.log.complaints(linesBefore).length).toBeLessThanOrEqual(1);
  } finally {
    second.stop();
    rmSync(directory, { recursive: true, force: true });
  }
});

test("many connections that say nothing are not all kept", async () => {
  const port = target.linkPort as number;
  const localAddress = freshAddress();
  const sockets = Array.from({ length: 200 }, () =>
    connect({ host: "127.0.0.1", port, localAddress }).on("error", () => undefined),
  );
  let closed = 0;
  await new Promise<void>((resolve) => {
    for (const socket of sockets)
      socket.resume().on("close", () => {
        if (++closed === 200 - 64) resolve();
      });
  });
  expect(target.log.complaints(linesBefore)).toHaveLength(1);
  for (const socket of sockets) socket.destroy();
});
