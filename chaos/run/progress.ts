/**
 * What is shown while a scenario runs: on a terminal a few lines that are redrawn, elsewhere a plain
 * line now and then, and one for every phase.
 */
import { styleText } from "node:util";
import { createLogUpdate } from "log-update";

const REDRAW_MS = 250;
const PLAIN_LINE_MS = 5_000;
const BAR_CELLS = 24;

export interface ProgressState {
  readonly phase: string;
  readonly elapsedMs: number;
  /** The planned length, without start and end. */
  readonly plannedMs: number;
  readonly opsPerSecond: number;
  readonly writesPerSecond: number;
  readonly sessions: number;
  /** `server 2, epoch 3`, or why there is none. */
  readonly leader: string;
  /** The fault in force, if any. */
  readonly fault: string | null;
}

export class Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #live: ReturnType<typeof createLogUpdate> | null;
  readonly #state: () => ProgressState;
  readonly #timer: NodeJS.Timeout;

  /** `state` is asked whenever something is drawn. */
  constructor(stream: NodeJS.WriteStream, state: () => ProgressState) {
    this.#stream = stream;
    this.#state = state;
    this.#live = stream.isTTY ? createLogUpdate(stream) : null;
    const intervalMs = this.#live ? REDRAW_MS : PLAIN_LINE_MS;
    this.#timer = setInterval(() => this.#draw(), intervalMs);
  }

  /** Something happened that stays on the screen. */
  event(text: string): void {
    const line = `${time(this.#state().elapsedMs)}  ${text}`;
    if (this.#live) {
      this.#live.clear();
      this.#stream.write(`${line}\n`);
      this.#draw();
    } else this.#stream.write(`${line}\n`);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#live?.clear();
    this.#live?.done();
  }

  #draw(): void {
    const state = this.#state();
    if (this.#live) this.#live(liveLines(state).join("\n"));
    else this.#stream.write(`${plainLine(state)}\n`);
  }
}

function liveLines(state: ProgressState): string[] {
  const share = Math.min(1, state.elapsedMs / state.plannedMs);
  const full = Math.round(share * BAR_CELLS);
  const bar = "█".repeat(full) + "░".repeat(BAR_CELLS - full);
  const fault =
    state.fault === null ? styleText("dim", "none") : styleText(["bold", "yellow"], state.fault);
  return [
    "",
    `  ${bar} ${time(state.elapsedMs)} of about ${time(state.plannedMs)}   ${styleText("bold", state.phase)}`,
    `  load    ${rates(state)}`,
    `  leader  ${state.leader}`,
    `  fault   ${fault}`,
  ];
}

function plainLine(state: ProgressState): string {
  const fault = state.fault === null ? "" : ` | fault: ${state.fault}`;
  return `${time(state.elapsedMs)}  ${state.phase} | ${rates(state)} | leader: ${state.leader}${fault}`;
}

function rates({ opsPerSecond, writesPerSecond, sessions }: ProgressState): string {
  return `${Math.round(opsPerSecond)} ops/s, ${Math.round(writesPerSecond)} writes/s, ${sessions} sessions`;
}

function time(ms: number): string {
  return `${(ms / 1000).toFixed(1).padStart(5)} s`;
}
