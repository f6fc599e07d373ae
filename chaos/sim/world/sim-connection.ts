/** One end of a simulated connection. */
import type { Connection, ConnectionHandler } from "../../../server/env.ts";
import type { SimEvent } from "./event-queue.ts";
import type { Host } from "./host.ts";
import type { Network } from "./network.ts";

/** What the systems of both ends buffer before a writer has to wait. */
const WINDOW_BYTES = 256 * 1024;

/** What travels: bytes, or the end of the connection with the reason that the other end sees. */
type Cargo = Buffer | { readonly end: string };

export class SimConnection implements Connection {
  readonly remote: string;
  readonly owner: Host;
  readonly peerHost: Host;
  readonly #network: Network;
  readonly #life: number;
  #peer: SimConnection | null = null;
  #handler: ConnectionHandler | null = null;
  /** Nothing is delivered to, or taken from, its owner any more. */
  #over = false;
  #reading = true;
  /** Nothing that it sends leaves. */
  #silent = false;
  /** Arrived while its owner did not read. */
  readonly #unread: Cargo[] = [];
  /** Sent, and held because the link is cut. */
  #held: Cargo[] = [];
  /** Sent and not arrived. */
  readonly #inFlight = new Set<SimEvent>();
  /** Bytes that were written and that the other end has not read. */
  #unreadByPeer = 0;
  #waitsForDrain = false;
  #lastArrivalMs = 0;

  constructor(network: Network, owner: Host, peerHost: Host, remote: string) {
    this.#network = network;
    this.owner = owner;
    this.peerHost = peerHost;
    this.remote = remote;
    this.#life = owner.life;
  }

  /** Nothing arrives at the owner before `notBeforeMs` from now: it does not know the connection yet. */
  join(peer: SimConnection, notBeforeMs: number): void {
    this.#peer = peer;
    peer.#lastArrivalMs = this.#network.world.nowMs + notBeforeMs;
  }

  handle(handler: ConnectionHandler): void {
    this.#handler = handler;
  }

