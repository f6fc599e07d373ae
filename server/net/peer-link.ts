/**
 * One link to another server: the handshake (link-handshake.ts), then messages (peer-codec.ts) both ways
 * in frames, and signs of life.
 */
import type { Connection, Env, Timer } from "../env.ts";
import type { ServerId } from "../ids.ts";
import { FrameError, FrameSplitter } from "../wire/frames.ts";
import { DecodeError, JuteReader, JuteWriter } from "../wire/jute.ts";
import { type HandshakeOptions, type HandshakeProgress, LinkHandshake } from "./link-handshake.ts";
import { readPeerMessage, writePeerMessage } from "./peer-codec.ts";
import type { PeerMessage } from "./peer-message.ts";

/** A peer that takes so little that this much is queued for it is given up; it will resynchronize. */
const MAX_QUEUED_BYTES = 256 * 1024 * 1024;
/** Written out as soon as so much is collected, without waiting for the end of the turn. */
const FLUSH_BYTES = 256 * 1024;

export interface PeerLinkOptions extends HandshakeOptions {
  /** The longest message that is accepted, in bytes. */
  readonly maxFrameBytes: number;
  /** When the handshake is not over within this time the connection is closed. */
  readonly handshakeMs: number;
  /** The link is given up when nothing was received for so long. */
  readonly silenceMs: number;
  /** A sign of life is sent this often. */
  readonly keepaliveMs: number;
}

export interface PeerLinkHandler {
  /** Why the other side is refused, which is who it says it is; null: it is not. */
  judge(from: ServerId, to: ServerId): string | null;
  /** The handshake is over. */
  up(link: PeerLink): void;
  message(from: ServerId, message: PeerMessage): void;
  /** What was queued for it is gone to the system. */
  drained(link: PeerLink): void;
  /** Called once, with the reason. */
  down(link: PeerLink, reason: string): void;
}

export class PeerLink {
  /** Who is at the other end: known from the start when we dialled, else from the handshake. */
  peer: ServerId | null;
  isUp = false;

  readonly #env: Env;
  readonly #options: PeerLinkOptions;
  readonly #connection: Connection;
  readonly #handler: PeerLinkHandler;
  readonly #splitter: FrameSplitter;
  readonly #reader = new JuteReader(Buffer.alloc(0));
  readonly #writer = new JuteWriter();
  /** Null: it is over. */
  #handshake: LinkHandshake | null;
  #flushing = false;
  #over = false;
  #sentAtMs: number;
  #heardAtMs: number;
  #timer: Timer;

  constructor(
    env: Env,
    options: PeerLinkOptions,
    connection: Connection,
    dialled: ServerId | null,
    handler: PeerLinkHandler,
  ) {
    this.#env = env;
    this.#options = options;
    this.#connection = connection;
    this.#handler = handler;
    this.peer = dialled;
    this.#splitter = new FrameSplitter(options.maxFrameBytes);
    this.#heardAtMs = this.#sentAtMs = env.clock.nowMs();
    this.#timer = env.timers.after(options.handshakeMs, () => this.close("no handshake in time"));
    connection.handle({
      data: (chunk) => this.#data(chunk),
      drain: () => this.#handler.drained(this),
      closed: (reason) => this.#end(reason ?? "closed by the peer"),
    });
    this.#handshake = new LinkHandshake(env, options, dialled, {
      send: (bytes) => {
        this.#sentAtMs = env.clock.nowMs();
        connection.write(bytes);
      },
      judge: (from, to) => handler.judge(from, to),
    });
    this.#handshake.start();
  }

  get remote(): string {
    return this.#connection.remote;
  }
  /** Something came lately: two signs of life cannot have been missed. */
  get isAlive(): boolean {
    return this.#env.clock.nowMs() - this.#heardAtMs < 2 * this.#options.keepaliveMs;
  }

  /** Bytes that are queued for it. */
  get queuedBytes(): number {
    return this.#writer.length + this.#connection.bufferedBytes;
  }

  send(message: PeerMessage): void {
    if (this.#over) return;
    writePeerMessage(this.#writer, message);
    if (this.#writer.length >= FLUSH_BYTES) this.#flush();
    else this.#flushSoon();
  }

  close(reason: string): void {
    if (this.#over) return;
    this.#end(reason);
    this.#connection.destroy();
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.#env.timers.soon(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#over || this.#writer.length === 0) return;
    this.#sentAtMs = this.#env.clock.nowMs();
    this.#connection.write(this.#writer.take());
    if (this.#connection.bufferedBytes > MAX_QUEUED_BYTES) this.close("the peer does not read");
  }

  #data(chunk: Buffer): void {
    this.#heardAtMs = this.#env.clock.nowMs();
    if (this.#handshake !== null) this.#shake(this.#handshake.push(chunk));
    else this.#push(chunk);
  }

  #shake(progress: HandshakeProgress): void {
    if (progress.type === "more") return;
    if (progress.type === "refused") {
      this.close(progress.reason);
      return;
    }
    this.#handshake = null;
    this.peer = progress.peer;
    this.isUp = true;
    this.#timer.cancel();
    this.#watch();
    this.#handler.up(this);
    if (!this.#over && progress.rest.length > 0) this.#push(progress.rest);
  }

  #push(chunk: Buffer): void {
    try {
      this.#splitter.push(chunk, (buffer, start, end) => {
        this.#frame(buffer, start, end);
        return !this.#over;
      });
    } catch (error) {
      if (!(error instanceof FrameError) && !(error instanceof DecodeError)) throw error;
      this.close(`not understood: ${error.message}`);
    }
  }

  #frame(buffer: Buffer, start: number, end: number): void {
    this.#reader.reset(buffer, start, end);
    const message = readPeerMessage(this.#reader);
    if (message.type !== "keepalive") this.#handler.message(this.peer as ServerId, message);
  }

  /** Sends signs of life, and gives the link up when none comes. */
  #watch(): void {
    const { keepaliveMs, silenceMs } = this.#options;
    const dueMs = this.#env.clock.nowMs() + keepaliveMs / 2;
    this.#timer = this.#env.timers.after(keepaliveMs / 2, () => {
      const nowMs = this.#env.clock.nowMs();
      // If it was this process that stood still, what the peer sent meanwhile is read first.
      const stoodStill = nowMs - dueMs > keepaliveMs;
      if (nowMs - this.#heardAtMs >= silenceMs && !stoodStill) {
        this.close(`nothing heard for ${Math.round(nowMs - this.#heardAtMs)} ms`);
        return;
      }
      if (nowMs - this.#sentAtMs >= keepaliveMs / 2) this.send({ type: "keepalive" });
      this.#watch();
    });
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer.cancel();
    this.#handler.down(this, reason);
  }
}
