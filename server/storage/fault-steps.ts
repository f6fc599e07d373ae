/**
 * The steps that a `FaultDisk` takes, one at a time: each can be done, fail, or be where the machine
 * stops.
 */

/** The smallest unit of work of a disk. */
export interface DiskStep {
  /** Counts from 0, over the disk's whole life. */
  readonly number: number;
  readonly type: StepType;
  readonly path: string;
  /** Bytes to be written, for `write`; else 0. */
  readonly bytes: number;
}

export type StepType = "create" | "write" | "cut" | "sync" | "rename" | "remove" | "syncDirectory";

/** What becomes of a step. */
export type StepFate =
  | { readonly type: "done" }
  /** A write may fail after some of its bytes. */
  | { readonly type: "fail"; readonly code: string; readonly writtenBytes?: number }
  /** The machine stops before the step; for a write, somewhere in it. */
  | { readonly type: "crash" };

export interface StepOptions {
  /** Runs a step later: at the end of this turn, or after the time that the disk takes for it. */
  readonly schedule: (run: () => void) => void;
  /** Uniform in [0, 1); decides what survives a power cut. */
  readonly random: () => number;
  /** Asked before each step; by default all are done. */
  readonly fate?: (step: DiskStep) => StepFate;
}

/** What a step does. For a write, `bytes` says how many of its bytes. Throws the system's error. */
export type Act = (bytes: number) => void;
export type StepDone = (error: (Error & { code?: string }) | null) => void;

export class DiskSteps {
  readonly #options: StepOptions;
  #taken = 0;
  #life = 0;
  #stopped = false;

  constructor(options: StepOptions) {
    this.#options = options;
  }

  get taken(): number {
    return this.#taken;
  }
  get stopped(): boolean {
    return this.#stopped;
  }

  /** The machine runs again: steps that were under way before it stopped never end. */
  restart(): void {
    this.#life++;
    this.#stopped = false;
  }

  /** Calls back in a later turn, unless the machine stops before. */
  later(run: () => void): void {
    const life = this.#life;
    this.#options.schedule(() => {
      if (life === this.#life && !this.#stopped) run();
    });
  }

  take(type: StepType, path: string, bytes: number, act: Act, done: StepDone): void {
    this.later(() => {
      const step = { number: this.#taken++, type, path, bytes };
      const fate = this.#options.fate?.(step) ?? { type: "done" };
      if (fate.type === "crash") {
        if (type === "write") act(Math.floor(this.#options.random() * (bytes + 1)));
        this.#stopped = true;
        return;
      }
      done(this.#execute(step, fate, act));
    });
  }

  #execute(step: DiskStep, fate: Exclude<StepFate, { type: "crash" }>, act: Act): Error | null {
    try {
      if (fate.type === "done") {
        act(step.bytes);
        return null;
      }
      if (fate.writtenBytes !== undefined) act(Math.min(fate.writtenBytes, step.bytes));
      return systemError(fate.code, step.type, step.path);
    } catch (error) {
      if (error instanceof Error && "code" in error) return error;
      throw error;
    }
  }
}

export function systemError(code: string, call: string, path: string): Error & { code: string } {
  return Object.assign(new Error(`${code}: ${call} '${path}'`), { code });
}
