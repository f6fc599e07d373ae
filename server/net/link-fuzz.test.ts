/**
 * Strangers at the link port who say whatever comes to their minds, or what they have overheard. A failure
 * prints its seed; `LINK_FUZZ_SEED` and `LINK_FUZZ_ROUNDS` choose others.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { LinkedServers, Relay } from "../testing/linked-servers.ts";
import { RawClient } from "../testing/raw-client.ts";
import { create, sync } from "../testing/requests.ts";
import type { RunningServer } from "../testing/running-servers.ts";
import { freshAddress, Stranger } from "../testing/stranger.ts";
import { DecodeError, JuteReader } from "../wire/jute.ts";
import { readPeerMessage } from "./peer-codec.ts";

const SEED = Number(process.env["LINK_FUZZ_SEED"] ?? 20_261);
const ROUNDS = Number(process.env["LINK_FUZZ_ROUNDS"] ?? 400);
/** Fewer than the port keeps of those who say nothing: each of them is judged by what it says. */
const AT_ONCE = 40;
const LOG_INTERVAL_MS = 10_000;
const HELLO_BYTES = 52;
const PROOF_BYTES = 40;
const HANDSHAKE_BYTES = HELLO_BYTES + PROOF_BYTES;

let linked: LinkedServers;
let relay: Relay;
let client: RawClient;
/** What server 3 said to server 2, which leads, and what it heard. */
let ofDialler: Buffer;
let ofListener: Buffer;

beforeAll(async () => {
  linked = await LinkedServers.of();
  const keys = { "quorum.auth.secretFile": linked.write("secret", "a secret of sixteen bytes") };
  relay = await Relay.to(linked.ports[1] as number);
  const first = [await linked.start(1, keys), await linked.start(2, keys)];
  await Promise.all(first.map(({ log }) => log.waitFor("serving as")));
  const three = await linked.start(3, { ...keys, "link.via.2": `127.0.0.1:${relay.port}` });
  await three.log.waitFor("serving as");
  const recorder = await RawClient.open(three.port);
  for (let i = 0; i < 20; i++) await recorder.client.call(create(`/recorded-${i}`, "data"));
  ofDialler = Buffer.concat(relay.recordings[0]?.ofDialler ?? []);
  ofListener = Buffer.concat(relay.recordings[0]?.ofListener ?? []);
  // Its place is free: who is taken for it comes in.
  three.stop();
  linked.servers.delete(3);
  await Promise.all(first.map(({ log }) => log.waitFor("link down")));
  ({ client } = await RawClient.open((first[0] as RunningServer).port));
});
afterAll(() => {
  relay.stop();
  linked.stop();
});

/** Whole numbers below a limit, the same for the same seed. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}

type Saying = (dice: Dice) => Buffer;

function recorded(dice: Dice): Buffer {
  return Buffer.from(dice.below(3) > 0 ? ofDialler : ofListener);
}

const SAYINGS: Readonly<Record<string, Saying>> = {
  "random bytes": (dice) => dice.bytes(1 + dice.below(200)),
  "a frame of random bytes": (dice) => {
    const body = dice.bytes([0, 16, 36, 48, 200][dice.below(5)] as number);
    const length = Buffer.alloc(4);
    length.writeInt32BE(body.length);
    return Buffer.concat([length, body]);
  },
  "what was recorded": recorded,
  "a part of it": (dice) => {
    const said = recorded(dice);
    return said.subarray(0, 1 + dice.below(dice.below(2) > 0 ? HANDSHAKE_BYTES : said.length));
  },
  "what was recorded, changed": (dice) => {
    const said = recorded(dice);
    for (let hits = 1 + dice.below(4); hits > 0; hits--)
      said[dice.below(HANDSHAKE_BYTES)] = dice.below(256);
    return said;
  },
  "messages without a handshake": (dice) => recorded(dice).subarray(HANDSHAKE_BYTES),
  "messages in place of a proof": (dice) => {
    const said = recorded(dice);
    return Buffer.concat([said.subarray(0, HELLO_BYTES), said.subarray(HANDSHAKE_BYTES)]);
  },
  "a handshake with a piece missing": (dice) => {
    const said = recorded(dice);
    const from = dice.below(HANDSHAKE_BYTES);
    return Buffer.concat([said.subarray(0, from), said.subarray(from + 1 + dice.below(40))]);
  },
  "both sides of a handshake": () =>
    Buffer.concat([ofDialler.subarray(0, HELLO_BYTES), ofListener.subarray(HELLO_BYTES)]),
};

/** Says it in pieces; resolves with what came back when the connection is closed. */
async function say(dice: Dice, bytes: Buffer, localAddress: string): Promise<Buffer> {
  const port = linked.ports[dice.below(2)] as number;
  const stranger = await Stranger.connect(port, localAddress);
  for (let at = 0; at < bytes.length && !stranger.socket.destroyed;) {
    const end = at + (dice.below(3) > 0 ? bytes.length : 1 + dice.below(30));
    stranger.socket.write(bytes.subarray(at, end));
    at = end;
    await new Promise(setImmediate);
  }
  const ending = dice.below(4);
  if (ending === 0) stranger.socket.end();
  if (ending === 1) stranger.socket.resetAndDestroy();
  return await stranger.closed;
}

