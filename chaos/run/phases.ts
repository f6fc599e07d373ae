import type { RunFile } from "../../results/schema.ts";

type Phase = RunFile["phases"][number];

/** What a run was doing when: one phase after the other, without gaps. */
export class Phases {
  readonly #nowMs: () => number;
  readonly #done: Phase[] = [];
  #name = "";
  #fromMs = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get current(): string {
    return this.#name;
  }

  /** Ends the present phase and begins the next. */
  begin(name: string): void {
    const nowMs = this.#nowMs();
    if (this.#name !== "") this.#done.push({ name: this.#name, fromMs: this.#fromMs, toMs: nowMs });
    this.#name = name;
    this.#fromMs = nowMs;
  }

  /** All phases; the present one ends now. */
  end(): Phase[] {
    this.begin("");
    return this.#done;
  }
}
