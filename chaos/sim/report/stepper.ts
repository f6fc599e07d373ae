/**
 * A run step by step: at a terminal one step for every key, elsewhere all of it.
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Violation } from "../../../results/schema.ts";
import type { TraceEvent } from "../trace.ts";
import { stepLines } from "./step-lines.ts";
import { StepSession } from "./step-session.ts";
import { stepsOf } from "./steps.ts";
import type { StepFilter } from "./steps.ts";

/** `process.stdin`, or any stream of keys. */
export type KeyInput = NodeJS.ReadableStream & {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
};
/** `process.stdout`, or any stream of text. */
export type TextOutput = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  hasColors?(): boolean;
};

export interface StepperOptions {
  readonly input: KeyInput;
  readonly output: TextOutput;
  readonly violation?: Pick<Violation, "message" | "atMs"> | null;
  /** What is chosen at first. At a terminal pings are left out unless it says otherwise. */
  readonly filter?: StepFilter;
}

/**
 * Shows the run. Resolves when all was written, or when the person at the terminal has left. A reader
 * that goes away early (`| head`) is no error.
 */
export async function showSteps(
  trace: readonly TraceEvent[],
  options: StepperOptions,
): Promise<void> {
  const { input, output } = options;
  if (output.isTTY === true && input.isTTY === true) return runStepper(trace, options);
  const lines = stepLines(trace, {
    ...options.filter,
    violation: options.violation ?? null,
    color: output.isTTY === true && output.hasColors?.() === true,
  });
  try {
    await pipeline(Readable.from(withNewlines(lines)), output, { end: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
  }
}

/** The interactive mode, whatever the streams are. */
export async function runStepper(
  trace: readonly TraceEvent[],
  options: StepperOptions,
): Promise<void> {
  const { input, output } = options;
  const session = new StepSession(
    [...stepsOf(trace, options.violation ?? null)],
    options.filter ?? { heartbeats: false },
    { color: output.hasColors?.() === true, columns: () => output.columns },
  );
  const left = Promise.withResolvers<void>();
  const keys = (data: Buffer | string): void => {
    for (const key of keysOf(String(data))) {
      output.write(session.key(key));
      if (session.over) return left.resolve();
    }
  };
  input.on("data", keys);
  input.once("end", left.resolve);
  input.once("error", left.reject);
  input.setRawMode?.(true);
  try {
    output.write(session.begin());
    await left.promise;
  } finally {
    input.removeListener("data", keys);
    input.removeListener("end", left.resolve);
    input.removeListener("error", left.reject);
    input.setRawMode?.(false);
    input.pause();
    output.write(session.end());
  }
}

/** Keys one by one; those that a terminal sends as several characters are one. */
function keysOf(data: string): string[] {
  // oxlint-disable-next-line no-control-regex -- escape sequences are what it is about
  return data.match(/\u001b\[[\d;]*[A-Za-z~]|[^]/gu) ?? [];
}

function* withNewlines(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `${line}\n`;
}
