/**
 * One link to another server: handshake, frames, signs of life.
 *
 * ```
 * hello    int32 length, int32 magic "QLAB", int32 version, int32 sender, int32 receiver
 * stream   hello of the dialler, hello of the listener, then messages (peer-codec.ts) both ways
 * ```
 *
 * Nothing is parsed but a hello of that very form until it was accepted.
 */
import type { Connection, Env, Timer } from "../env.ts";
import type { ServerId } from "../ids.ts";
import { FrameError, FrameSplitter } from "../wire/frames.ts";
import { DecodeError, JuteReader, JuteWriter } from "../wire/jute.ts";
import { readPeerMessage, writePeerMessage } from "./peer-codec.ts";
import type { PeerMessage } from "./peer-message.ts";

const MAGIC = 0x514c4142;
const VERSION = 2;
const HELLO_BYTES = 16;
const NOT_OURS = "not a server of this kind";
/** A peer that takes so little that this much is queued for it is given up; it will resynchronize. */
const MAX_QUEUED_BYTES = 256 * 1024 * 1024;
/** Written out as soon as so much is collected, without waiting for the end of the turn. */
const FLUSH_BYTES = 256 * 1024;

export interface PeerLinkOptions {
  readonly sid: ServerId;
  /** The longest message that is accepted, in bytes. */
  readonly maxFrameBytes: number;
  /** Without a hello within this time the connection is closed. */
  readonly handshakeMs: number;
  /** The link is given up when nothing was received for so long. */
  readonly silenceMs: number;
  /** A sign of life is sent this often. */
  readonly keepaliveMs: number;
}

export interface PeerLinkHandler {
  /** The other side's hello: returns why it is refused, or null. */
  hello(from: ServerId, to: ServerId): string | null;
  /** Both hellos are exchanged. */
  up(link: PeerLink): void;
  message(from: ServerId, message: PeerMessage): void;
  /** Called once, with the reason. */
  down(link: PeerLink, reason: string): void;
}

export class PeerLink {
  /** Who is at the other end: known from the start when we dialled, else from the hello. */
  peer: ServerId | null;
  isUp = false;

  readonly #env: Env;
  readonly #options: PeerLinkOptions;
  readonly #connection: Connection;
  readonly #handler: PeerLinkHandler;
  readonly #splitter: FrameSplitter;
  readonly #reader = new JuteReader(Buffer.alloc(0));
  readonly #writer = new JuteWriter();
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
    this.#timer = env.timers.after(options.handshakeMs, () => this.close("no hello in time"));
    connection.handle({
      data: (chunk) => this.#data(chunk),
      drain: () => undefined,
      closed: (reason) => this.#end(reason ?? "closed by the peer"),
    });
    if (dialled !== null) this.#sendHello(dialled);
  }

  get remote(): string {
    return this.#connection.remote;
  }
  /** Something came lately: two signs of life cannot have been missed. */
  get isAlive(): boolean {
    return this.#env.clock.nowMs() - this.#heardAtMs < 2 * this.#options.keepaliveMs;
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

  #sendHello(to: ServerId): void {
    const frame = this.#writer.reserveInt();
    for (const field of [MAGIC, VERSION, this.#options.sid, to]) this.#writer.int(field);
    this.#writer.endFrame(frame);
    this.#flush();
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
    try {
      this.#push(chunk);
    } catch (error) {
      if (!(error instanceof FrameError) && !(error instanceof DecodeError)) throw error;
      this.close(this.isUp ? `not understood: ${error.message}` : NOT_OURS);
    }
  }

  #push(chunk: Buffer): void {
    this.#splitter.push(chunk, (buffer, start, end) => {
      this.#frame(buffer, start, end);
      return !this.#over;
    });
    // Who is not one of us is not waited for, and nothing of what it sends is kept.
    const { firstWord } = this.#splitter;
    if (!this.isUp && firstWord !== null && firstWord !== HELLO_BYTES) this.close(NOT_OURS);
  }

  #frame(buffer: Buffer, start: number, end: number): void {
    this.#reader.reset(buffer, start, end);
    if (!this.isUp) {
      this.#hello();
      return;
    }
    const message = readPeerMessage(this.#reader);
    if (message.type !== "keepalive") this.#handler.message(this.peer as ServerId, message);
  }

  #hello(): void {
    const reader = this.#reader;
    if (reader.remaining !== HELLO_BYTES || reader.readInt() !== MAGIC) {
      this.close(NOT_OURS);
      return;
    }
    const version = reader.readInt();
    const from = reader.readInt() as ServerId;
    const to = reader.readInt() as ServerId;
    if (version !== VERSION) {
      this.close(`link version ${version}: expected ${VERSION}`);
      return;
    }
    const dialled = this.peer;
    const refused =
      dialled !== null && from !== dialled
        ? `server ${from} answers where server ${dialled} was expected`
        : this.#handler.hello(from, to);
    if (refused !== null) {
      this.close(refused);
      return;
    }
    this.peer = from;
    if (dialled === null) this.#sendHello(from);
    this.isUp = true;
    this.#timer.cancel();
    this.#watch();
    this.#handler.up(this);
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
