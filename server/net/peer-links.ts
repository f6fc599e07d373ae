/**
 * The links to all other servers: one per pair, opened by the server with the higher id, so that each
 * can be routed through a proxy of its own. Links that break are opened again.
 *
 * Who the others are may change while this runs. Where that is so, a server that we do not know may
 * link as well, to be led without a vote, or to be made a member; and since it cannot know whether it
 * is known, it also dials the higher ids that have not dialled it for a while. Who knows it refuses that.
 */
import { type Connection, type Env, type NetAddress, type Timer, TLS_FAILED } from "../env.ts";
import type { ServerId } from "../ids.ts";
import type { LinkTls } from "../config.ts";
import type { Visit } from "./doorstep.ts";
import { LinkDoor } from "./link-door.ts";
import { PeerLink, type PeerLinkOptions } from "./peer-link.ts";
import type { PeerMessage } from "./peer-message.ts";
import { StrangerLog } from "./stranger-log.ts";

/** Between attempts to open a link: doubled from the first up to the last, with jitter. */
const RETRY_FIRST_MS = 10;
const RETRY_MAX_MS = 250;
const CONNECT_TIMEOUT_MS = 2_000;
/** How often a higher id is dialled, which may not know us and never dial. */
const UPWARD_RETRY_MS = 500;
/** Linked servers that are not in the configuration: any more are refused. */
const MAX_GUESTS = 32;

export interface PeerAddress {
  readonly id: ServerId;
  /** Where it is reached, which may be a proxy. */
  readonly address: NetAddress;
  /** Its own host, which its certificate is for. */
  readonly host: string;
}

export interface PeerLinksOptions extends PeerLinkOptions {
  /** Servers that are not among the peers may link. */
  readonly admitsGuests: boolean;
  /** Null: links are not encrypted. */
  readonly tls: LinkTls | null;
}

export interface PeerLinksHandler {
  linkUp(peer: ServerId): void;
  linkDown(peer: ServerId, reason: string): void;
  /** What was queued for the peer is gone to the system. */
  drained(peer: ServerId): void;
  message(from: ServerId, message: PeerMessage): void;
}

export class PeerLinks {
  readonly #env: Env;
  readonly #options: PeerLinksOptions;
  #peers: ReadonlyMap<ServerId, PeerAddress> = new Map();
  readonly #handler: PeerLinksHandler;
  readonly #links = new Map<ServerId, PeerLink>();
  /** Connections whose handshake is under way. */
  readonly #pending = new Set<PeerLink>();
  readonly #retries = new Map<ServerId, { delayMs: number; timer: Timer | null }>();
  /** Peers with an attempt to open a link under way. */
  readonly #dialling = new Set<ServerId>();
  #started = false;
  #stopped = false;
  readonly #door: LinkDoor;
  readonly #failures: StrangerLog;

  /** The peers are set before the start, and may be set again at any time. */
  constructor(env: Env, options: PeerLinksOptions, handler: PeerLinksHandler) {
    this.#env = env;
    this.#options = options;
    this.#handler = handler;
    const doorOptions = {
      identity: options.tls?.identity ?? null,
      handshakeMs: options.handshakeMs,
    };
    this.#door = new LinkDoor(env, doorOptions, (connection) => this.#open(connection, null));
    this.#failures = new StrangerLog(env.clock, (fields) =>
      env.log.info(fields, `server ${String(fields["peer"])} did not take the link`),
    );
  }

  /**
   * Who the other servers are, and where; this server itself may be among them. A link that is up stays,
   * also one to a server that is no peer any more, as long as guests are admitted.
   */
  setPeers(peers: readonly PeerAddress[]): void {
    const { sid, admitsGuests } = this.#options;
    const others = peers.filter(({ id }) => id !== sid);
    this.#peers = new Map(others.map((peer) => [peer.id, peer]));
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
    this.#door.listenOn(address, (error) => {
      const key = `server.${this.#options.sid} or link.listen`;
      ready(error && new Error(`${key}: ${error.message}`));
    });
  }

  send(to: ServerId, message: PeerMessage): void {
    this.#links.get(to)?.send(message);
  }

  /** Bytes that are queued for the server; 0 if it is not linked. */
  queuedBytes(to: ServerId): number {
    return this.#links.get(to)?.queuedBytes ?? 0;
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
    this.#door.close();
    for (const retry of this.#retries.values()) retry.timer?.cancel();
    for (const link of [...this.#links.values(), ...this.#pending]) link.close("stopping");
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
    const known = this.#peers.get(peer);
    if (this.#stopped || !known || this.#links.has(peer) || this.#dialling.has(peer)) return;
    this.#dialling.add(peer);
    const opened = (result: Connection | Error): void => {
      if (result instanceof Error) {
        this.#dialling.delete(peer);
        this.#notDialled(peer, result);
        this.#retry(peer);
      } else if (this.#stopped) result.destroy();
      else this.#open(result, peer);
    };
    const { tls } = this.#options;
    const connectTls = tls && {
      identity: tls.identity,
      expectedHost: tls.verifiesHost ? known.host : null,
    };
    this.#env.net.connect(known.address, CONNECT_TIMEOUT_MS, opened, connectTls ?? undefined);
  }

  /** That a server is not there is nothing to say; that it is there and is not trusted is. */
  #notDialled(peer: ServerId, error: Error & { readonly code?: unknown }): void {
    if (error.code === TLS_FAILED) this.#logNotTaken(peer, error.message);
  }

  #open(connection: Connection, dialled: ServerId | null): void {
    let visit: Visit | null = null;
    const leave = (): void => {
      if (visit !== null) this.#door.doorstep.leave(visit);
    };
    const link = new PeerLink(this.#env, this.#options, connection, dialled, {
      judge: (from, to) =>
        this.#judge(from, to, dialled !== null) ??
        (dialled === null ? this.#certificateFault(connection, from) : null),
      up: (opened) => {
        leave();
        this.#up(opened);
      },
      message: (from, message) => {
        if (this.#links.get(from) === link) this.#handler.message(from, message);
      },
      drained: ({ peer }) => {
        if (peer !== null && this.#links.get(peer) === link) this.#handler.drained(peer);
      },
      down: (closed, reason) => {
        leave();
        this.#down(closed, reason, dialled);
      },
    });
    this.#pending.add(link);
    if (dialled === null)
      visit = this.#door.doorstep.enter(connection.remote, (reason) => link.close(reason));
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

  /** A trusted certificate is not enough: it must be of the server that it is shown for, if we know that. */
  #certificateFault(connection: Connection, from: ServerId): string | null {
    const host = this.#peers.get(from)?.host;
    if (!this.#options.tls?.verifiesHost || host === undefined) return null;
    if (connection.isCertifiedFor?.(host) === true) return null;
    return `server ${from} shows a certificate that is not for ${host}, the host of its server line`;
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
    } else if (wasPending && dialled === null) this.#door.refused(link.remote, reason);
    else if (wasPending && dialled !== null) this.#logNotTaken(dialled, reason);
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

  #logNotTaken(peer: ServerId, reason: string): void {
    if (this.#stopped) return;
    // Each kind of reason is news: it is our own configuration, and so is theirs.
    const kind = `${peer} ${reason.replaceAll(/\d+/g, "")}`;
    this.#failures.refused(kind, { peer, reason });
  }
}
