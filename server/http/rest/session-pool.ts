/**
 * The sessions that requests over HTTP run in: one for all requests of one address and identity, and those
 * that were asked for by name, which hold ephemerals until nobody sends a heartbeat any more.
 */
import { randomUUID } from "node:crypto";
import { type AcceptClient, InnerClient, NotServedError } from "./inner-client.ts";

const POOL_TIMEOUT_MS = 30_000;
const IDLE_MS = 60_000;
/** Of either kind: the one that was idle the longest makes room, a named one is refused. */
const MAX_SESSIONS = 256;
const BEAT_MS = 1_000;

interface Pooled {
  readonly client: Promise<InnerClient>;
  usedMs: number;
}

interface Named {
  readonly client: InnerClient;
  readonly expireMs: number;
  heardMs: number;
}

/** Who asks: the address, and what it shows to be somebody (`user:password`), if it does. */
export interface Asker {
  /** `host:port`. */
  readonly remote: string;
  readonly digest: string | null;
}

export class TooManySessionsError extends Error {
  override readonly name = "TooManySessionsError";
}

export class SessionPool {
  readonly #accept: AcceptClient;
  readonly #nowMs: () => number;
  readonly #pooled = new Map<string, Pooled>();
  readonly #named = new Map<string, Named>();
  readonly #beat: NodeJS.Timeout;

  /** `nowMs`: a monotonic clock. */
  constructor(accept: AcceptClient, nowMs: () => number) {
    this.#accept = accept;
    this.#nowMs = nowMs;
    this.#beat = setInterval(() => this.#beats(), BEAT_MS);
  }

  /** A session of this asker, which may be shared with its other requests. */
  async of(asker: Asker): Promise<InnerClient> {
    const key = `${hostOf(asker.remote)} ${asker.digest ?? ""}`;
    const known = this.#pooled.get(key);
    if (known !== undefined) {
      known.usedMs = this.#nowMs();
      const client = await known.client.catch(() => null);
      if (client?.isOpen === true) return client;
      if (this.#pooled.get(key) === known) this.#pooled.delete(key);
    }
    const waiting = this.#pooled.get(key);
    if (waiting !== undefined) return await waiting.client;
    if (this.#pooled.size >= MAX_SESSIONS) this.#dropOldest();
    const client = this.#open(asker, POOL_TIMEOUT_MS);
    this.#pooled.set(key, { client, usedMs: this.#nowMs() });
    return await client;
  }

  /** Begins a session that ends when no heartbeat came for `expireMs`; gives its id, a secret. */
  async begin(asker: Asker, expireMs: number): Promise<string> {
    if (this.#named.size >= MAX_SESSIONS) {
      throw new TooManySessionsError(`${MAX_SESSIONS} sessions are open here`);
    }
    const client = await this.#open(asker, Math.max(expireMs, POOL_TIMEOUT_MS));
    const id = randomUUID();
    this.#named.set(id, { client, expireMs, heardMs: this.#nowMs() });
    return id;
  }

  /** The session of this id, for which this counts as a heartbeat; null: there is none (any more). */
  named(id: string): InnerClient | null {
    const session = this.#named.get(id);
    if (session === undefined) return null;
    if (!session.client.isOpen) {
      this.#named.delete(id);
      return null;
    }
    session.heardMs = this.#nowMs();
    return session.client;
  }

  /** Ends it with its ephemerals; false: there is none. */
  async end(id: string): Promise<boolean> {
    const client = this.named(id);
    this.#named.delete(id);
    await client?.close();
    return client !== null;
  }

  close(): void {
    clearInterval(this.#beat);
    for (const { client } of this.#named.values()) client.drop();
    for (const { client } of this.#pooled.values()) client.then((one) => one.drop(), ignore);
    this.#named.clear();
    this.#pooled.clear();
  }

  async #open({ remote, digest }: Asker, timeoutMs: number): Promise<InnerClient> {
    const client = await InnerClient.open(this.#accept, remote, timeoutMs);
    if (digest === null || (await client.authenticate("digest", Buffer.from(digest))))
      return client;
    client.drop();
    throw new NotServedError("it could not authenticate");
  }

  #dropOldest(): void {
    const [oldest] = [...this.#pooled].toSorted(([, a], [, b]) => a.usedMs - b.usedMs);
    if (oldest !== undefined) this.#forget(...oldest);
  }

  #forget(key: string, { client }: Pooled): void {
    this.#pooled.delete(key);
    client.then((one) => one.close(), ignore).catch(ignore);
  }

  #beats(): void {
    const nowMs = this.#nowMs();
    for (const [key, pooled] of this.#pooled) {
      if (nowMs - pooled.usedMs > IDLE_MS) this.#forget(key, pooled);
      else pooled.client.then((client) => client.ping(), ignore).catch(ignore);
    }
    for (const [id, { client, expireMs, heardMs }] of this.#named) {
      if (nowMs - heardMs <= expireMs) client.ping().catch(ignore);
      else void this.#expire(id, client);
    }
  }

  async #expire(id: string, client: InnerClient): Promise<void> {
    this.#named.delete(id);
    await client.close();
  }
}

function hostOf(remote: string): string {
  return remote.slice(0, remote.lastIndexOf(":"));
}

/** Whoever asks next is told that the session is over: that it ended is no error here. */
function ignore(): void {
  return undefined;
}
