/**
 * The steps of a run as lines of text.
 */
import type { Violation } from "../../../results/schema.ts";
import { TerminalText } from "../../../results/terminal-text.ts";
import type { TextStyle } from "../../../results/terminal-text.ts";
import type { TraceEvent } from "../trace.ts";
import { seconds } from "./failure-facts.ts";
import { passes, stepsOf } from "./steps.ts";
import type { Step, StepFilter, StepTone } from "./steps.ts";

export interface StepLook {
  readonly color?: boolean;
  /** What goes beyond is cut off; absent: nothing is. */
  readonly columns?: number;
}

export interface StepOptions extends StepFilter, StepLook {
  /** Told where it belongs in time. */
  readonly violation?: Pick<Violation, "message" | "atMs"> | null;
}

const TIME_WIDTH = 10;
const WHERE_WIDTH = 11;

const STYLE: Readonly<Record<StepTone, TextStyle>> = {
  plain: [],
  quiet: "dim",
  good: "green",
  fault: ["bold", "yellow"],
  bad: ["bold", "red"],
};

/**
 * One line per step, without newlines, in the order of the trace. `1.502  s3 → s1    PROPOSAL …`:
 * seconds of the run, where, what.
 */
export function* stepLines(
  trace: Iterable<TraceEvent>,
  options: StepOptions = {},
): Generator<string> {
  for (const step of stepsOf(trace, options.violation ?? null))
    if (passes(step, options)) yield stepLine(step, options);
}

export function stepLine(step: Step, look: StepLook): string {
  const text = new TerminalText({
    color: look.color ?? false,
    columns: look.columns ?? Number.POSITIVE_INFINITY,
  });
  text.line(
    { text: `${seconds(step.atMs).padStart(TIME_WIDTH)}  `, style: "dim" },
    { text: step.where.padEnd(WHERE_WIDTH), style: "bold" },
    { text: `${step.text}`, style: STYLE[step.tone] },
  );
  return text.toString().trimEnd();
}
