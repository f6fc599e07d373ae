import type { ServerId, SessionId } from "../ids.ts";

const LOW_BITS = 56;
const HALF_RANGE = 1n << BigInt(LOW_BITS - 1);

/**
 * Session ids as ZooKeeper makes them (SessionTrackerImpl.initializeNextSessionId): the server's id in
 * the top byte, then 40 bits of the time it started, in milliseconds, then 16 bits that begin at 0; from
 * there they are counted up. All below the top byte wraps around, once in 35 years.
 */
export class SessionIds {
  readonly #top: bigint;
  #low: bigint;

  /** Goes on above `used`, an id of an earlier run, when the clock says less than that. */
  constructor(sid: ServerId, startedWallMs: number, used: bigint | null = null) {
    this.#top = BigInt(sid) << BigInt(LOW_BITS);
    const byClock = low(BigInt(Math.trunc(startedWallMs)) << 16n);
    const ours = used !== null && BigInt.asUintN(64, used) - low(used) === this.#top;
    this.#low = ours && isBehind(byClock, low(used)) ? low(used) : byClock;
  }

  /** The last id that was given out, or what the first one will follow; unsigned. */
  get last(): bigint {
    return this.#top | this.#low;
  }

  next(): SessionId {
    this.#low = low(this.#low + 1n);
    // With nothing below the top byte it could be what marks a container (server 128).
    if (this.#low === 0n) this.#low = 1n;
    return BigInt.asIntN(64, this.last) as SessionId;
  }
}

function low(value: bigint): bigint {
  return BigInt.asUintN(LOW_BITS, value);
}

/** Whether `a` comes before `b`, where numbers wrap around. */
function isBehind(a: bigint, b: bigint): boolean {
  const ahead = low(b - a);
  return ahead !== 0n && ahead < HALF_RANGE;
}
