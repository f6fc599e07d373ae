import type { Socket } from "node:net";
import type { RandomFloat } from "./seeded-random.ts";
import type { Ending, Sink } from "./stages/stage.ts";
import type { Toxic } from "./toxic.ts";
import { ToxicSlot } from "./toxic-slot.ts";

/**
 * One direction of a connection: what `source` sends passes the toxics, in the order in which they were
 * made, to `destination`. Without toxics it goes straight from socket to socket. When the destination
 * or a toxic cannot take more, the source is not read.
 */
export class ToxicStream {
  readonly #source: Socket;
  readonly #destination: Socket;
  readonly #random: RandomFloat;
  readonly #mouth: Sink;
  #slots: ToxicSlot[] = [];
  #head: Sink;
  #sourceEnded = false;
  #paused = false;

  /** `close` is called when the stream's end has come through: it closes the destination. */
  constructor(
    source: Socket,
    destination: Socket,
    toxics: readonly Toxic[],
    random: RandomFloat,
    close: (ending: Ending) => void,
  ) {
    this.#source = source;
    this.#destination = destination;
    this.#random = random;
    this.#mouth = {
      data: (chunk) => {
        if (destination.writable && !destination.write(chunk)) this.#pause();
      },
      end: close,
    };
    this.#head = this.#mouth;
    for (const toxic of toxics) this.add(toxic);
  }

  /** Begins to read; to be called once, when both sockets are connected. */
  start(): void {
    this.#source.on("data", (chunk: Buffer) => this.#head.data(chunk));
    this.#source.on("end", () => this.sourceEnded("fin"));
    this.#destination.on("drain", () => this.#adjustFlow());
    // An accepted socket was paused until there was somewhere to send its data.
    this.#source.resume();
  }

  /** The source has nothing more to say; calls after the first are ignored. */
  sourceEnded(ending: Ending): void {
    if (this.#sourceEnded) return;
    this.#sourceEnded = true;
    this.#head.end(ending);
  }

  /** Puts a toxic behind those that are there. */
  add(toxic: Toxic): void {
    const slot = new ToxicSlot(toxic, this.#mouth, this.#random, () => this.#adjustFlow());
    const last = this.#slots.at(-1);
    if (last === undefined) this.#head = slot;
    else last.next = slot;
    this.#slots.push(slot);
  }

  update(toxic: Toxic): void {
    this.#slots.find((slot) => slot.toxicName === toxic.name)?.update(toxic);
    this.#adjustFlow();
  }

  remove(toxicName: string): void {
    const index = this.#slots.findIndex((slot) => slot.toxicName === toxicName);
    const slot = this.#slots[index];
    if (slot === undefined) return;
    slot.release();
    const before = this.#slots[index - 1];
    if (before === undefined) this.#head = slot.next;
    else before.next = slot.next;
    this.#slots.splice(index, 1);
    this.#adjustFlow();
  }

  /** The destination is gone: nothing can be sent any more. */
  discard(): void {
    for (const slot of this.#slots) slot.discard();
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#source.pause();
  }

  #adjustFlow(): void {
    if (this.#destination.writableNeedDrain || this.#slots.some((slot) => slot.congested)) {
      this.#pause();
    } else if (this.#paused) {
      this.#paused = false;
      this.#source.resume();
    }
  }
}
