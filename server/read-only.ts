/**
 * Read-only mode (`readonlymode.enabled`): a server that is cut off from the quorum serves reads, from
 * its last committed state, to clients that said they may be served so (ZooKeeper's
 * ReadOnlyZooKeeperServer).
 *
 * Its sessions are known here alone. They end with the mode: when this server is about to follow or
 * lead, its clients are disconnected, and come back with the session they have in the ensemble, or for
 * a new one.
 */
import type { Env, Timer } from "./env.ts";
import { ErrorCode } from "./errors.ts";
import { NO_ZXID, type ServerId, type SessionId, type Zxid } from "./ids.ts";
import type { Waiting } from "./request-router.ts";
import { DONE } from "./tree/apply-result.ts";
import { SessionTracker } from "./tree/session-tracker.ts";
import { OpCode } from "./wire/opcodes.ts";

/** An election seldom takes longer: only after it does this server count as cut off. */
export const GRACE_MS = 2_000;

const MAX_EXPIRED_PER_BEAT = 1_000;

/** The server is the only one that knows of its sessions: what it is called does not matter. */
const HERE = 0 as ServerId;

export interface ReadOnlyParts {
  readonly env: Pick<Env, "timers" | "clock" | "log">;
  /** `readonlymode.enabled`, of a server that has peers. */
  readonly enabled: boolean;
  readonly tickMs: number;
  /** The zxid of the state that is read, for replies. */
  appliedZxid(): Zxid;
  /** Runs what a timer sets off: a broken invariant in it stops the server. */
  input(run: () => void): void;
  /** Reports that a session's time is over, and that the mode ended: connections are to be closed. */
  sessionEnded(session: SessionId): void;
  ended(): void;
}

export class ReadOnlyMode {
  readonly #parts: ReadOnlyParts;
  #grace: Timer | null = null;
  #sessions: SessionTracker | null = null;
  readonly #passwords = new Map<SessionId, Buffer>();

  constructor(parts: ReadOnlyParts) {
    this.#parts = parts;
  }

  /** Read-only clients are served. */
  get isOpen(): boolean {
    return this.#sessions !== null;
  }
  get sessionCount(): number {
    return this.#passwords.size;
  }

  /** This server looks for a leader: unless it finds one soon, the mode begins. */
  looking(): void {
    if (!this.#parts.enabled || this.isOpen || this.#grace !== null) return;
    const { env, tickMs } = this.#parts;
    this.#grace = env.timers.after(Math.max(GRACE_MS, tickMs), () =>
      this.#parts.input(() => this.#begin()),
    );
  }

  /** A leader was found, or this server stops. */
  over(): void {
    this.#grace?.cancel();
    this.#grace = null;
    if (!this.isOpen) return;
    this.#sessions = null;
    this.#passwords.clear();
    this.#parts.env.log.info({}, "read-only mode is over");
    this.#parts.ended();
  }

  createSession(id: SessionId, timeoutMs: number, password: Buffer): void {
    this.#sessions?.add(id, timeoutMs, HERE, this.#nowMs());
    this.#passwords.set(id, password);
  }

  /** A client comes back with a session of this mode. False: there is none, or the password is wrong. */
  revalidate(id: SessionId, password: Buffer, timeoutMs: number): boolean {
    if (this.#passwords.get(id)?.equals(password) !== true) return false;
    this.#sessions?.takeOver(id, HERE, timeoutMs, this.#nowMs());
    return true;
  }

  /** What would go to the leader. Only the session's own end can be had here. */
  request(waiting: Waiting, sessionId: SessionId, opcode: number): void {
    if (opcode !== OpCode.closeSession || !this.#passwords.has(sessionId)) {
      waiting.rejected?.(ErrorCode.NotReadOnly);
      return;
    }
    this.#forget(sessionId);
    const header = {
      zxid: this.#parts.appliedZxid(),
      timeMs: 0,
      sessionId,
      cxid: 0,
      originSid: HERE,
      originRequest: 0,
    };
    waiting.applied?.({ header, body: { type: "closeSession", paths: [] } }, DONE);
  }

  /** These sessions were heard of; those that were silent for too long end. */
  beat(heard: readonly SessionId[], expire: boolean): void {
    const sessions = this.#sessions;
    if (sessions === null) return;
    const nowMs = this.#nowMs();
    for (const id of heard) sessions.touch(id, nowMs);
    if (!expire) return;
    for (const id of sessions.expired(nowMs, MAX_EXPIRED_PER_BEAT)) {
      this.#forget(id);
      this.#parts.sessionEnded(id);
    }
  }

  #begin(): void {
    this.#grace = null;
    this.#sessions = new SessionTracker(this.#parts.tickMs);
    const zxid = this.#parts.appliedZxid();
    const read = zxid === NO_ZXID ? "nothing was ever committed here" : "reads are of the past";
    this.#parts.env.log.warn({ zxid }, `cut off from the quorum: read-only mode, ${read}`);
  }

  #forget(id: SessionId): void {
    this.#sessions?.remove(id);
    this.#passwords.delete(id);
  }

  #nowMs(): number {
    return this.#parts.env.clock.nowMs();
  }
}
