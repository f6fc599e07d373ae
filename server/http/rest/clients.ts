/**
 * The clients inside of this process that requests over HTTP are asked through: one for reads, one for
 * writes, so that nobody's read waits for somebody's write, and one for each session that was opened
 * over HTTP.
 */
import { ErrorCode } from "../../errors.ts";
import type { ClientEntrance } from "../../net/client-entrance.ts";
import type { AuthId } from "../../tree/acl.ts";
import { InsideClient, type SessionKey } from "./inside-client.ts";
import { readToken, tokenOf } from "./session-token.ts";
import { CodeError, Refusal } from "./refusal.ts";

/** Sessions of which requests came in here, and that are not over. */
const MAX_SESSIONS = 1_000;
const SHARED_TIMEOUT_MS = 30_000;
const PINGS_PER_TIMEOUT = 4;
const NOBODY: readonly AuthId[] = [];

/** An open session, as a client over HTTP knows it. */
export interface OpenSession {
  /** Whoever has it may use the session, at every server. */
  readonly token: string;
  /** As it was negotiated. */
  readonly timeoutMs: number;
}

export class Clients {
  readonly #entrance: ClientEntrance;
  readonly #shared = new Map<"reads" | "writes", Shared>();
  readonly #sessions = new Map<string, InsideClient>();
  #stopped = false;

  constructor(entrance: ClientEntrance) {
    this.#entrance = entrance;
  }

  /** The client for requests without a session of their own. */
  shared(use: "reads" | "writes"): InsideClient {
    const known = this.#shared.get(use);
    if (known !== undefined && !known.client.isClosed) return known.client;
    known?.stop();
    if (this.#stopped) throw new Refusal(503, "this server is stopping");
    const shared = new Shared(this.#entrance);
    this.#shared.set(use, shared);
    return shared.client;
  }

  /** Opens a session with a timeout as near to `timeoutMs` as the server gives. */
  async open(timeoutMs: number): Promise<OpenSession> {
    const client = this.#enter(timeoutMs, null);
    const session = await client.session;
    const token = tokenOf(session);
    this.#sessions.set(token, client);
    return { token, timeoutMs: session.timeoutMs };
  }

  /**
   * The client of a session, which comes (back) to this server if it is elsewhere; null: there is no such
   * session, or it is over. Rejects with a `Refusal` (503) when this server cannot tell.
   */
  async ofSession(token: string): Promise<InsideClient | null> {
    const known = this.#sessions.get(token);
    if (known !== undefined && !known.isClosed) return known;
    const session = readToken(token);
    if (session === null) return null;
    const client = this.#enter(session.timeoutMs, session);
    // Whoever asks meanwhile asks through it too.
    this.#sessions.set(token, client);
    try {
      await client.session;
      return client;
    } catch (error) {
      if (this.#sessions.get(token) === client) this.#sessions.delete(token);
      if (error instanceof CodeError && error.code === ErrorCode.SessionExpired) return null;
      throw error;
    }
  }

  /** Leaves all sessions to their timeouts. */
  stop(): void {
    this.#stopped = true;
    for (const shared of this.#shared.values()) shared.stop();
    for (const client of this.#sessions.values()) client.destroy();
    this.#sessions.clear();
  }

  #enter(timeoutMs: number, key: SessionKey | null): InsideClient {
    if (this.#sessions.size >= MAX_SESSIONS)
      for (const [token, client] of this.#sessions)
        if (client.isClosed) this.#sessions.delete(token);
    if (this.#stopped || this.#sessions.size >= MAX_SESSIONS)
      throw new Refusal(
        503,
        `there are ${MAX_SESSIONS} sessions of HTTP at this server; delete some`,
      );
    return new InsideClient(this.#entrance, timeoutMs, key);
  }
}

/** A client whose session is kept alive for as long as there is a leader. */
class Shared {
  readonly client: InsideClient;
  #pings: NodeJS.Timeout | null = null;

  constructor(entrance: ClientEntrance) {
    const client = new InsideClient(entrance, SHARED_TIMEOUT_MS, null);
    this.client = client;
    client.session.then(
      ({ timeoutMs }) => this.#keepAlive(timeoutMs / PINGS_PER_TIMEOUT),
      () => this.stop(),
    );
  }

  stop(): void {
    if (this.#pings !== null) clearInterval(this.#pings);
    this.client.destroy();
  }

  #keepAlive(everyMs: number): void {
    const ping = (): void => {
      // One that gets no answer is of no use; whoever needs one opens another.
      this.client.call(NOBODY, { type: "ping" }, () => null).catch(() => this.stop());
    };
    if (!this.client.isClosed) this.#pings = setInterval(ping, everyMs).unref();
  }
}
