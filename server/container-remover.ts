/**
 * Removes containers without children and znodes whose time to live is over, while this server leads
 * (ContainerManager of ZooKeeper): a pass over them at an interval, not too many in a minute.
 */
import type { ContainerConfig } from "./config.ts";
import type { Env, Timer } from "./env.ts";
import type { DataTree } from "./tree/data-tree.ts";
import { RemovalSweep } from "./tree/removal-sweep.ts";

/** Znodes that are looked at in one turn of the event loop. */
const LOOKED_AT_PER_TURN = 5_000;
const MINUTE_MS = 60_000;

export class ContainerRemover {
  readonly #env: Env;
  readonly #config: ContainerConfig;
  readonly #tree: DataTree;
  readonly #remove: (path: string) => void;
  readonly #input: (run: () => void) => void;
  readonly #removalIntervalMs: number;
  #timer: Timer | null = null;
  #stopped = false;

  /** `remove` is asked to propose the removal of one path, within `input`. */
  constructor(
    env: Env,
    config: ContainerConfig,
    tree: DataTree,
    remove: (path: string) => void,
    input: (run: () => void) => void,
  ) {
    this.#env = env;
    this.#config = config;
    this.#tree = tree;
    this.#remove = remove;
    this.#input = input;
    this.#removalIntervalMs = Math.floor(MINUTE_MS / config.maxPerMinute);
  }

  /** The first pass begins after a whole interval. */
  start(): void {
    this.#after(this.#config.checkIntervalMs, () => {
      this.#step(new RemovalSweep(this.#tree, this.#config.maxNeverUsedMs));
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #step(sweep: RemovalSweep): void {
    const step = sweep.step(this.#env.clock.wallMs(), LOOKED_AT_PER_TURN);
    switch (step.type) {
      case "over":
        this.start();
        return;
      case "more":
        this.#after(0, () => this.#step(sweep));
        return;
      case "remove":
        this.#remove(step.path);
        this.#after(this.#removalIntervalMs, () => this.#step(sweep));
        return;
    }
  }

  #after(delayMs: number, run: () => void): void {
    if (this.#stopped) return;
    this.#timer = this.#env.timers.after(delayMs, () => {
      if (!this.#stopped) this.#input(run);
    });
  }
}
