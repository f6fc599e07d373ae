import { spawn, type ChildProcess } from "node:child_process";

/** A server that was asked to end gets so long before it is killed. */
const STOP_MS = 3_000;
/** What a server says last is kept for the message of its failure, characters. */
const OUTPUT_KEPT = 4_000;

export interface ServerCommand {
  readonly file: string;
  readonly args: readonly string[];
}

/** One run of a server as a process of this machine. */
export class ServerProcess {
  readonly #child: ChildProcess;
  /** Fulfilled with a sentence when the process has ended. */
  readonly ended: Promise<string>;
  #output = "";

  /** `name` is what messages call it: `server 1`. */
  constructor(name: string, { file, args }: ServerCommand, directory: string) {
    // In a session of its own: a Ctrl-C on the terminal is for the benchmark, which ends its servers.
    const child = spawn(file, args, {
      cwd: directory,
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    this.#child = child;
    this.ended = new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(`${name} could not be started: ${error.message}`));
      child.once("exit", (code, signal) =>
        resolve(`${name} ended (${signal ?? `exit code ${code}`})`),
      );
    });
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString()).slice(-OUTPUT_KEPT);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
  }

  /** The last that it wrote to its outputs. */
  get output(): string {
    return this.#output;
  }
  /** Null when it has ended, or never began. */
  get pid(): number | null {
    const { pid, exitCode, signalCode } = this.#child;
    return pid === undefined || exitCode !== null || signalCode !== null ? null : pid;
  }

  /** Sends SIGKILL; harmless when it has ended. `ended` says when it is gone. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Asks it to end, and kills it when it has not after 3 s. */
  async stop(): Promise<void> {
    if (this.pid === null) return;
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.kill(), STOP_MS);
    await this.ended;
    clearTimeout(timer);
  }
}
