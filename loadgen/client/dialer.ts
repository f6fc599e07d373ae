import type { Connection, Env, Timer } from "../../server/env.ts";
import type { Backoff } from "./backoff.ts";
import type { ServerAddress, ServerRotation } from "./server-rotation.ts";

/** Gets a connection, and how long the rest of the attempt may take. */
export type Dialed = (server: ServerAddress, connection: Connection, leftMs: number) => void;

/** Goes from server to server until one takes a connection; never gives up by itself. */
export class Dialer {
  readonly #env: Env;
  readonly #rotation: ServerRotation;
  readonly #backoff: Backoff;
  readonly #attemptTimeoutMs: number;
  readonly #dialed: Dialed;
  /** Rises with each attempt: what belongs to an older one is thrown away. */
  #attempt = 0;
  #timer: Timer | null = null;

  constructor(
    env: Env,
    rotation: ServerRotation,
    backoff: Backoff,
    attemptTimeoutMs: number,
    dialed: Dialed,
  ) {
    this.#env = env;
    this.#rotation = rotation;
    this.#backoff = backoff;
    this.#attemptTimeoutMs = attemptTimeoutMs;
    this.#dialed = dialed;
  }

  /** Tries the next server now. */
  dial(): void {
    const attempt = ++this.#attempt;
    const server = this.#rotation.next();
    const startMs = this.#env.clock.nowMs();
    this.#env.net.connect(server, this.#attemptTimeoutMs, (result) => {
      if (attempt !== this.#attempt) {
        if (!(result instanceof Error)) result.destroy();
        return;
      }
      if (result instanceof Error) return this.dialLater();
      const leftMs = startMs + this.#attemptTimeoutMs - this.#env.clock.nowMs();
      this.#dialed(server, result, Math.max(1, leftMs));
    });
  }

  /** Tries the next server after the backoff's delay. */
  dialLater(): void {
    this.#timer?.cancel();
    this.#timer = this.#env.timers.after(this.#backoff.nextDelayMs(), () => this.dial());
  }

  /** Nothing is dialed any more until the next call of `dial`. */
  stop(): void {
    this.#attempt++;
    this.#timer?.cancel();
  }
}
