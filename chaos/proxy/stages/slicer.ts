import type { RandomFloat } from "../seeded-random.ts";
import type { ToxicAttributes } from "../toxic.ts";
import { DelayingStage } from "./delaying-stage.ts";
import type { Sink } from "./stage.ts";

/** Cuts data into slices of `average_size` ± `size_variation` bytes, `delay` microseconds apart. */
export class SlicerStage extends DelayingStage {
  readonly #attributes: ToxicAttributes["slicer"];
  readonly #random: RandomFloat;
  /** Before this the next slice may not leave. */
  #nextSliceMs = 0;

  constructor(attributes: ToxicAttributes["slicer"], sink: Sink, random: RandomFloat) {
    super(sink);
    this.#attributes = attributes;
    this.#random = random;
  }

  get congested(): boolean {
    return this.line.length > 0;
  }

  protected schedule(chunk: Buffer, arrivedMs: number): void {
    const { average_size: average, size_variation: variation, delay } = this.#attributes;
    for (let offset = 0; offset < chunk.length;) {
      const spread = variation > 0 ? (this.#random() * 2 - 1) * variation : 0;
      const size = Math.max(1, Math.round(average + spread));
      const dueMs = Math.max(arrivedMs, this.#nextSliceMs);
      this.line.add(chunk.subarray(offset, offset + size), arrivedMs, dueMs);
      this.#nextSliceMs = dueMs + Math.max(0, delay) / 1000;
      offset += size;
    }
  }
}
