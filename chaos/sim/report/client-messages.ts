/**
 * What the bytes between a client and a server are: the trace has no words for them, but it has the
 * operations that they carry.
 */
import type { TraceEvent } from "../trace.ts";

type Op = Extract<TraceEvent, { kind: "op" }>;
type Message = Extract<TraceEvent, { kind: "message" }>;

/** Frames of ZooKeeper's protocol: a ping is a header of 8 bytes, its answer one of 16. */
const PING_BYTES = 12;
const PONG_BYTES = 20;
/** A reply is handled in the turn in which it arrives. */
const SAME_TURN_MS = 0.5;

export interface ClientMessage {
  readonly text: string;
  /** The same in fewer words. */
  readonly label: string;
  readonly heartbeat: boolean;
  /** The operations that it carries, by their ids. */
  readonly ops: readonly number[];
}

/** Asked about the messages between clients and servers in the order of the trace. */
export class ClientMessages {
  /** By client: invoked, and no message has left since. */
  readonly #unsent = new Map<string, Op[]>();
  /** By client: what ended when, in the order of time. */
  readonly #ended = new Map<string, Op[]>();
  readonly #pings = new Map<string, number>();
  readonly #texts = new Map<number, string>();

  constructor(trace: readonly TraceEvent[]) {
    for (const event of trace) {
      if (event.kind !== "op") continue;
      if (event.what === "invoked") this.#texts.set(event.id, event.text);
      else getOrMake(this.#ended, event.host).push(event);
    }
  }

  invoked(op: Op): void {
    getOrMake(this.#unsent, op.host).push(op);
  }

  describe(message: Message): ClientMessage {
    return message.from.startsWith("c") ? this.#request(message) : this.#reply(message);
  }

  #request({ from, to, bytes, text }: Message): ClientMessage {
    const link = `${from} ${to}`;
    if (bytes === PING_BYTES) {
      this.#pings.set(link, (this.#pings.get(link) ?? 0) + 1);
      return { text: "ping", label: "ping", heartbeat: true, ops: [] };
    }
    const ops = this.#unsent.get(from) ?? [];
    this.#unsent.delete(from);
    const words = ops.map((op) => op.text).join(", ");
    const said = words || text || `${bytes} bytes`;
    return { text: said, label: said, heartbeat: false, ops: ops.map((op) => op.id) };
  }

  #reply({ from, to, bytes, arriveMs, text }: Message): ClientMessage {
    const link = `${to} ${from}`;
    const ops = arriveMs === null ? [] : this.#endedAt(to, arriveMs);
    const pings = this.#pings.get(link) ?? 0;
    if (ops.length === 0 && bytes === PONG_BYTES && pings > 0) {
      this.#pings.set(link, pings - 1);
      return { text: "answer to a ping", label: "pong", heartbeat: true, ops: [] };
    }
    const words = ops.map((op) => `${this.#texts.get(op.id) ?? "reply"}: ${op.text}`).join(", ");
    const label = ops.map((op) => op.text).join(", ");
    const other = text || `${bytes} bytes`;
    return {
      text: words || other,
      label: label || other,
      heartbeat: false,
      ops: ops.map((op) => op.id),
    };
  }

  #endedAt(client: string, atMs: number): Op[] {
    const all = this.#ended.get(client) ?? [];
    let [low, high] = [0, all.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((all[middle] as Op).atMs < atMs - 1e-6) low = middle + 1;
      else high = middle;
    }
    const found: Op[] = [];
    for (let at = low; at < all.length; at++) {
      const op = all[at] as Op;
      if (op.atMs > atMs + SAME_TURN_MS) break;
      found.push(op);
    }
    return found;
  }
}

function getOrMake(map: Map<string, Op[]>, key: string): Op[] {
  let list = map.get(key);
  if (list === undefined) map.set(key, (list = []));
  return list;
}
