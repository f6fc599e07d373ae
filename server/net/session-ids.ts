import type { ServerId, SessionId } from "../ids.ts";

/**
 * Session ids as ZooKeeper makes them (SessionTrackerImpl.initializeNextSessionId): the server's id in
 * the top byte, then 40 bits of the time it started, in milliseconds, then 16 bits that begin at 0;
 * counting up from there never meets an id that this server gave out in an earlier run.
 */
export class SessionIds {
  #next: bigint;

  constructor(sid: ServerId, startedWallMs: number) {
    const time = BigInt.asUintN(40, BigInt(Math.trunc(startedWallMs)));
    this.#next = (BigInt(sid) << 56n) | (time << 16n);
  }

  next(): SessionId {
    return BigInt.asIntN(64, ++this.#next) as SessionId;
  }
}
