/**
 * The links to all other servers: one per pair, opened by the server with the higher id, so that each
 * can be routed through a proxy of its own. Links that break are opened again.
 *
 * Who the others are may change while this runs. Where that is so, a server that we do not know may
 * link as well, to be led without a vote, or to be made a member; and since it cannot know whether it
 * is known, it also dials the higher ids that have not dialled it for a while. Who knows it refuses that.
 */
import type { Connection, Env, Listener, NetAddress, Timer } from "../env.ts";
import type { ServerId } from "../ids.ts";
import { PeerLink, type PeerLinkOptions } from "./peer-link.ts";
import type { PeerMessage } from "./peer-message.ts";

/** Between attempts to open a link: doubled from the first up to the last, with jitter. */
const RETRY_FIRST_MS = 10;
const RETRY_MAX_MS = 250;
const CONNECT_TIMEOUT_MS = 2_000;
/** How often a higher id is dialled, which may not know us and never dial. */
const UPWARD_RETRY_MS = 500;
/** Accepted connections that have not said who they are: any more are closed. */
const MAX_UNKNOWN = 64;
/** Linked servers that are not in the configuration: any more are refused. */
const MAX_GUESTS = 32;

export interface PeerAddress {
  readonly id: ServerId;
  readonly address: NetAddress;
}

export interface PeerLinksOptions extends PeerLinkOptions {
  /** Servers that are not among the peers may link. */
  readonly admitsGuests: boolean;
}

export interface PeerLinksHandler {
  linkUp(peer: ServerId): void;
  linkDown(peer: ServerId, reason: string): void;
  message(from: ServerId, message: PeerMessage): void;
}

export class PeerLinks {
  readonly #env: Env;
  readonly #options: PeerLinksOptions;
  #peers: ReadonlyMap<ServerId, NetAddress> = new Map();
  readonly #handler: PeerLinksHandler;
  readonly #links = new Map<ServerId, PeerLink>();
  /** Connections whose hello is awaited. */
  readonly #pending = new Set<PeerLink>();
  readonly #retries = new Map<ServerId, { delayMs: number; timer: Timer | null }>();
  /** Peers with an attempt to open a link under way. */
  readonly #dialling = new Set<ServerId>();
  #listener: Listener | null = null;
  #started = false;
  #stopped = false;
  /** When an event was last logged, by its kind, so that a scanner fills no disk. */
  readonly #loggedMs = new Map<string, number>();

  /** The peers are set before the start, and may be set again at any time. */
  constructor(env: Env, options: PeerLinksOptions, handler: PeerLinksHandler) {
    this.#env = env;
    this.#options = options;
    this.#handler = handler;
  }

