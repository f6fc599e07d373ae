/**
 * The end in good order: no more connections and requests, answers to those that were taken, what was
 * proposed committed, and only then the stop, so that the others elect at once.
 */
import type { Env } from "./env.ts";

export interface DrainParts {
  readonly env: Pick<Env, "clock" | "timers" | "log">;
  /** Connections of clients that are open. */
  clients(): number;
  leads(): boolean;
  /** Everything that this server has proposed is committed. */
  isSettled(): boolean;
  /** Takes no more, and closes each connection when its requests are answered. */
  begin(): void;
  /** Tells the leader whom it heard last. */
  lastWords(): void;
  stop(): void;
}

export class Drain {
  readonly #parts: DrainParts;
  #end: ((how: string) => void) | null = null;
  #begun = false;

  constructor(parts: DrainParts) {
    this.#parts = parts;
  }

  /** From its begin until the server has stopped, and after that. */
  get isBegun(): boolean {
    return this.#begun;
  }

  /** Once. `done` is called when the server has stopped, after `limitMs` at the latest. */
  begin(limitMs: number, done: () => void): void {
    const parts = this.#parts;
    const { env } = parts;
    const beganMs = env.clock.nowMs();
    this.#begun = true;
    env.log.info({ clients: parts.clients(), leads: parts.leads() }, "draining");
    const limit = env.timers.after(limitMs, () => this.#end?.("time is over"));
    this.#end = (how) => {
      this.#end = null;
      limit.cancel();
      const tookMs = env.clock.nowMs() - beganMs;
      env.log.info({ tookMs, left: parts.clients() }, `drained: ${how}`);
      parts.lastWords();
      // What was said last is on its way in the next turn.
      env.timers.soon(() => {
        parts.stop();
        done();
      });
    };
    parts.begin();
  }

  /** To be called after each input: ends it when there is nothing left to wait for. */
  check(): void {
    if (this.#end === null) return;
    if (this.#parts.clients() === 0 && this.#parts.isSettled())
      this.#end("all that was asked is answered");
  }
}
