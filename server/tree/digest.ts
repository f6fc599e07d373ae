/**
 * A digest of the whole tree that each change keeps up to date: the sum of one number per znode and per
 * session (ZooKeeper's DigestCalculator and AdHash). Equal trees have equal digests; trees that differ
 * have equal ones by chance once in 2^52. It guards against faults, not against forgery.
 */
import { NO_SESSION } from "../ids.ts";
import type { SessionId } from "../ids.ts";
import type { Session } from "./session.ts";
import type { TreeNode } from "./znode.ts";

/** Digests are whole numbers from 0 to this minus 1: exact as doubles, and so are sums of two. */
const MODULUS = 2 ** 52;
const LANE = 2 ** 26;
const SEED_HIGH = 0x2545_f491;
const SEED_LOW = 0x4f6c_dd1d;
const MULTIPLIER_HIGH = 0x85eb_ca6b;
const MULTIPLIER_LOW = 0xc2b2_ae35;

export function addDigest(digest: number, one: number): number {
  return (digest + one) % MODULUS;
}
export function subtractDigest(digest: number, one: number): number {
  return (digest + MODULUS - one) % MODULUS;
}

/** As logs show it: 13 hexadecimal digits. */
export function formatDigest(digest: number): string {
  return digest.toString(16).padStart(13, "0");
}

/**
 * Everything of a znode that transactions decide. Its children are in it by its count of creations and
 * by their own digests, its data by their hash.
 */
export function znodeDigest(node: TreeNode): number {
  const lanes = new Lanes();
  lanes.text(node.path);
  lanes.word(node.dataHash);
  for (const { perms, scheme, id } of node.acl) {
    lanes.word(perms);
    lanes.text(scheme);
    lanes.text(id);
  }
  for (const large of [node.czxid, node.mzxid, node.pzxid, node.ctime, node.mtime])
    lanes.number(large);
  lanes.word(node.version);
  lanes.word(node.aversion);
  lanes.word(node.childCreations);
  if (node.owner !== NO_SESSION) lanes.session(node.owner);
  return lanes.value;
}

export function sessionDigest(id: SessionId, { timeoutMs, password }: Session): number {
  const lanes = new Lanes();
  lanes.session(id);
  lanes.word(timeoutMs);
  lanes.word(hashBytes(password));
  return lanes.value;
}

/** 30 bits of some bytes: a small integer, which costs a znode next to nothing. */
export function hashBytes(bytes: Uint8Array): number {
  const { length } = bytes;
  const whole = length & ~3;
  let hash = length ^ SEED_LOW;
  for (let at = 0; at < whole; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    hash = Math.imul(hash ^ word, MULTIPLIER_LOW);
    hash ^= hash >>> 15;
  }
  for (let at = whole; at < length; at++) {
    hash = Math.imul(hash ^ (bytes[at] as number), MULTIPLIER_HIGH);
    hash ^= hash >>> 13;
  }
  return hash >>> 2;
}

/** Two hashes side by side. */
class Lanes {
  #high = SEED_HIGH;
  #low = SEED_LOW;

  get value(): number {
    return (this.#high >>> 6) * LANE + (this.#low >>> 6);
  }

  /** 32 bits. */
  word(bits: number): void {
    this.#high = Math.imul(this.#high ^ bits, MULTIPLIER_HIGH);
    this.#high ^= this.#high >>> 13;
    this.#low = Math.imul(this.#low ^ bits, MULTIPLIER_LOW);
    this.#low ^= this.#low >>> 16;
  }

  /** A whole number of up to 53 bits. */
  number(large: number): void {
    this.word(large | 0);
    this.word(Math.floor(large / 2 ** 32) | 0);
  }

  session(id: SessionId): void {
    this.word(Number(BigInt.asIntN(32, id)));
    this.word(Number(BigInt.asIntN(32, id >> 32n)));
  }

  text(text: string): void {
    let hash = text.length;
    for (let at = 0; at < text.length; at++) {
      hash = Math.imul(hash ^ text.charCodeAt(at), MULTIPLIER_LOW);
      hash ^= hash >>> 15;
    }
    this.word(hash);
    // Once more from the other end: two texts that collide in the one do not in the other.
    let again = ~text.length;
    for (let at = text.length - 1; at >= 0; at--) {
      again = Math.imul(again ^ text.charCodeAt(at), MULTIPLIER_HIGH);
      again ^= again >>> 13;
    }
    this.word(again);
  }
}
