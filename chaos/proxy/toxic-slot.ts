import type { RandomFloat } from "./seeded-random.ts";
import { BandwidthStage } from "./stages/bandwidth.ts";
import { LatencyStage } from "./stages/latency.ts";
import type { TransmittedBytes } from "./stages/limit-data.ts";
import { LimitDataStage } from "./stages/limit-data.ts";
import { PassStage } from "./stages/pass.ts";
import { ResetPeerStage } from "./stages/reset-peer.ts";
import { SlicerStage } from "./stages/slicer.ts";
import { SlowCloseStage } from "./stages/slow-close.ts";
import type { Ending, Sink, Stage } from "./stages/stage.ts";
import { passOn } from "./stages/stage.ts";
import { TimeoutStage } from "./stages/timeout.ts";
import type { Toxic } from "./toxic.ts";

/**
 * The place of one toxic in one live stream. The toxic's settings may change and the slot after it may
 * come and go, while data is on its way; nothing is lost or reordered by that.
 */
export class ToxicSlot implements Sink {
  /** Where the stage's output goes; changed when the neighbour behind comes or goes. */
  next: Sink;
  #toxic: Toxic;
  readonly #random: RandomFloat;
  /** Drawn once per connection: the toxic is in force when this is less than its toxicity. */
  readonly #draw: number;
  readonly #transmittedBytes: TransmittedBytes = { total: 0 };
  readonly #outlet: Sink;
  #stage: Stage;
  #outputEnded = false;

  /** `flowed` is called after every output, when there may be room for more input. */
  constructor(toxic: Toxic, next: Sink, random: RandomFloat, flowed: () => void) {
    this.next = next;
    this.#toxic = toxic;
    this.#random = random;
    this.#draw = random();
    this.#outlet = {
      data: (chunk) => {
        if (this.#outputEnded) return;
        this.next.data(chunk);
        flowed();
      },
      end: (ending) => {
        if (this.#outputEnded) return;
        this.#outputEnded = true;
        this.next.end(ending);
        flowed();
      },
    };
    this.#stage = this.#makeStage();
  }

  get toxicName(): string {
    return this.#toxic.name;
  }

  get congested(): boolean {
    return !this.#outputEnded && this.#stage.congested;
  }

  data(chunk: Buffer): void {
    if (!this.#outputEnded) this.#stage.data(chunk);
  }

  end(ending: Ending): void {
    if (!this.#outputEnded) this.#stage.end(ending);
  }

  /** Puts new settings in force for what waits in the slot and for what comes. */
  update(toxic: Toxic): void {
    this.#toxic = toxic;
    // A reset that is on its way has dropped data: it must not be called off.
    if (toxic.type === "reset_peer" && this.#stage.closesWhenRemoved) return;
    const held = this.#stage.stop();
    this.#stage = this.#makeStage();
    for (const piece of held) this.#stage.resume(piece);
  }

  /** Takes the toxic out: gives on what waits in the slot, or closes the connection. */
  release(): void {
    // Toxiproxy closes on the removal of a timeout also where its toxicity spared the connection.
    const closes = this.#toxic.type === "timeout" || this.#stage.closesWhenRemoved;
    for (const piece of this.#stage.stop()) passOn(piece.content, this.#outlet);
    if (closes) this.#outlet.end("fin");
  }

  /** Drops what waits in the slot, when there is nowhere left to send it. */
  discard(): void {
    this.#outputEnded = true;
    this.#stage.stop();
  }

  #makeStage(): Stage {
    const toxic = this.#toxic;
    const sink = this.#outlet;
    if (this.#draw >= toxic.toxicity) return new PassStage(sink);
    switch (toxic.type) {
      case "latency":
        return new LatencyStage(toxic.attributes, sink, this.#random);
      case "bandwidth":
        return new BandwidthStage(toxic.attributes, sink);
      case "slow_close":
        return new SlowCloseStage(toxic.attributes, sink);
      case "timeout":
        return new TimeoutStage(toxic.attributes, sink);
      case "reset_peer":
        return new ResetPeerStage(toxic.attributes, sink);
      case "slicer":
        return new SlicerStage(toxic.attributes, sink, this.#random);
      case "limit_data":
        return new LimitDataStage(toxic.attributes, sink, this.#transmittedBytes);
      case "noop":
        return new PassStage(sink);
    }
  }
}
