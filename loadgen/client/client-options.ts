import type { Env } from "../../server/env.ts";
import type { SessionRecord } from "../../results/history.ts";
import type { SeededRandom } from "../seeded-random.ts";
import type { BackoffOptions } from "./backoff.ts";
import type { SessionTicket } from "./session-identity.ts";
import type { ServerAddress } from "./server-rotation.ts";
import type { WatchEventType } from "./watch-registry.ts";

export type SessionEvent = SessionRecord["event"];

/** Something happened to a client's session; the figures are those of that moment. */
export interface SessionChange {
  readonly event: SessionEvent;
  readonly session: string;
  readonly server: number;
  readonly timeoutMs: number;
  readonly lastZxid: number;
}

/** One try to open or move a session, from the moment that the connect request was sent. */
export interface Handshake {
  readonly server: number;
  readonly startMs: number;
  /** The client's lastZxidSeen, as it was sent. */
  readonly lastZxid: number;
  /** The session as it was asked for ("0x0": a new one), or as it was given. */
  readonly session: string;
  /** ok; expired: a server said that the session is gone; lost: the answer never came. */
  readonly outcome: "ok" | "expired" | "lost";
}

/** Who wants to know what happens to a client besides the ends of its operations. */
export interface ClientObserver {
  /** Called after the client's own state has changed. */
  session?(change: SessionChange): void;
  /** `zxid` is that of the cause, or −1 if the server does not tell (before 3.9). */
  watch?(type: WatchEventType, path: string, zxid: number): void;
  handshake?(handshake: Handshake): void;
  /** The server answered out of turn, or with broken bytes; the connection is about to end. */
  protocolError?(problem: string, server: number): void;
}

export interface ClientOptions {
  readonly env: Env;
  readonly servers: readonly ServerAddress[];
  /** Decides the first server and the jitter of retries. */
  readonly random: SeededRandom;
  /** Asked for; the server answers with one within its own bounds. */
  readonly sessionTimeoutMs: number;
  readonly observer?: ClientObserver;
  /** A session to go on with; by default a new one is opened. */
  readonly resume?: SessionTicket;
  /** An operation ends after this time in any case. Default 10 s. */
  readonly opTimeoutMs?: number;
  /** Operations that may wait or be in flight; more end `fail` with ThrottledOp. Default 10,000. */
  readonly queueLimit?: number;
  /** Opens a new session when a server says that the old one has expired. Default false. */
  readonly renewSession?: boolean;
  /** The server to try first; without it one by chance. */
  readonly firstServer?: number;
  /**
   * How long one attempt to connect may take. Default: the session timeout shared among the servers,
   * within 150 ms and 3 s, so that a server that swallows everything does not cost the session. A
   * server that is opening a new session gets at least that default: an answer that comes too late
   * leaves a session behind that nobody closes.
   */
  readonly attemptTimeoutMs?: number;
  readonly backoff?: BackoffOptions;
  /** A server without a quorum is good enough (its read-only mode). Default false. */
  readonly readOnly?: boolean;
}

const OP_TIMEOUT_MS = 10_000;
const QUEUE_LIMIT = 10_000;
const ATTEMPT_MIN_MS = 150;
const ATTEMPT_MAX_MS = 3_000;

export interface ClientLimits {
  readonly opTimeoutMs: number;
  readonly queueLimit: number;
  readonly attemptTimeoutMs: number;
  /** How long a server may take to open a new session. */
  readonly openTimeoutMs: number;
}

/** The limits that the options stand for. Throws for one that is not a number above 0. */
export function clientLimits(options: ClientOptions): ClientLimits {
  const shareMs = options.sessionTimeoutMs / options.servers.length;
  const boundedMs = Math.min(ATTEMPT_MAX_MS, Math.max(ATTEMPT_MIN_MS, shareMs));
  const attemptTimeoutMs = options.attemptTimeoutMs ?? boundedMs;
  const limits = {
    opTimeoutMs: options.opTimeoutMs ?? OP_TIMEOUT_MS,
    queueLimit: options.queueLimit ?? QUEUE_LIMIT,
    attemptTimeoutMs,
    openTimeoutMs: Math.max(attemptTimeoutMs, boundedMs),
  };
  const all = { ...limits, sessionTimeoutMs: options.sessionTimeoutMs };
  for (const [name, value] of Object.entries(all)) {
    if (!(value > 0)) throw new Error(`${name} ${value}: expected a number above 0`);
  }
  return limits;
}
