import { expect, test } from "vitest";
import type { Env } from "../env.ts";
import type { ServerId } from "../ids.ts";
import { nodeHash } from "../node-env/node-hash.ts";
import { type HandshakeProgress, LinkHandshake } from "./link-handshake.ts";

const SECRET = Buffer.from("a secret of this ensemble");
const [ONE, TWO, THREE] = [1, 2, 3] as ServerId[] as [ServerId, ServerId, ServerId];

/** Nonces that differ, and are known. */
let nonces = 0;
const env: Pick<Env, "random" | "hash"> = {
  random: { float: () => 0, bytes: (length) => Buffer.alloc(length, ++nonces) },
  hash: nodeHash,
};

/** One side: what it has sent, and how far it is. */
class Side {
  readonly sent: Buffer[] = [];
  readonly judged: string[] = [];
  progress: HandshakeProgress = { type: "more" };
  readonly #handshake: LinkHandshake;

  constructor(sid: ServerId, dialled: ServerId | null, secret: Buffer | null = SECRET) {
    this.#handshake = new LinkHandshake(env, { sid, secret }, dialled, {
      send: (bytes) => this.sent.push(bytes),
      judge: (from, to) => {
        this.judged.push(`${from} to ${to}`);
        return to === sid ? null : `for ${to}`;
      },
    });
    this.#handshake.start();
  }

  take(): Buffer {
    return Buffer.concat(this.sent.splice(0));
  }

  hear(bytes: Buffer): this {
    this.progress = this.#handshake.push(bytes);
    return this;
  }

  get outcome(): string {
    const { progress } = this;
    return progress.type === "refused" ? progress.reason : progress.type;
  }
}

/** Runs a handshake to its end; gives what the dialler and the listener said. */
function shake(dialler: Side, listener: Side): { dialler: Buffer[]; listener: Buffer[] } {
  const said = { dialler: [] as Buffer[], listener: [] as Buffer[] };
  for (let turn = 0; turn < 3; turn++) {
    for (const [from, to, list] of [
      [dialler, listener, said.dialler],
      [listener, dialler, said.listener],
    ] as const) {
      const bytes = from.take();
      if (bytes.length === 0 || to.progress.type !== "more") continue;
      list.push(bytes);
      to.hear(bytes);
    }
  }
  return said;
}

test.each([
  ["with one secret", SECRET, SECRET, "done", "done"],
  ["without one", null, null, "done", "done"],
  ["with two", Buffer.alloc(32, 1), Buffer.alloc(32, 2), "more", /does not know the secret/],
  ["one with, one without", SECRET, null, "more", /no quorum\.auth\.secretFile/],
  ["one without, one with", null, SECRET, "more", /does not authenticate/],
] as const)("two servers %s", (_name, ofDialler, ofListener, dialler, listener) => {
  const three = new Side(THREE, ONE, ofDialler);
  const one = new Side(ONE, null, ofListener);
  shake(three, one);
  expect(three.outcome).toMatch(dialler);
  expect(one.outcome).toMatch(listener);
});

test("nobody is judged before it has proved who it is", () => {
  const [three, one] = [new Side(THREE, ONE), new Side(ONE, null)];
  one.hear(three.take());
  three.hear(one.take());
  expect([...one.judged, ...three.judged]).toEqual([]);
  one.hear(three.take());
  three.hear(one.take());
  expect([...one.judged, ...three.judged]).toEqual(["3 to 1", "1 to 3"]);
});

test("what follows the handshake in the same chunk is kept for the messages", () => {
  const [three, one] = [new Side(THREE, ONE), new Side(ONE, null)];
  one.hear(three.take());
  three.hear(one.take());
  one.hear(three.take());
  three.hear(Buffer.concat([one.take(), Buffer.from("more")]));
  expect(three.progress).toMatchObject({ type: "done", peer: 1, rest: Buffer.from("more") });
});

