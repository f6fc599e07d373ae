import type { RandomFloat } from "../seeded-random.ts";
import type { ToxicAttributes } from "../toxic.ts";
import { DelayingStage } from "./delaying-stage.ts";
import type { Sink } from "./stage.ts";

/** As many pieces as Toxiproxy's latency toxic keeps; then the sender feels backpressure. */
const HELD_CHUNKS_MAX = 1024;
const HELD_BYTES_MAX = 32 * 1024 * 1024;

/** Every piece of data leaves `latency` ± `jitter` milliseconds after it came; the order stays. */
export class LatencyStage extends DelayingStage {
  readonly #attributes: ToxicAttributes["latency"];
  readonly #random: RandomFloat;

  constructor(attributes: ToxicAttributes["latency"], sink: Sink, random: RandomFloat) {
    super(sink);
    this.#attributes = attributes;
    this.#random = random;
  }

  get congested(): boolean {
    return this.line.length >= HELD_CHUNKS_MAX || this.line.heldBytes >= HELD_BYTES_MAX;
  }

  protected schedule(chunk: Buffer, arrivedMs: number): void {
    const { latency, jitter } = this.#attributes;
    const jitterMs = jitter > 0 ? (this.#random() * 2 - 1) * jitter : 0;
    this.line.add(chunk, arrivedMs, arrivedMs + latency + jitterMs);
  }
}
