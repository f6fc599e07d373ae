/**
 * The log lines of one server over all its lives: all of them in a file up to a bound, the last ones
 * in memory for error messages.
 */
import { closeSync, openSync, writeSync } from "node:fs";

const LINES_KEPT = 100;
const LINE_KEPT_CHARS = 4_000;
const FILE_MAX_BYTES = 64 * 1024 * 1024;

export class LogTail {
  readonly path: string;
  readonly #onLine: (line: string) => void;
  readonly #file: number;
  readonly #lines: string[] = [];
  #partial = "";
  #fileBytes = 0;
  #closed = false;

  /** Appends to the file at `path`; `onLine` is told every line. */
  constructor(path: string, onLine: (line: string) => void) {
    this.path = path;
    this.#onLine = onLine;
    this.#file = openSync(path, "a");
  }

  /** What the server wrote, as it came in. */
  write(text: string): void {
    this.#writeFile(text);
    const lines = (this.#partial + text).split("\n");
    this.#partial = (lines.pop() ?? "").slice(0, LINE_KEPT_CHARS);
    for (const line of lines) this.#keep(line);
  }

  /** The server ended, perhaps in the middle of a line. */
  endOfLife(): void {
    if (this.#partial !== "") this.#keep(this.#partial);
    this.#partial = "";
  }

  /** The last `count` lines, the latest last. */
  last(count: number): readonly string[] {
    return this.#lines.slice(-count);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#file);
  }

  #keep(line: string): void {
    const kept = line.slice(0, LINE_KEPT_CHARS).trimEnd();
    if (kept === "") return;
    this.#lines.push(kept);
    if (this.#lines.length > LINES_KEPT) this.#lines.shift();
    this.#onLine(kept);
  }

  #writeFile(text: string): void {
    if (this.#closed || this.#fileBytes >= FILE_MAX_BYTES) return;
    this.#fileBytes += writeSync(this.#file, text);
    if (this.#fileBytes >= FILE_MAX_BYTES) writeSync(this.#file, "\n(the rest is not kept)\n");
  }
}
