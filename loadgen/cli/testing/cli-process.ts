/** The shell as users run it: a process of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

export interface Ended {
  /** 128 and the signal's number when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class CliProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  #stdout = "";
  #stderr = "";
  readonly #waiting = new Set<() => void>();

  constructor(...args: readonly string[]) {
    this.child = spawn(process.execPath, [MAIN, ...args], { stdio: "pipe" });
    this.child.stdout.on("data", (chunk: Buffer) => {
      this.#stdout += chunk.toString("latin1");
      for (const wake of this.#waiting) wake();
      this.#waiting.clear();
    });
    this.child.stderr.on("data", (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.ended = new Promise((resolve) => {
      this.child.once("close", (code) =>
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr }),
      );
    });
  }

  /** Waits until stdout has the text. */
  async printed(text: string): Promise<void> {
    while (!this.#stdout.includes(text)) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }
}
