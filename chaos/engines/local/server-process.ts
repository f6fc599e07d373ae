/**
 * One server of a local ensemble: a process that is started, killed, paused and started again, with
 * the same files and ports.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { CrashRecord } from "../../../results/history.ts";
import type { LogTail } from "./log-tail.ts";
import type { Reaper } from "./reaper-handle.ts";

const CRASH_LINES = 20;
const STATE_TIMEOUT_MS = 2_000;
const STATE_POLL_MS = 2;

export interface ServerProcessOptions {
  readonly id: number;
  /** The program that is run with `configFile`, and the directory that it runs in. */
  readonly mainFile: string;
  readonly configFile: string;
  readonly directory: string;
  readonly log: LogTail;
  readonly reaper: Reaper;
  readonly nowMs: () => number;
  /** The process ended, and nobody had asked for it. */
  readonly crashed: (crash: CrashRecord) => void;
}

export class ServerProcess {
  readonly id: number;
  readonly #options: ServerProcessOptions;
  #child: ChildProcess | null = null;
  #paused = false;
  /** Somebody asked for the end of the current process. */
  #endExpected = false;

  constructor(options: ServerProcessOptions) {
    this.id = options.id;
    this.#options = options;
  }

  get running(): boolean {
    return this.#child !== null;
  }

  /** The process's number; null when there is none. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Resolves when the process is there, long before it serves. Throws when it runs already. */
  async start(): Promise<void> {
    if (this.#child !== null) throw new Error(`server ${this.id} runs already`);
    const { mainFile, configFile, directory, log, reaper } = this.#options;
    const child = spawn(process.execPath, [mainFile, configFile, "--exit-with-parent"], {
      cwd: directory,
      stdio: ["pipe", "ignore", "pipe"],
      // In a session of its own: a Ctrl-C on the terminal is for the process that runs the lab.
      detached: true,
    });
    // The pipe is there to break when this process is gone; that it breaks when the server is, is no news.
    child.stdin!.on("error", () => undefined);
    child.stderr!.setEncoding("utf8").on("data", (text: string) => log.write(text));
    this.#child = child;
    this.#paused = false;
    this.#endExpected = false;
    // Not "exit": what the server wrote last is still on its way then.
    child.once("close", (code, signal) => this.#ended(child, code, signal));
    if (child.pid !== undefined) reaper.addProcess(child.pid);
    try {
      await once(child, "spawn");
    } catch (error) {
      this.#child = null;
      throw error;
    }
  }

  /** Resolves when the process is gone and what it wrote was read. Throws when there is none. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const child = this.#requireChild("kill");
    this.#endExpected = true;
    const closed = once(child, "close");
    child.kill(signal);
    // A stopped process takes no other signal than SIGKILL before it goes on.
    if (this.#paused && signal !== "SIGKILL") child.kill("SIGCONT");
    await closed;
  }

  /** Hurries up a `kill` that was asked for with a signal that may be ignored. */
  forceKill(): void {
    this.#child?.kill("SIGKILL");
  }

  /** Stops the process as it is (SIGSTOP); resolves when the system says that it is stopped. */
  async pause(): Promise<void> {
    const child = this.#requireChild("pause");
    child.kill("SIGSTOP");
    this.#paused = true;
    await this.#awaitStopped(child, true);
  }

  /** Lets a paused process go on; resolves when the system says that it does. */
  async resume(): Promise<void> {
    const child = this.#requireChild("resume");
    child.kill("SIGCONT");
    this.#paused = false;
    await this.#awaitStopped(child, false);
  }

  #requireChild(action: string): ChildProcess {
    if (this.#child === null) {
      throw new Error(`cannot ${action} server ${this.id}: it does not run`);
    }
    return this.#child;
  }

  async #awaitStopped(child: ChildProcess, expected: boolean): Promise<void> {
    const deadlineMs = performance.now() + STATE_TIMEOUT_MS;
    while (isStopped(child.pid as number, expected) !== expected) {
      if (performance.now() > deadlineMs) {
        const wanted = expected ? "stopped" : "running again";
        throw new Error(`server ${this.id} is not ${wanted} after ${STATE_TIMEOUT_MS} ms`);
      }
      await new Promise((resolve) => setTimeout(resolve, STATE_POLL_MS));
    }
    if (this.#child !== child) throw new Error(`server ${this.id} ended meanwhile`);
  }

  #ended(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    const { id, log, reaper, nowMs, crashed } = this.#options;
    this.#child = null;
    this.#paused = false;
    log.endOfLife();
    if (child.pid !== undefined) reaper.removeProcess(child.pid);
    if (this.#endExpected) return;
    const exit = signal === null ? `exit code ${code}` : `signal ${signal}`;
    crashed({ server: id, atMs: nowMs(), exit, lastLines: log.last(CRASH_LINES) });
  }
}

/**
 * Whether the process is stopped, by /proc; where there is none (macOS), `otherwise`. The state is the
 * first field behind the name, which is in parentheses and may hold anything.
 */
function isStopped(pid: number, otherwise: boolean): boolean {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return otherwise;
  }
  return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
}
