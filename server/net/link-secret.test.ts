import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { LinkedServers, Relay } from "../testing/linked-servers.ts";
import { RawClient } from "../testing/raw-client.ts";
import { create, sync } from "../testing/requests.ts";
import type { RunningServer } from "../testing/running-servers.ts";
import { freshAddress, Stranger, tell } from "../testing/stranger.ts";

const SECRET = "a secret that three servers share\n";
const HELLO_BYTES = 52;
const PROOF_BYTES = 40;

let linked: LinkedServers;
let relay: Relay;
let client: RawClient;
let one: RunningServer;
let port: number;
let linesBefore: number;
let created = 0;
let elections: (number | undefined)[];

beforeAll(async () => {
  linked = await LinkedServers.of();
  const secretFile = linked.write("secret", SECRET);
  port = linked.ports[0] as number;
  relay = await Relay.to(port);
  const keys = { "quorum.auth.secretFile": secretFile };
  one = await linked.start(1, keys);
  const two = await linked.start(2, keys);
  await Promise.all([one, two].map(({ log }) => log.waitFor("serving as")));
  // It comes late, and so does not lead: nobody misses it when it is stopped.
  const three = await linked.start(3, { ...keys, "link.via.1": `127.0.0.1:${relay.port}` });
  await three.log.waitFor("serving as");
  ({ client } = await RawClient.open(one.port));
});
afterAll(() => {
  relay.stop();
  linked.stop();
});

beforeEach(() => {
  linesBefore = one.log.lines.length;
  elections = electionCounts();
});
/** Whatever was done to the port: nobody was disturbed, writes go on. */
async function expectUndisturbed(): Promise<void> {
  expect((await client.call(create(`/after-${++created}`))).err).toBe(0);
  expect((await client.call(sync("/"))).err).toBe(0);
  expect(electionCounts()).toEqual(elections);
}

function electionCounts(): (number | undefined)[] {
  return [1, 2, 3].map((id) => linked.servers.get(id)?.server.stats.elections);
}

/** What server 1 has complained about since the test began; it is one line for an address. */
function reasons(): unknown[] {
  return one.log.complaints(linesBefore).map(({ fields }) => fields["reason"]);
}

function hello(from: number, to: number, nonce = Buffer.alloc(32, 7)): Buffer {
  const head = Buffer.from("00000030514c414200000003", "hex");
  const ids = Buffer.alloc(8);
  ids.writeInt32BE(from, 0);
  ids.writeInt32BE(to, 4);
  return Buffer.concat([head, ids, nonce]);
}

describe("with a secret", () => {
  afterEach(expectUndisturbed);

  test("servers say no more than hello and proof before they have heard the other's", () => {
    const [recording] = relay.recordings;
    const [first, second] = recording?.ofDialler ?? [];
    expect([first?.length, second?.length]).toEqual([HELLO_BYTES, PROOF_BYTES]);
    expect(recording?.ofListener[0]).toHaveLength(HELLO_BYTES);
    expect(Buffer.concat(recording?.ofDialler ?? []).includes(SECRET.trim())).toBe(false);
  });

  test("a stranger without it gets a question, and no answer to its own", async () => {
    const stranger = await Stranger.connect(port);
    stranger.socket.write(hello(3, 1));
    await stranger.bytes(HELLO_BYTES);
    stranger.socket.write(
      Buffer.concat([Buffer.from("00000024514c4142", "hex"), Buffer.alloc(32)]),
    );
    expect(await stranger.closed).toHaveLength(HELLO_BYTES);
    expect(reasons()).toEqual(["it does not know the secret of quorum.auth.secretFile"]);
  });

  test("messages in place of the proof are not looked at", async () => {
    const ping = Buffer.from("0000000905000000010000000100", "hex");
    const answer = await tell(port, Buffer.concat([hello(3, 1), ping]));
    expect(answer.length).toBeLessThanOrEqual(HELLO_BYTES);
    expect(reasons()).toEqual(["not a server of this kind"]);
  });

  test("a link of a server without a secret is refused, and says what is missing", async () => {
    const open = Buffer.from("00000010514c4142000000020000000300000001", "hex");
    expect(await tell(port, open)).toHaveLength(0);
    expect(reasons()[0]).toMatch(/give it the quorum\.auth\.secretFile/);
  });

  test("what a server has said is of no use to who says it again, to the listener", async () => {
    const [recording] = relay.recordings;
    const all = Buffer.concat(recording?.ofDialler ?? []);
    const address = freshAddress();
    for (const end of [HELLO_BYTES + PROOF_BYTES, all.length]) {
      const answer = await tell(port, all.subarray(0, end), address);
      expect(answer.length).toBeLessThanOrEqual(HELLO_BYTES);
    }
    expect(reasons()).toEqual(["it does not know the secret of quorum.auth.secretFile"]);
  });

  test("half a hello, and one that never ends, are closed in time", async () => {
    const half = await Stranger.connect(port);
    half.socket.write(hello(3, 1).subarray(0, 30));
    const slow = await Stranger.connect(port);
    const bytes = hello(3, 1);
    let sent = 0;
    const drip = setInterval(() => slow.socket.write(bytes.subarray(sent, ++sent)), 60);
    await Promise.all([half.closed, slow.closed]);
    clearInterval(drip);
    expect(sent).toBeLessThan(bytes.length);
    expect(reasons()).toEqual(["no handshake in time", "no handshake in time"]);
  });

  test("a port scanner is one line", async () => {
    const address = freshAddress();
    for (let i = 0; i < 50; i++) {
      const stranger = await Stranger.connect(port, address);
      stranger.socket.end();
      await stranger.closed;
    }
    expect(reasons()).toEqual(["closed by the peer"]);
  });
});

