/** Several workers that share what there is to simulate. */
import { Lane, type LaneOptions, type SimResult } from "./lane.ts";
import type { SimOrder } from "./messages.ts";

/** The pool was stopped before the order was carried out. */
export class PoolStoppedError extends Error {
  override readonly name = "PoolStoppedError";
}

export class Pool {
  readonly width: number;
  readonly #options: LaneOptions;
  readonly #lanes = new Set<Lane>();
  readonly #idle: Lane[] = [];
  readonly #waiting: (() => void)[] = [];
  #free: number;
  #isStopped = false;
  /** Workers are loaded one after the other: the engine's flags, which the simulator sets, are all threads'. */
  #starting: Promise<void> = Promise.resolve();

  /** Workers are started when they are needed, at most `width` ≥ 1. */
  constructor(width: number, options: LaneOptions) {
    this.width = width;
    this.#free = width;
    this.#options = options;
  }

  /**
   * Runs the order as soon as a worker is free; orders that wait are taken in their order. Rejects with a
   * `PoolStoppedError` after `stop`, and with a `SimWorkerError` when the simulator cannot be loaded.
   */
  async run(order: SimOrder): Promise<SimResult> {
    await this.#acquire();
    try {
      const lane = this.#idle.pop() ?? (await this.#start());
      this.#assertRuns();
      const result = await lane.run(order);
      this.#assertRuns();
      if (lane.isOver) this.#lanes.delete(lane);
      else this.#idle.push(lane);
      return result;
    } catch (error) {
      this.#assertRuns();
      throw error;
    } finally {
      this.#release();
    }
  }

  /** Ends all workers at once, in the middle of what they do; resolves when none is left. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const go of this.#waiting.splice(0)) go();
    await Promise.all([...this.#lanes].map((lane) => lane.stop()));
    this.#lanes.clear();
  }

  async #start(): Promise<Lane> {
    const before = this.#starting;
    const started = (async () => {
      await before;
      this.#assertRuns();
      const lane = new Lane(this.#options);
      this.#lanes.add(lane);
      await lane.ready();
      return lane;
    })();
    // The next one starts in any case; whoever asked for this one is told what became of it.
    this.#starting = started.then(
      () => undefined,
      () => undefined,
    );
    return await started;
  }

  async #acquire(): Promise<void> {
    this.#assertRuns();
    if (this.#free > 0) this.#free--;
    // The place is handed over by whoever leaves it.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }

  #assertRuns(): void {
    if (this.#isStopped) throw new PoolStoppedError("the simulation was broken off");
  }
}