  /**
   * Who the other servers are, and where; this server itself may be among them. A link that is up stays,
   * also one to a server that is no peer any more, as long as guests are admitted.
   */
  setPeers(peers: readonly PeerAddress[]): void {
    const { sid, admitsGuests } = this.#options;
    const others = peers.filter(({ id }) => id !== sid).map(({ id, address }) => [id, address]);
    this.#peers = new Map(others as [ServerId, NetAddress][]);
    for (const [id, retry] of this.#retries) {
      if (this.#peers.has(id)) continue;
      retry.timer?.cancel();
      this.#retries.delete(id);
    }
    if (!admitsGuests) {
      for (const [id, link] of this.#links)
        if (!this.#peers.has(id)) link.close("no server of this ensemble any more");
    }
    if (this.#started) this.#dialAll();
  }

  /** Listens (when others dial us) and dials the peers. `ready` gets a listen error. */
  start(listenAddress: NetAddress | null, ready: (error: Error | null) => void): void {
    if (listenAddress === null) {
      ready(null);
      return;
    }
    this.listenOn(listenAddress, (error) => {
      if (error === null && !this.#stopped) {
        this.#started = true;
        this.#dialAll();
      }
      ready(error);
    });
  }

  /** Listens on another address from now on; on an error it goes on listening where it does. */
  listenOn(address: NetAddress, ready: (error: Error | null) => void): void {
    this.#env.net.listen(
      address,
      (connection) => this.#accept(connection),
      (result) => {
        if (result instanceof Error) {
          ready(new Error(`server.${this.#options.sid} or link.listen: ${result.message}`));
          return;
        }
        this.#listener?.close();
        this.#listener = result;
        if (this.#stopped) result.close();
        ready(null);
      },
    );
  }

  send(to: ServerId, message: PeerMessage): void {
    this.#links.get(to)?.send(message);
  }

  /** Sends to every server that is linked, peer or guest. */
  tellAll(message: PeerMessage): void {
    for (const link of this.#links.values()) link.send(message);
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

  /** Dials every peer that is ours to dial and neither linked nor waited for. */
  #dialAll(): void {
    for (const peer of this.#peers.keys()) {
      if (this.#retries.get(peer)?.timer) continue;
      if (peer < this.#options.sid) this.#dial(peer);
      else if (this.#options.admitsGuests) this.#retry(peer);
    }
  }

  #dial(peer: ServerId): void {
    const address = this.#peers.get(peer);
    if (this.#stopped || !address || this.#links.has(peer) || this.#dialling.has(peer)) return;
    this.#dialling.add(peer);
    this.#env.net.connect(address, CONNECT_TIMEOUT_MS, (result) => {
      if (result instanceof Error) {
        this.#dialling.delete(peer);
        this.#retry(peer);
      } else if (this.#stopped) result.destroy();
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
    const isPeer = this.#peers.has(from);
    if (!isPeer && !this.#options.admitsGuests) return `server ${from} is not in this ensemble`;
    if (isPeer && !dialled && from < this.#options.sid)
      return `server ${from} has the lower id, it is dialled`;
    // A server that was restarted, or whose old link broke unnoticed, has nothing to say on that one.
    if (this.#links.get(from)?.isAlive)
      return `server ${from} is connected already: is there a second server with this id?`;
    if (!isPeer && this.#guestCount() >= MAX_GUESTS)
      return `server ${from} is not in the configuration, and ${MAX_GUESTS} such servers are linked`;
    return null;
  }

  #guestCount(): number {
    let guests = 0;
    for (const id of this.#links.keys()) if (!this.#peers.has(id)) guests++;
    return guests;
  }

  #up(link: PeerLink): void {
    const peer = link.peer as ServerId;
    this.#pending.delete(link);
    this.#dialling.delete(peer);
    this.#links.get(peer)?.close("replaced by a newer link");
    this.#links.set(peer, link);
    const retry = this.#retries.get(peer);
    if (retry) retry.delayMs = RETRY_FIRST_MS;
    this.#env.log.info({ peer, remote: link.remote }, "link up");
    this.#handler.linkUp(peer);
  }

  #down(link: PeerLink, reason: string, dialled: ServerId | null): void {
    const wasPending = this.#pending.delete(link);
    if (wasPending && dialled !== null) this.#dialling.delete(dialled);
    const wasUp = link.peer !== null && this.#links.get(link.peer) === link;
    if (link.peer !== null && this.#links.get(link.peer) === link) {
      this.#links.delete(link.peer);
      if (!this.#stopped) this.#env.log.info({ peer: link.peer, reason }, "link down");
      this.#handler.linkDown(link.peer, reason);
    } else if (wasPending && dialled === null) this.#logStranger(link.remote, reason);
    else if (wasPending && !this.#stopped && this.#isNews(`server ${dialled}`, reason))
      this.#env.log.info({ peer: dialled, reason }, `server ${dialled} did not take the link`);
    if (dialled !== null) this.#retry(dialled);
    else if (wasUp) this.#retryAfterLoss(link.peer as ServerId);
  }

  /** A link that the other side had opened is lost: it may be ours to open the next one. */
  #retryAfterLoss(peer: ServerId): void {
    if (peer < this.#options.sid || this.#options.admitsGuests) this.#retry(peer);
  }

  #retry(peer: ServerId): void {
    if (this.#stopped || this.#links.has(peer) || !this.#peers.has(peer)) return;
    const retry = this.#retries.get(peer) ?? { delayMs: RETRY_FIRST_MS, timer: null };
    this.#retries.set(peer, retry);
    retry.timer?.cancel();
    const delayMs = peer < this.#options.sid ? retry.delayMs : UPWARD_RETRY_MS;
    retry.timer = this.#env.timers.after(delayMs * (0.75 + this.#env.random.float() / 2), () => {
      retry.timer = null;
      this.#dial(peer);
    });
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
