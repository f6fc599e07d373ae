import { Latency } from "./latency.ts";

interface Trigger {
  /** When the change was sent; null until its answer told which version it made. */
  sentMs: number | null;
  /** When each watcher got the event. */
  deliveredMs: number[];
  /** A watcher was disconnected while it was under way: its times say nothing of the fan-out. */
  disturbed: boolean;
}

/** Triggers whose deliveries may be under way at one time; older ones are given up. */
const OPEN_MAX = 64;

/**
 * Joins the changes of one znode with the events they caused, by the version that each change made:
 * a watcher that last read version v is told of the change that made v + 1.
 */
export class FanOut {
  readonly first = new Latency();
  readonly median = new Latency();
  readonly last = new Latency();
  readonly #open = new Map<number, Trigger>();
  /** Sessions that watch: told by the workload. */
  watchers = 0;
  triggers = 0;
  deliveries = 0;

  /** A change that was sent at `sentMs` made this version. */
  changed(version: number, sentMs: number): void {
    const trigger = this.#trigger(version);
    trigger.sentMs = sentMs;
    this.#close(version, trigger);
  }

  /** A watcher that had read `version` − 1 got an event. */
  delivered(version: number, atMs: number): void {
    this.deliveries++;
    const trigger = this.#trigger(version);
    trigger.deliveredMs.push(atMs);
    this.#close(version, trigger);
  }

  /** A watcher lost its connection: what is under way is no clean measurement any more. */
  disturbed(): void {
    for (const trigger of this.#open.values()) trigger.disturbed = true;
  }

  #trigger(version: number): Trigger {
    let trigger = this.#open.get(version);
    if (trigger === undefined) {
      trigger = { sentMs: null, deliveredMs: [], disturbed: false };
      this.#open.set(version, trigger);
      for (const oldest of this.#open.keys()) {
        if (this.#open.size <= OPEN_MAX) break;
        this.#open.delete(oldest);
      }
    }
    return trigger;
  }

  #close(version: number, trigger: Trigger): void {
    const { sentMs, deliveredMs, disturbed } = trigger;
    if (sentMs === null || deliveredMs.length < this.watchers) return;
    this.#open.delete(version);
    if (disturbed) return;
    this.triggers++;
    deliveredMs.sort((a, b) => a - b);
    const at = (index: number): number => (deliveredMs[index] as number) - sentMs;
    this.first.recordMs(at(0));
    this.median.recordMs(at((deliveredMs.length - 1) >> 1));
    this.last.recordMs(at(deliveredMs.length - 1));
  }
}