describe("a server", () => {
  test("with another secret stays outside, and the others serve", async () => {
    linked.servers.get(3)?.stop();
    const before = one.log.lines.length;
    const secretFile = linked.write("other", "another secret of sixteen bytes");
    const three = await linked.start(3, { "quorum.auth.secretFile": secretFile });
    const line = await one.log.waitFor("refused a connection on the link port", before);
    expect(line.fields["reason"]).toMatch(/does not know the secret/);
    await three.log.waitFor("did not take the link");
    expect(three.server.status().serving).toBe(false);
    expect((await client.call(create(`/after-${++created}`))).err).toBe(0);
    three.stop();
  });

  test("comes in again while a flood of connections keeps the port full", async () => {
    const flood = new Flood(port);
    const keys = { "quorum.auth.secretFile": linked.write("secret", SECRET) };
    await flood.full;
    const before = one.log.lines.length;
    const three = await linked.start(3, keys);
    await one.log.waitFor("link up", before);
    expect(three.log.lines.filter(({ message }) => message.includes("did not take"))).toEqual([]);
    await three.log.waitFor("serving as");
    await flood.stop();
    expect(one.fatal()).toBeNull();
  });

  test("does not believe a listener that says what the real one has said", async () => {
    const [recording] = relay.recordings;
    const said = Buffer.concat(recording?.ofListener ?? []).subarray(0, HELLO_BYTES + PROOF_BYTES);
    const sockets = new Set<Socket>();
    let heardBytes = 0;
    const imposter = createServer((socket) => {
      sockets.add(socket.on("error", () => undefined));
      socket.write(said.subarray(0, HELLO_BYTES));
      socket.on("data", (chunk: Buffer) => {
        heardBytes += chunk.length;
        if (heardBytes === HELLO_BYTES + PROOF_BYTES) socket.write(said.subarray(HELLO_BYTES));
      });
    });
    await new Promise<void>((resolve) => imposter.listen(0, "127.0.0.1", resolve));
    const imposterPort = (imposter.address() as AddressInfo).port;
    linked.servers.get(3)?.stop();
    const three = await linked.start(3, {
      "quorum.auth.secretFile": linked.write("secret", SECRET),
      "link.via.1": `127.0.0.1:${imposterPort}`,
    });
    const line = await three.log.waitFor("server 1 did not take the link");
    expect(line.fields["reason"]).toMatch(/does not know the secret/);
    imposter.close();
    for (const socket of sockets) socket.destroy();
    three.stop();
  });
});

/** Opens connections that say nothing as fast as they are closed, from one address. */
class Flood {
  /** More have come than the port keeps. */
  readonly full: Promise<void>;
  readonly #port: number;
  readonly #strangers = new Set<Stranger>();
  readonly #address = freshAddress();
  #closed = 0;
  #isOver = false;
  #filled: () => void = () => undefined;
  readonly #openers: Promise<void>[] = [];

  constructor(to: number) {
    this.#port = to;
    this.full = new Promise((resolve) => (this.#filled = resolve));
    for (let i = 0; i < 100; i++) this.#openers.push(this.#keepOpen());
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    for (const stranger of this.#strangers) stranger.destroy();
    await Promise.all(this.#openers);
  }

  async #keepOpen(): Promise<void> {
    while (!this.#isOver) {
      const stranger = await Stranger.connect(this.#port, this.#address).catch(() => null);
      if (stranger === null) continue;
      if (this.#isOver) stranger.destroy();
      this.#strangers.add(stranger);
      await stranger.closed;
      this.#strangers.delete(stranger);
      if (++this.#closed === 100) this.#filled();
    }
  }
}
