/**
 * Somebody goes through a run with keys: what each key writes to the terminal.
 */
import { TerminalText } from "../../../results/terminal-text.ts";
import { FILTER_HELP, parseFilter } from "./step-filter.ts";
import { stepLine } from "./step-lines.ts";
import { passes } from "./steps.ts";
import type { Step, StepFilter } from "./steps.ts";

export interface SessionLook {
  readonly color: boolean;
  /** Of the terminal, which may change its size; undefined: not known. */
  readonly columns: () => number | undefined;
}

const HELP = "space: next  b: back  n: fault  v: violation  a: all the rest  /: filter  q: quit";
const FILTER_PROMPT = "filter: ";
const CLEAR_LINE = "\r\u001b[K";
const COLUMNS_UNKNOWN = 100;
const ESCAPE = "\u001b";
const UP = "\u001b[A";
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
      case "b":
      case UP:
        return this.#back();
      case "n":
        return this.#to((step) => step.fault, "no fault follows");
      case "v":
        return this.#to((step) => step.kind === "violation", "the violation is not ahead");
      case "a":
        return this.#rest();
      case "/":
        this.#typed = "";
        return `${CLEAR_LINE}${this.#help()}${this.#typingPrompt("")}`;
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

  /** Shows the step before the one that was shown last. */
  #back(): string {
    const found = this.#steps
      .slice(0, Math.max(0, this.#at - 1))
      .findLastIndex((step) => passes(step, this.#filter));
    if (found < 0) {
      this.#at = 0;
      return this.#say("the beginning of the run");
    }
    this.#at = found + 1;
    return `${CLEAR_LINE}${this.#line(this.#steps[found] as Step)}\n${this.#prompt()}`;
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
      return this.#typingPrompt(this.#typed);
    }
    // Keys that are no characters (arrows …) have no place in a filter.
    if (key.startsWith(ESCAPE) || key < " ") return "";
    this.#typed = typed + key;
    return this.#typingPrompt(this.#typed);
  }

  #setFilter(text: string): string {
    try {
      this.#filter = parseFilter(text);
    } catch (error) {
      return this.#say((error as Error).message);
    }
    const first = this.#steps.findIndex((step) => passes(step, this.#filter));
    // Whoever asks for a time that is over wants to see it.
    if (this.#filter.fromMs !== undefined && first >= 0) this.#at = Math.min(this.#at, first);
    const left = this.#steps.slice(this.#at).filter((step) => passes(step, this.#filter)).length;
    return this.#say(`${left} steps ahead`);
  }

  /** The line by line help of the filter, which stays on the screen. */
  #help(): string {
    const text = new TerminalText({ color: false, columns: this.#columns });
    text.paragraph(" ".repeat(12), FILTER_HELP);
    return text.toString();
  }

  /** The end of what is typed is what has to be seen. */
  #typingPrompt(typed: string): string {
    const room = Math.max(1, this.#columns - FILTER_PROMPT.length - 1);
    return `${CLEAR_LINE}${FILTER_PROMPT}${typed.slice(-room)}`;
  }

  get #columns(): number {
    // A terminal that does not know how wide it is says 0.
    return this.#look.columns() || COLUMNS_UNKNOWN;
  }

  #line(step: Step): string {
    return stepLine(step, { color: this.#look.color, columns: this.#columns });
  }

  #say(text: string): string {
    return `${CLEAR_LINE}${" ".repeat(12)}(${text})\n${this.#prompt()}`;
  }

  #prompt(): string {
    const done = `[${this.#at}/${this.#steps.length}] ${HELP}`;
    return `${CLEAR_LINE}${done.slice(0, Math.max(0, this.#columns - 1))}`;
  }
}
