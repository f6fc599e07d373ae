/**
 * The links to all other servers: one per pair, opened by the server with the higher id, so that each
 * can be routed through a proxy of its own. Links that break are opened again.
 */
import type { Connection, Env, Listener, NetAddress, Timer } from "../env.ts";
import type { ServerId } from "../ids.ts";
import type { PeerConfig } from "../config.ts";
import { PeerLink, type PeerLinkOptions } from "./peer-link.ts";
import type { PeerMessage } from "./peer-message.ts";

/** Between attempts to open a link: doubled from the first up to the last, with jitter. */
const RETRY_FIRST_MS = 10;
const RETRY_MAX_MS = 250;
const CONNECT_TIMEOUT_MS = 2_000;
/** Accepted connections that have not said who they are: any more are closed. */
const MAX_UNKNOWN = 64;

export interface PeerLinksHandler {
  linkUp(peer: ServerId): void;
  linkDown(peer: ServerId, reason: string): void;
  message(from: ServerId, message: PeerMessage): void;
}

export class PeerLinks {
  readonly #env: Env;
  readonly #options: PeerLinkOptions;
  readonly #peers: ReadonlyMap<ServerId, NetAddress>;
  readonly #handler: PeerLinksHandler;
  readonly #links = new Map<ServerId, PeerLink>();
  /** Connections whose hello is awaited. */
  readonly #pending = new Set<PeerLink>();
  readonly #retries = new Map<ServerId, { delayMs: number; timer: Timer | null }>();
  #listener: Listener | null = null;
  #stopped = false;
  /** When an event was last logged, by its kind, so that a scanner fills no disk. */
  readonly #loggedMs = new Map<string, number>();

