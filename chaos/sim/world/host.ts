/**
 * A machine with one process on it: a server or a client. The process has lives: what one life asked
 * for never reaches the next.
 */
import type { Env, Log, LogFields, Timer } from "../../../server/env.ts";
import { SeededRandom } from "../../../loadgen/seeded-random.ts";
import type { Disk } from "../../../server/env.ts";
import { nodeHash } from "../../../server/node-env/node-hash.ts";
import type { SimEvent } from "./event-queue.ts";
import type { Network } from "./network.ts";
import type { World } from "./world.ts";

/** Wall time at the begin of every run: a simulated world is always of the same day. */
const EPOCH_MS = 1_800_000_000_000;

export class Host {
  readonly world: World;
  readonly name: string;
  readonly index: number;
  readonly address: string;
  readonly random: SeededRandom;
  readonly #network: Network;
  /** What came while it stood still, in its order. */
  readonly backlog: SimEvent[] = [];
  #life = 0;
  #running = false;
  #powered = true;
  #paused = false;
  /** Its clocks run this much faster than time. */
  #rate = 1;
  #monotonicMs = 0;
  #rateSinceMs = 0;
  #wallOffsetMs = 0;

  constructor(
    world: World,
    network: Network,
    identity: { name: string; index: number; address: string },
  ) {
    this.world = world;
    this.#network = network;
    this.name = identity.name;
    this.index = identity.index;
    this.address = identity.address;
    this.random = world.random.fork(identity.name);
    network.add(this);
  }

  /** Rises whenever the process ends. */
  get life(): number {
    return this.#life;
  }
  get running(): boolean {
    return this.#running;
  }
  /** False: the machine is off, and nothing answers for it. */
  get powered(): boolean {
    return this.#powered;
  }
  get paused(): boolean {
    return this.#paused;
  }

  /** A process begins: the Env that it lives in. */
  boot(disk: Disk): Env {
    this.#running = true;
    this.#powered = true;
    return this.#env(disk);
  }

  /** The process ends without a word; its connections break at once, as its system closes them. */
  kill(): void {
    this.#end();
    this.#network.hostEnded(this, true);
  }

  /** The machine ends: nobody is told, until it is on again and knows nothing of old connections. */
  cutPower(): void {
    this.#end();
    this.#powered = false;
    this.#network.hostEnded(this, false);
  }

  /** Its process goes on, but nobody hears anything over the connections that it has now. */
  loseConnections(): void {
    this.#network.silence(this);
  }

  pause(): void {
    this.#paused = true;
  }
  resume(): void {
    this.#paused = false;
    for (const event of this.backlog.splice(0)) this.world.again(event);
  }

  jumpClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** From now on its clocks gain `ppm` millionths (lose, if negative). */
  skewClock(ppm: number): void {
    this.#monotonicMs = this.nowMs;
    this.#rateSinceMs = this.world.nowMs;
    this.#rate = 1 + ppm / 1_000_000;
  }

  /** Its own monotonic time. */
  get nowMs(): number {
    return this.#monotonicMs + (this.world.nowMs - this.#rateSinceMs) * this.#rate;
  }

  #end(): void {
    this.#life++;
    this.#running = false;
    this.#paused = false;
    this.backlog.length = 0;
  }

  #env(disk: Disk): Env {
    const { world, random } = this;
    const life = this.#life;
    // What a dead process still says (it was in the middle of something when it died) nobody hears.
    const lives = (): boolean => this.#life === life;
    const none: Timer = { cancel: () => undefined };
    return {
      disk,
      clock: {
        nowMs: () => this.nowMs,
        wallMs: () => Math.floor(EPOCH_MS + this.nowMs + this.#wallOffsetMs),
      },
      timers: {
        after: (delayMs, run) => {
          if (!lives()) return none;
          // Never early, as the contract of timers has it, whatever rounding does.
          const event = world.after(delayMs / this.#rate + 1e-6, this, run);
          return { cancel: () => void (event.run = null) };
        },
        soon: (run) => void (lives() && world.atTurnEnd(this, run)),
      },
      random: {
        float: () => random.float(),
        bytes: (length) => Buffer.from(Array.from({ length }, () => random.below(256))),
      },
      hash: nodeHash,
      net: this.#network.of(this, lives),
      log: this.#log(),
    };
  }

  #log(): Log {
    const write =
      (level: "debug" | "info" | "warn" | "error") =>
      (fields: LogFields, message: string): void => {
        if (level !== "debug")
          this.world.count(`log: ${message.replaceAll(/0x[0-9a-f]+|\d+/g, "N").slice(0, 80)}`);
        if (!this.world.isTraced) return;
        const shown = Object.entries(fields).map(([key, value]) => `${key}=${String(value)}`);
        const text = [message, ...shown].join(" ");
        this.world.record({ kind: "log", atMs: this.world.nowMs, host: this.name, level, text });
      };
    return {
      debug: write("debug"),
      info: write("info"),
      warn: write("warn"),
      error: write("error"),
    };
  }
}