test("strangers who say anything at all are closed, told of in a line, and disturb nobody", async () => {
  const elections = (): unknown[] =>
    [...linked.servers.values()].map(({ server }) => server.stats.elections);
  const before = elections();
  const linesBefore = new Map([...linked.servers].map(([id, { log }]) => [id, log.lines.length]));
  const address = freshAddress();
  const startedMs = performance.now();
  const names = Object.keys(SAYINGS);
  const run = async (from: number): Promise<void> => {
    for (let round = from; round < ROUNDS; round += AT_ONCE) {
      const dice = new Dice(SEED * 1_000_003 + round);
      const name = names[round % names.length] as string;
      const answer = await say(dice, (SAYINGS[name] as Saying)(dice), address);
      expect(answer.length, `seed ${SEED}, round ${round}: ${name}`).toBeLessThanOrEqual(
        HELLO_BYTES,
      );
    }
  };
  const syncs: number[] = [];
  const serve = async (): Promise<void> => {
    while (!isOver) syncs.push((await client.call(sync("/"))).err);
  };
  let isOver = false;
  const served = serve();
  await Promise.all(Array.from({ length: AT_ONCE }, (_, from) => run(from)));
  isOver = true;
  await served;
  expect(new Set(syncs)).toEqual(new Set([0]));
  expect((await client.call(create("/after"))).err).toBe(0);
  expect(elections()).toEqual(before);
  const intervals = 1 + Math.ceil((performance.now() - startedMs) / LOG_INTERVAL_MS);
  for (const [id, { log, fatal }] of linked.servers) {
    expect(fatal()).toBeNull();
    const said = log.lines.slice(linesBefore.get(id)).map(({ message }) => message);
    expect(new Set(said)).toEqual(new Set(["refused a connection on the link port"]));
    expect(said.length).toBeLessThanOrEqual(intervals);
  }
}, 60_000);

test("a message that was changed is another message, or none", () => {
  const dice = new Dice(SEED);
  const frames = [...framesOf(ofDialler), ...framesOf(ofListener)];
  expect(frames.length).toBeGreaterThan(20);
  let refused = 0;
  for (let round = 0; round < 20_000; round++) {
    const frame = Buffer.from(frames[dice.below(frames.length)] as Buffer);
    for (let hits = 1 + dice.below(3); hits > 0; hits--)
      frame[dice.below(frame.length)] = dice.below(256);
    const cut = dice.below(2) > 0 ? frame : frame.subarray(0, dice.below(frame.length));
    try {
      readPeerMessage(new JuteReader(cut));
    } catch (error) {
      if (!(error instanceof DecodeError))
        throw new Error(`seed ${SEED}, round ${round}`, { cause: error });
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(1_000);
});

/** The messages behind a handshake, without their lengths. */
function framesOf(said: Buffer): Buffer[] {
  const frames = [];
  for (let at = HANDSHAKE_BYTES; at + 4 <= said.length;) {
    const end = at + 4 + said.readInt32BE(at);
    if (end <= said.length && end > at + 4) frames.push(said.subarray(at + 4, end));
    at = end;
  }
  return frames;
}
