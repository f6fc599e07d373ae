/**
 * Session ids that no earlier run of this server has given out. The time that they begin with would not
 * do alone: with the clock set back, a restarted server would come upon ids of its earlier clients. So
 * they are reserved in blocks, in a small file, before they are used.
 *
 *     DATADIR/session-ids    the last id that is reserved, hexadecimal, and a line feed
 */
import type { Env } from "../env.ts";
import { formatSession, type ServerId, type SessionId } from "../ids.ts";
import { SessionIds } from "./session-ids.ts";

/** Ids of one reservation: what 256 ms of ZooKeeper's scheme have room for. */
const BLOCK = 1n << 24n;

export function sessionIdsPath(dataDir: string): string {
  return `${dataDir}/session-ids`;
}

export class SessionIdReserve {
  readonly #env: Pick<Env, "clock" | "disk" | "log">;
  readonly #path: string;
  readonly #ids: SessionIds;
  /** How many ids may be given out before the next reservation is on disk. */
  #left = 0n;
  #reserving = false;
  #waiting: (() => void)[] = [];

  /** Reads the reservation of the earlier run. */
  constructor(env: Pick<Env, "clock" | "disk" | "log">, sid: ServerId, dataDir: string) {
    this.#env = env;
    this.#path = sessionIdsPath(dataDir);
    this.#ids = new SessionIds(sid, env.clock.wallMs(), this.#read());
  }

  /** Calls `done` as soon as ids can be given out. */
  open(done: () => void): void {
    if (this.#left > 0n) {
      done();
      return;
    }
    this.#waiting.push(done);
    this.#reserve();
  }

  /** An id that was never given out before; null: the next reservation is not on disk yet. */
  next(): SessionId | null {
    if (this.#left < BLOCK / 2n) this.#reserve();
    if (this.#left === 0n) return null;
    this.#left--;
    return this.#ids.next();
  }

  #reserve(): void {
    if (this.#reserving) return;
    this.#reserving = true;
    const text = Buffer.from(`${formatSession(this.#ids.last + this.#left + BLOCK)}\n`);
    this.#env.disk.replaceDurable(this.#path, [text], (error) => {
      this.#reserving = false;
      this.#left += BLOCK;
      // Sessions matter more: without the file, it is only the clock that must not be set back.
      if (error) this.#env.log.warn({ err: error }, "session ids could not be reserved on disk");
      for (const done of this.#waiting.splice(0)) done();
    });
  }

  /** Null: there is none, or it is damaged (which the log says). */
  #read(): bigint | null {
    const { disk, log } = this.#env;
    if (!disk.exists(this.#path)) return null;
    const text = disk.read(this.#path).toString("latin1").trim();
    if (/^0x[\da-f]{1,16}$/.test(text)) return BigInt(text);
    log.warn({ path: this.#path }, "damaged: session ids begin with what the clock says");
    return null;
  }
}
