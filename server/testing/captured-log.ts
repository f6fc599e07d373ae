/** A log that tests can look at, and wait for. */
import type { Log, LogFields } from "../env.ts";

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: LogFields;
}

export class CapturedLog implements Log {
  readonly lines: LogLine[] = [];
  readonly #waiting = new Set<{
    test: (line: LogLine) => boolean;
    found: (line: LogLine) => void;
  }>();

  debug(fields: LogFields, message: string): void {
    this.#add({ level: "debug", fields, message });
  }
  info(fields: LogFields, message: string): void {
    this.#add({ level: "info", fields, message });
  }
  warn(fields: LogFields, message: string): void {
    this.#add({ level: "warn", fields, message });
  }
  error(fields: LogFields, message: string): void {
    this.#add({ level: "error", fields, message });
  }

  /** Warnings and errors from line `from` on. */
  complaints(from = 0): LogLine[] {
    return this.lines.slice(from).filter(({ level }) => level === "warn" || level === "error");
  }

  /** Resolves with the first line from `from` on whose message has `text`. */
  waitFor(text: string, from = 0): Promise<LogLine> {
    const test = ({ message }: LogLine): boolean => message.includes(text);
    const present = this.lines.slice(from).find(test);
    if (present) return Promise.resolve(present);
    return new Promise((found) => this.#waiting.add({ test, found }));
  }

  #add(line: LogLine): void {
    this.lines.push(line);
    for (const waiting of this.#waiting) {
      if (!waiting.test(line)) continue;
      this.#waiting.delete(waiting);
      waiting.found(line);
    }
  }
}