  get bufferedBytes(): number {
    return Math.max(0, this.#unreadByPeer - WINDOW_BYTES);
  }

  write(data: Buffer): boolean {
    if (this.#over || this.owner.life !== this.#life) return false;
    this.#unreadByPeer += data.length;
    this.#send(data);
    this.#waitsForDrain = this.bufferedBytes > 0;
    return !this.#waitsForDrain;
  }

  pause(): void {
    this.#reading = false;
  }

  resume(): void {
    if (this.#reading) return;
    this.#reading = true;
    if (this.#unread.length > 0) this.#network.world.after(0, this.owner, () => this.#readOn());
  }

  close(): void {
    this.#end("closed by the peer");
  }

  destroy(): void {
    if (this.#over) return;
    // The system may still send what it has, or may not.
    if (this.#network.world.random.float() < 0.5) this.#loseWhatIsUnderWay();
    this.#end("closed by the peer");
  }

  /** The network breaks it for both ends. */
  reset(): void {
    if (this.#over) return;
    this.#tell("reset");
    this.#loseWhatIsUnderWay();
    this.#send({ end: "reset by the network" });
    this.#finish("reset by the network");
  }

  /** The owner's process is gone. */
  ownerGone(told: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#handler = null;
    if (told) {
      if (this.#network.world.random.float() < 0.5) this.#loseWhatIsUnderWay();
      this.#send({ end: "reset by the peer" });
      this.#forget();
      return;
    }
    this.#loseWhatIsUnderWay();
    this.#forget();
    this.#awaitPower();
  }

  /** The other end will hear nothing any more, not even of the end of this one. */
  fallSilent(): void {
    if (this.#over) return;
    this.#loseWhatIsUnderWay();
    this.#silent = true;
  }

  /** Bytes that waited for the link go on their way. */
  linkHealed(): void {
    for (const cargo of this.#held.splice(0)) this.#send(cargo);
    if (this.#over) this.#forget();
  }

  /** The network keeps an end that is over as long as it has something to send. */
  #forget(): void {
    if (this.#held.length === 0) this.#network.forget(this);
  }

  /** A machine that is on again knows nothing of it, and says so to whoever still writes. */
  #awaitPower(): void {
    const { world } = this.#network;
    const retryMs = 50;
    world.after(retryMs, null, () => {
      if (this.owner.powered) this.#send({ end: "reset by the peer" });
      else if (this.#peer !== null && !this.#peer.#over) this.#awaitPower();
    });
  }

  #end(reasonForPeer: string): void {
    if (this.#over) return;
    this.#tell("closed");
    this.#send({ end: reasonForPeer });
    this.#finish(null);
  }

  #finish(reason: string | null): void {
    this.#over = true;
    this.#unread.length = 0;
    this.#forget();
    const handler = this.#handler;
    this.#handler = null;
    this.#network.world.atTurnEnd(this.owner, () => handler?.closed(reason));
  }

  /** But not what waits at the other end already, for a process that stands still. */
  #loseWhatIsUnderWay(): void {
    const { nowMs } = this.#network.world;
    for (const event of this.#inFlight) if (event.atMs > nowMs) event.run = null;
    this.#inFlight.clear();
    this.#held = [];
  }

  #send(cargo: Cargo): void {
    if (this.#silent) return;
    const network = this.#network;
    const { world } = network;
    const peer = this.#peer as SimConnection;
    if (network.isCut(this.owner, this.peerHost)) {
      this.#held.push(cargo);
      this.#trace(cargo, null);
      return;
    }
    const pieces = "end" in cargo ? [cargo] : network.piecesOf(cargo);
    for (const piece of pieces) {
      const dueMs = Math.max(
        world.nowMs + network.latencyMs(this.owner, this.peerHost),
        this.#lastArrivalMs,
      );
      this.#lastArrivalMs = dueMs;
      const event: SimEvent = world.after(dueMs - world.nowMs, this.peerHost, () => {
        this.#inFlight.delete(event);
        peer.#arrive(piece);
      });
      this.#inFlight.add(event);
    }
    this.#trace(cargo, this.#lastArrivalMs);
  }

  #arrive(cargo: Cargo): void {
    if (this.#over || this.owner.life !== this.#life) return;
    if (!this.#reading || this.#unread.length > 0) {
      this.#unread.push(cargo);
      return;
    }
    this.#deliver(cargo);
  }

  #readOn(): void {
    while (this.#reading && !this.#over) {
      const cargo = this.#unread.shift();
      if (cargo === undefined) return;
      this.#deliver(cargo);
    }
  }

  #deliver(cargo: Cargo): void {
    if (!("end" in cargo)) {
      this.#network.world.hash.bytes(cargo);
      (this.#peer as SimConnection).#wasRead(cargo.length);
      this.#handler?.data(cargo);
      return;
    }
    this.#over = true;
    this.#loseWhatIsUnderWay();
    this.#forget();
    const handler = this.#handler;
    this.#handler = null;
    handler?.closed(cargo.end);
  }

  #wasRead(bytes: number): void {
    this.#unreadByPeer -= bytes;
    if (!this.#waitsForDrain || this.bufferedBytes > 0) return;
    this.#waitsForDrain = false;
    this.#network.world.after(0, this.owner, () => this.#handler?.drain());
  }

  #tell(what: "closed" | "reset"): void {
    const { world } = this.#network;
    if (!world.isTraced) return;
    const [from, to] = [this.owner.name, this.peerHost.name];
    world.record({ kind: "connection", atMs: world.nowMs, from, to, what });
  }

  #trace(cargo: Cargo, arriveMs: number | null): void {
    const { world, describe, keepsBytes } = this.#network;
    if (!world.isTraced || "end" in cargo) return;
    const [from, to] = [this.owner.name, this.peerHost.name];
    const text = describe(this, cargo);
    world.record({
      kind: "message",
      atMs: world.nowMs,
      from,
      to,
      arriveMs,
      bytes: cargo.length,
      text,
      ...(keepsBytes ? { content: cargo.toString("hex") } : {}),
    });
  }
}
