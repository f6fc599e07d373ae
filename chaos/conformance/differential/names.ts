/**
 * Names for what differs from one ensemble to the next and means the same: zxids and sessions are called
 * after what made them. Two runs of the same steps then say the same in the same words.
 */
import { type SessionId, formatSession } from "../../../server/ids.ts";

export class Names {
  readonly #zxids = new Map<number, string>([
    [0, "zxid 0"],
    [-1, "zxid -1"],
  ]);
  readonly #sessions = new Map<SessionId, string>();

  /** This zxid is that of what is called so, unless it has a name. */
  nameZxid(zxid: number, name: string): void {
    if (!this.#zxids.has(zxid)) this.#zxids.set(zxid, name);
  }
  nameSession(session: SessionId, name: string): void {
    this.#sessions.set(session, name);
  }

  zxid(zxid: number): string {
    return this.#zxids.get(zxid) ?? "unnamed zxid";
  }
  /** The owner of a znode: none, a session, or what stands for a container or a time to live. */
  owner(owner: SessionId): string {
    if (owner === 0n) return "none";
    return this.#sessions.get(owner) ?? formatSession(owner);
  }
}