  constructor(
    env: Env,
    options: PeerLinkOptions,
    peers: readonly PeerConfig[],
    handler: PeerLinksHandler,
  ) {
    this.#env = env;
    this.#options = options;
    this.#handler = handler;
    this.#peers = new Map(
      peers.filter(({ id }) => id !== options.sid).map(({ id, address }) => [id, address]),
    );
  }

  /** Listens (when others dial us) and dials those with lower ids. `ready` gets a listen error. */
  start(listenAddress: NetAddress | null, ready: (error: Error | null) => void): void {
    if (listenAddress === null) {
      ready(null);
      return;
    }
    this.#env.net.listen(
      listenAddress,
      (connection) => this.#accept(connection),
      (result) => {
        if (result instanceof Error) {
          ready(new Error(`server.${this.#options.sid} or link.listen: ${result.message}`));
          return;
        }
        if (this.#stopped) result.close();
        this.#listener = result;
        for (const peer of this.#peers.keys()) if (peer < this.#options.sid) this.#dial(peer);
        ready(null);
      },
    );
  }

  send(to: ServerId, message: PeerMessage): void {
    this.#links.get(to)?.send(message);
  }

  /** Closes the link; the side that dials opens it again. */
  drop(peer: ServerId, reason: string): void {
    this.#links.get(peer)?.close(reason);
  }

  stop(): void {
    this.#stopped = true;
    this.#listener?.close();
    for (const retry of this.#retries.values()) retry.timer?.cancel();
    for (const link of [...this.#links.values(), ...this.#pending]) link.close("stopping");
  }

  #accept(connection: Connection): void {
    const unknown = [...this.#pending].filter(({ peer }) => peer === null).length;
    if (this.#stopped || unknown >= MAX_UNKNOWN) {
      if (!this.#stopped) this.#logStranger(connection.remote, "too many that say nothing");
      connection.destroy();
      return;
    }
    this.#open(connection, null);
  }

  #dial(peer: ServerId): void {
    const address = this.#peers.get(peer);
    if (this.#stopped || !address || this.#links.has(peer)) return;
    this.#env.net.connect(address, CONNECT_TIMEOUT_MS, (result) => {
      if (result instanceof Error) this.#retry(peer);
      else if (this.#stopped) result.destroy();
      else this.#open(result, peer);
    });
  }

  #open(connection: Connection, dialled: ServerId | null): void {
    const link = new PeerLink(this.#env, this.#options, connection, dialled, {
      hello: (from, to) => this.#judge(from, to, dialled !== null),
      up: (opened) => this.#up(opened),
      message: (from, message) => {
        if (this.#links.get(from) === link) this.#handler.message(from, message);
      },
      down: (closed, reason) => this.#down(closed, reason, dialled),
    });
    this.#pending.add(link);
  }

  #judge(from: ServerId, to: ServerId, dialled: boolean): string | null {
    if (to !== this.#options.sid) return `a hello for server ${to}, this is ${this.#options.sid}`;
    if (from === this.#options.sid) return `server ${from} is this one`;
    if (!this.#peers.has(from)) return `server ${from} is not in this ensemble`;
    if (!dialled && from < this.#options.sid)
      return `server ${from} has the lower id, it is dialled`;
    // A server that was restarted, or whose old link broke unnoticed, has nothing to say on that one.
    if (this.#links.get(from)?.isAlive)
      return `server ${from} is connected already: is there a second server with this id?`;
    return null;
  }

  #up(link: PeerLink): void {
    const peer = link.peer as ServerId;
    this.#pending.delete(link);
    this.#links.get(peer)?.close("replaced by a newer link");
    this.#links.set(peer, link);
    const retry = this.#retries.get(peer);
    if (retry) retry.delayMs = RETRY_FIRST_MS;
    this.#env.log.info({ peer, remote: link.remote }, "link up");
    this.#handler.linkUp(peer);
  }

  #down(link: PeerLink, reason: string, dialled: ServerId | null): void {
    const wasPending = this.#pending.delete(link);
    if (link.peer !== null && this.#links.get(link.peer) === link) {
      this.#links.delete(link.peer);
      if (!this.#stopped) this.#env.log.info({ peer: link.peer, reason }, "link down");
      this.#handler.linkDown(link.peer, reason);
    } else if (wasPending && dialled === null) this.#logStranger(link.remote, reason);
    else if (wasPending && !this.#stopped && this.#isNews(`server ${dialled}`, reason))
      this.#env.log.info({ peer: dialled, reason }, `server ${dialled} did not take the link`);
    if (dialled !== null) this.#retry(dialled);
  }

  #retry(peer: ServerId): void {
    if (this.#stopped || this.#links.has(peer)) return;
    const retry = this.#retries.get(peer) ?? { delayMs: RETRY_FIRST_MS, timer: null };
    this.#retries.set(peer, retry);
    retry.timer?.cancel();
    retry.timer = this.#env.timers.after(
      retry.delayMs * (0.75 + this.#env.random.float() / 2),
      () => this.#dial(peer),
    );
    retry.delayMs = Math.min(2 * retry.delayMs, RETRY_MAX_MS);
  }

  #logStranger(remote: string, reason: string): void {
    const host = remote.slice(0, remote.lastIndexOf(":"));
    if (this.#isNews(host, reason))
      this.#env.log.warn({ remote, reason }, "refused a connection on the link port");
  }

  /** False for what was said lately; numbers do not make it new, they are the stranger's to choose. */
  #isNews(who: string, reason: string): boolean {
    const kind = `${who} ${reason.replaceAll(/\d+/g, "")}`;
    const nowMs = this.#env.clock.nowMs();
    const lastMs = this.#loggedMs.get(kind);
    if (lastMs !== undefined && nowMs - lastMs < LOG_INTERVAL_MS) return false;
    if (this.#loggedMs.size >= MAX_LOGGED_KINDS) this.#loggedMs.clear();
    this.#loggedMs.set(kind, nowMs);
    return true;
  }
}

const LOG_INTERVAL_MS = 10_000;
const MAX_LOGGED_KINDS = 1_000;