test("it goes on whatever pieces the bytes come in", () => {
  const [three, one] = [new Side(THREE, ONE), new Side(ONE, null)];
  for (let turn = 0; turn < 2; turn++) {
    for (const byte of three.take()) one.hear(Buffer.from([byte]));
    for (const byte of one.take()) three.hear(Buffer.from([byte]));
  }
  expect([one.outcome, three.outcome]).toEqual(["done", "done"]);
});

test("a dialler that was recorded is refused, for the listener asks something new", () => {
  const said = shake(new Side(THREE, ONE), new Side(ONE, null));
  const one = new Side(ONE, null);
  for (const bytes of said.dialler) one.hear(bytes);
  expect(one.outcome).toMatch(/does not know the secret/);
  expect(one.take()).toHaveLength(52);
});

test("a listener that was recorded is refused, for the dialler asks something new", () => {
  const said = shake(new Side(THREE, ONE), new Side(ONE, null));
  const three = new Side(THREE, ONE);
  for (const bytes of said.listener) three.hear(bytes);
  expect(three.outcome).toMatch(/does not know the secret/);
});

test("a dialler that is given back its own nonce and its own proof is not deceived", () => {
  const three = new Side(THREE, ONE);
  const hello = three.take();
  const reflected = Buffer.concat([hello.subarray(0, 12), ints(1, 3), hello.subarray(20)]);
  three.hear(reflected).hear(three.take());
  expect(three.outcome).toMatch(/does not know the secret/);
});

test("a listener's proof is no dialler's, nor the other way round", () => {
  // The listener's proof of one handshake answers the question of another in which it is the dialler.
  const listener = new Side(TWO, null);
  const dialler = new Side(THREE, TWO);
  listener.hear(dialler.take());
  dialler.hear(listener.take());
  const proofOfDialler = dialler.take();
  listener.hear(proofOfDialler);
  const proofOfListener = listener.take();
  expect(proofOfListener).not.toEqual(proofOfDialler);
  dialler.hear(proofOfDialler);
  expect(dialler.outcome).toMatch(/does not know the secret/);
});

test("who asks for another server gets a proof for that one, which is then refused", () => {
  // Somebody leads what server 3 says to server 1 to server 2 instead.
  const [three, two] = [new Side(THREE, ONE), new Side(TWO, null)];
  two.hear(three.take());
  three.hear(two.take());
  expect(three.outcome).toBe("server 2 answers where server 1 was expected");
  expect(three.take()).toHaveLength(0);
});

test("who sends the listener's hello of another server on is not let in with the dialler's proof", () => {
  const [three, two] = [new Side(THREE, ONE), new Side(TWO, null)];
  two.hear(three.take());
  const hello = two.take();
  hello.writeInt32BE(1, 12);
  three.hear(hello);
  two.hear(three.take());
  expect(two.outcome).toBe("for 1");
  expect(two.take()).toHaveLength(0);
});

test.each([...Array(52).keys()])("a change of byte %i of the dialler's hello is noticed", (at) => {
  const [three, one] = [new Side(THREE, ONE), new Side(ONE, null)];
  const hello = three.take();
  hello[at] = (hello[at] as number) ^ 1;
  one.hear(hello);
  const answer = one.take();
  if (answer.length > 0) {
    three.hear(answer);
    const proof = three.take();
    if (proof.length > 0) one.hear(proof);
  }
  expect(one.outcome).not.toBe("done");
});

test("a change of any bit of a proof is noticed", () => {
  for (let bit = 0; bit < 8 * 32; bit++) {
    const [three, one] = [new Side(THREE, ONE), new Side(ONE, null)];
    one.hear(three.take());
    three.hear(one.take());
    const proof = three.take();
    const at = 8 + (bit >> 3);
    proof[at] = (proof[at] as number) ^ (1 << (bit & 7));
    expect(one.hear(proof).outcome).toMatch(/does not know the secret/);
    expect(one.take()).toHaveLength(0);
  }
});

function ints(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeInt32BE(value, 4 * index));
  return bytes;
}
