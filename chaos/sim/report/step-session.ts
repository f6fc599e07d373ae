/**
 * Somebody goes through a run with keys: what each key writes to the terminal.
 */
import { FILTER_HELP, parseFilter } from "./step-filter.ts";
import { stepLine } from "./step-lines.ts";
import { passes } from "./steps.ts";
import type { Step, StepFilter } from "./steps.ts";

export interface SessionLook {
  readonly color: boolean;
  /** Of the terminal, which may change its size; undefined: not known. */
  readonly columns: () => number | undefined;
}

const HELP = "space: next  n: fault  v: violation  a: all the rest  /: filter  q: quit";
const CLEAR_LINE = "\r\u001b[K";
const COLUMNS_UNKNOWN = 100;
const ESCAPE = "\u001b";
const DOWN = "\u001b[B";
const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
const BACKSPACES: ReadonlySet<string> = new Set(["\u007f", "\b"]);

export class StepSession {
  over = false;
  readonly #steps: readonly Step[];
  readonly #look: SessionLook;
  #filter: StepFilter;
  /** The first step that was not shown. */
  #at = 0;
  /** The filter as far as it is typed; null: nothing is being typed. */
  #typed: string | null = null;

  constructor(steps: readonly Step[], filter: StepFilter, look: SessionLook) {
    this.#steps = steps;
    this.#filter = filter;
    this.#look = look;
  }

  begin(): string {
    return this.#prompt();
  }

  end(): string {
    return CLEAR_LINE;
  }

  /** What is to be written because of the key. */
  key(key: string): string {
    if (key === CTRL_C || key === CTRL_D) {
      this.over = true;
      return "";
    }
    if (this.#typed !== null) return this.#typing(key, this.#typed);
    switch (key) {
      case " ":
      case "\r":
      case "\n":
      case DOWN:
        return this.#to((step) => passes(step, this.#filter));
      case "n":
        return this.#to((step) => step.fault, "no fault follows");
      case "v":
        return this.#to((step) => step.kind === "violation", "the violation is not ahead");
      case "a":
        return this.#rest();
      case "/":
        this.#typed = "";
        return `${CLEAR_LINE}filter (${FILTER_HELP}): `;
      case "q":
        this.over = true;
        return "";
      default:
        return this.#prompt();
    }
  }

  /** Shows the next step that is wanted; those before it that pass the filter are counted. */
  #to(wanted: (step: Step) => boolean, none = "the end of the run"): string {
    const found = this.#steps.findIndex((step, at) => at >= this.#at && wanted(step));
    if (found < 0) return this.#say(none);
    const skipped = this.#steps
      .slice(this.#at, found)
      .filter((step) => passes(step, this.#filter)).length;
    this.#at = found + 1;
    const before = skipped === 0 ? "" : `${" ".repeat(12)}… ${skipped} steps\n`;
    return `${CLEAR_LINE}${before}${this.#line(this.#steps[found] as Step)}\n${this.#prompt()}`;
  }

  #rest(): string {
    const rest = this.#steps.slice(this.#at).filter((step) => passes(step, this.#filter));
    this.#at = this.#steps.length;
    const lines = rest.map((step) => `${this.#line(step)}\n`).join("");
    return `${CLEAR_LINE}${lines}${this.#prompt()}`;
  }

  #typing(key: string, typed: string): string {
    if (key === "\r" || key === "\n") {
      this.#typed = null;
      return this.#setFilter(typed);
    }
    if (key === ESCAPE) {
      this.#typed = null;
      return this.#prompt();
    }
    if (BACKSPACES.has(key)) {
      this.#typed = typed.slice(0, -1);
      return typed === "" ? "" : "\b \b";
    }
    // Keys that are no characters (arrows …) have no place in a filter.
    if (key.startsWith(ESCAPE) || key < " ") return "";
    this.#typed = typed + key;
    return key;
  }

  #setFilter(text: string): string {
    try {
      this.#filter = parseFilter(text);
    } catch (error) {
      return this.#say((error as Error).message);
    }
    const left = this.#steps.slice(this.#at).filter((step) => passes(step, this.#filter)).length;
    return this.#say(`${left} steps ahead`);
  }

  #line(step: Step): string {
    const columns = this.#look.columns() ?? COLUMNS_UNKNOWN;
    return stepLine(step, { color: this.#look.color, columns });
  }

  #say(text: string): string {
    return `${CLEAR_LINE}${" ".repeat(12)}(${text})\n${this.#prompt()}`;
  }

  #prompt(): string {
    const columns = this.#look.columns() ?? COLUMNS_UNKNOWN;
    const done = `[${this.#at}/${this.#steps.length}] ${HELP}`;
    return `${CLEAR_LINE}${done.slice(0, Math.max(0, columns - 1))}`;
  }
}
