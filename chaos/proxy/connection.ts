import { connect } from "node:net";
import type { Socket } from "node:net";
import type { HostPort } from "./host-port.ts";
import type { RandomFloat } from "./seeded-random.ts";
import type { Ending } from "./stages/stage.ts";
import type { Direction, Toxic } from "./toxic.ts";
import { ToxicStream } from "./toxic-stream.ts";

/** Bytes that came from and were sent to the two ends, as Toxiproxy counts them. */
export interface DirectionBytes {
  received: number;
  sent: number;
}

/**
 * A client's connection and ours to the upstream server, joined by two streams. When one stream ends,
 * the socket that it ends in is closed altogether, and with it the other stream: like Toxiproxy, and
 * unlike TCP, there are no half-closed connections. An orderly end stays orderly (FIN); a reset is
 * passed on as a reset.
 */
export class ProxyConnection {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #streams: Readonly<Record<Direction, ToxicStream>>;
  readonly #closed: () => void;
  /** All closing is by reset: the connection was opened under a `reset_peer` toxic. */
  readonly #closesByReset: boolean;
  #openSockets = 2;

  /** `client` must be paused. `closed` is called once, when both sockets are. */
  constructor(
    client: Socket,
    upstreamAddress: HostPort,
    toxics: readonly Toxic[],
    random: RandomFloat,
    closed: () => void,
  ) {
    this.#client = client;
    this.#closed = closed;
    this.#closesByReset = toxics.some((toxic) => toxic.type === "reset_peer");
    this.#upstream = connect({ ...upstreamAddress, allowHalfOpen: true, noDelay: true });
    const stream = (from: Socket, to: Socket, direction: Direction): ToxicStream =>
      new ToxicStream(
        from,
        to,
        toxics.filter((toxic) => toxic.direction === direction),
        random,
        (ending) => this.#close(to, ending),
      );
    this.#streams = {
      upstream: stream(this.#client, this.#upstream, "upstream"),
      downstream: stream(this.#upstream, this.#client, "downstream"),
    };
    this.#upstream.once("connect", () => this.#start());
    this.#watch(this.#client, this.#streams.upstream, this.#streams.downstream);
    this.#watch(this.#upstream, this.#streams.downstream, this.#streams.upstream);
  }

  stream(direction: Direction): ToxicStream {
    return this.#streams[direction];
  }

  bytes(direction: Direction): DirectionBytes {
    const [from, to] =
      direction === "upstream" ? [this.#client, this.#upstream] : [this.#upstream, this.#client];
    return { received: from.bytesRead, sent: to.bytesWritten };
  }

  /** Closes both sides at once and drops what is on its way. */
  destroy(): void {
    this.#client.destroy();
    this.#upstream.destroy();
  }

  #start(): void {
    if (this.#client.destroyed) return;
    this.#streams.upstream.start();
    this.#streams.downstream.start();
  }

  /** `outOf` is the stream whose source the socket is, `into` the one that it is the end of. */
  #watch(socket: Socket, outOf: ToxicStream, into: ToxicStream): void {
    let ending: Ending = "fin";
    socket.on("error", (error: NodeJS.ErrnoException) => {
      // The peer's business, not ours: all that matters is how to tell the other side. A refused
      // connection is told by closing, as in Toxiproxy.
      if (error.code === "ECONNRESET" || error.code === "EPIPE") ending = "reset";
    });
    socket.on("close", () => {
      into.discard();
      outOf.sourceEnded(ending);
      this.#openSockets--;
      if (this.#openSockets === 0) this.#closed();
    });
  }

  #close(socket: Socket, ending: Ending): void {
    if (socket.destroyed) return;
    if (!this.#closesByReset && ending === "fin") socket.destroySoon();
    else if (socket.writableLength === 0) socket.resetAndDestroy();
    // What was sent before the reset had a chance to arrive on a direct connection, so here too.
    else socket.write("", () => socket.resetAndDestroy());
  }
}
