import type { KeyInput } from "../report/stepper.ts";
import type { SimulatorUrls } from "../workers/simulator.ts";

/** What the command has of the process that it runs in. */
export interface SimIo {
  readonly stdin: KeyInput;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborted by Ctrl-C: all workers are ended, and what was found is told. */
  readonly end: AbortSignal;
  /** Takes the place of the simulator; for tests. */
  readonly simulator?: SimulatorUrls;
}

/** design.md §5. */
export const EXIT_PASS = 0;
export const EXIT_FAIL = 1;
export const EXIT_USAGE = 2;
export const EXIT_NO_VERDICT = 3;

const COLUMNS = 100;

/** How text for this stream is laid out. */
export function lookOf(stream: NodeJS.WriteStream): { color: boolean; columns: number } {
  // A terminal that does not know how wide it is says 0.
  return { color: stream.isTTY && stream.hasColors(), columns: stream.columns || COLUMNS };
}
