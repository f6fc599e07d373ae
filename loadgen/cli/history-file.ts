import { appendFileSync, readFileSync, renameSync, writeFileSync } from "node:fs";

/** Lines that are kept; the file has at most twice as many before it is cut. */
export const HISTORY_LINES_MAX = 1000;

/**
 * The lines that a user typed, over all shells: `~/.quorum-lab-history`, readable by the user alone.
 * What names a secret (`addauth`) is not kept. A file that cannot be read or written costs the history,
 * not the shell: that is said once.
 */
export class HistoryFile {
  readonly #file: string;
  readonly #warn: (line: string) => void;
  #usable = true;

  constructor(file: string, warn: (line: string) => void) {
    this.#file = file;
    this.#warn = warn;
  }

  /** The newest lines first, as readline wants them; cuts the file when it has grown too long. */
  load(): string[] {
    return this.#attempt([], () => {
      const lines = readFileSync(this.#file, "utf8")
        .split("\n")
        .filter((line) => line !== "");
      const kept = lines.slice(-HISTORY_LINES_MAX);
      if (lines.length > 2 * HISTORY_LINES_MAX) this.#replace(kept);
      return kept.toReversed();
    });
  }

  /** Appends at once, so that shells side by side all keep their lines. */
  add(line: string): void {
    if (!this.#usable || line.trim() === "" || /^\s*(?:addauth|redo)\b/.test(line)) return;
    this.#attempt(undefined, () => appendFileSync(this.#file, `${line}\n`, { mode: 0o600 }));
  }

  #replace(lines: readonly string[]): void {
    const next = `${this.#file}.${process.pid}`;
    writeFileSync(next, `${lines.join("\n")}\n`, { mode: 0o600 });
    renameSync(next, this.#file);
  }

  #attempt<T>(otherwise: T, action: () => T): T {
    try {
      return action();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return otherwise;
      this.#usable = false;
      this.#warn(`The history is not kept: ${(error as Error).message}`);
      return otherwise;
    }
  }
}
