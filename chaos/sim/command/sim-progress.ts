/** What is shown while seeds run: on a terminal lines that are redrawn, elsewhere one now and then. */
import { styleText } from "node:util";
import { createLogUpdate } from "log-update";

const REDRAW_MS = 250;
const PLAIN_LINE_MS = 5_000;
const BAR_CELLS = 24;

export interface SimProgressState {
  /** `seeds`, `shrinking seed 17: 3 faults …` */
  readonly phase: string;
  /** From 0 to 1; null: nobody knows. */
  readonly share: number | null;
  /** What there is by now. */
  readonly figures: string;
  readonly elapsedMs: number;
}

export class SimProgress {
  readonly #stream: NodeJS.WriteStream;
  readonly #live: ReturnType<typeof createLogUpdate> | null;
  readonly #state: () => SimProgressState;
  readonly #timer: NodeJS.Timeout;

  /** `state` is asked whenever something is drawn. */
  constructor(stream: NodeJS.WriteStream, state: () => SimProgressState) {
    this.#stream = stream;
    this.#state = state;
    this.#live = stream.isTTY ? createLogUpdate(stream) : null;
    this.#timer = setInterval(() => this.#draw(), this.#live ? REDRAW_MS : PLAIN_LINE_MS);
  }

  /** Something that stays on the screen. */
  event(line: string): void {
    this.#live?.clear();
    this.#stream.write(`${line}\n`);
    if (this.#live) this.#draw();
  }

  /** Lets something else write to the terminal. */
  pause(write: () => void): void {
    this.#live?.clear();
    write();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#live?.clear();
    this.#live?.done();
  }

  #draw(): void {
    const { phase, share, figures, elapsedMs } = this.#state();
    const time = `${(elapsedMs / 1_000).toFixed(0)} s`;
    if (this.#live)
      this.#live(`\n  ${bar(share)}${styleText("bold", phase)}  ${time}\n  ${figures}`);
    else this.#stream.write(`${time.padStart(6)}  ${phase} | ${figures}\n`);
  }
}

function bar(share: number | null): string {
  if (share === null) return "";
  const full = Math.round(Math.min(1, share) * BAR_CELLS);
  return `${"█".repeat(full)}${"░".repeat(BAR_CELLS - full)} `;
}
