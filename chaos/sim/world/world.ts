/**
 * A world in which nothing happens by itself: virtual time, one event at a time, every choice from one
 * seed. Hosts, network and disks live in it, and the objects on them are the real ones.
 */
import { SeededRandom } from "../../../loadgen/seeded-random.ts";
import type { TraceEvent } from "../trace.ts";
import { EventQueue, type SimEvent } from "./event-queue.ts";
import type { Host } from "./host.ts";
import { settlePromises } from "./microtasks.ts";
import { TraceHash } from "./trace-hash.ts";

/** Orders that are less by this come before all others. */
const BEFORE_ALL = 2 ** 50;

export interface WorldOptions {
  readonly seed: number;
  /** What a host is told at the same time it is told in one turn: times are rounded up to this, ms. */
  readonly turnMs: number;
  /** Takes down what happens; without it only its hash is kept. */
  readonly trace: TraceEvent[] | null;
}

export class World {
  readonly random: SeededRandom;
  readonly hash = new TraceHash();
  /** How often what happened, by its name. */
  readonly coverage = new Map<string, number>();
  readonly #queue = new EventQueue();
  readonly #turnMs: number;
  readonly #trace: TraceEvent[] | null;
  #nowMs = 0;
  #order = 0;
  #events = 0;

  constructor(options: WorldOptions) {
    this.random = new SeededRandom(options.seed);
    this.#turnMs = options.turnMs;
    this.#trace = options.trace;
  }

  get nowMs(): number {
    return this.#nowMs;
  }
  /** Events that have happened. */
  get events(): number {
    return this.#events;
  }
  get isTraced(): boolean {
    return this.#trace !== null;
  }

  /** Something will happen to the host (null: to the world) after `delayMs` ≥ 0; the result cancels it. */
  after(delayMs: number, host: Host | null, run: () => void): SimEvent {
    let atMs = this.#nowMs + delayMs;
    if (this.#turnMs > 0 && delayMs > 0) atMs = Math.ceil(atMs / this.#turnMs) * this.#turnMs;
    return this.#push(atMs, 0, host, run);
  }

  /** At the end of the turn that is going on: after all that is due at this time. */
  atTurnEnd(host: Host | null, run: () => void): SimEvent {
    return this.#push(this.#nowMs, 1, host, run);
  }

  /**
   * What a host could not do while it stood still, it does now: before anything else that is due at this
   * time, which came later. What is cancelled meanwhile does not happen.
   */
  again(event: SimEvent): void {
    const order = this.#order++ - BEFORE_ALL;
    const run = (): void => event.run?.();
    this.#queue.push({ ...event, atMs: this.#nowMs, turnEnd: 0, order, run });
  }

  /** Callers ask `isTraced` first where the event costs something to make. */
  record(event: TraceEvent): void {
    this.#trace?.push(event);
  }

  /** `times` 0 leaves no trace of it. */
  count(name: string, times = 1): void {
    if (times > 0) this.coverage.set(name, (this.coverage.get(name) ?? 0) + times);
  }

  /** Lets happen what is due until `endMs`, or until `done` says so after an event. Not reentrant. */
  runUntil(endMs: number, done: () => boolean = () => false): void {
    settlePromises();
    for (;;) {
      const event = this.#queue.first;
      if (event === undefined || event.atMs > endMs) break;
      this.#queue.pop();
      this.#happen(event);
      if (done()) return;
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  #happen(event: SimEvent): void {
    const { run, host } = event;
    if (run === null) return;
    if (host !== null) {
      if (event.life !== host.life) return;
      if (host.paused) {
        host.backlog.push(event);
        return;
      }
    }
    this.#nowMs = event.atMs;
    this.#events++;
    this.hash.number(event.atMs);
    this.hash.word(host === null ? -1 : host.index);
    run();
    settlePromises();
  }

  #push(atMs: number, turnEnd: 0 | 1, host: Host | null, run: () => void): SimEvent {
    const event: SimEvent = {
      atMs,
      turnEnd,
      order: this.#order++,
      host,
      life: host?.life ?? 0,
      run,
    };
    this.#queue.push(event);
    return event;
  }
}
