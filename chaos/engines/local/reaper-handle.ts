/**
 * What must not be left behind: processes and directories, told to a `reaper.ts` process, which acts
 * when this process is gone, and to this process's own exit, which acts before.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

export class Reaper {
  readonly #child: ChildProcess;
  readonly #pids = new Set<number>();
  readonly #directories = new Set<string>();
  readonly #onExit = (): void => this.#cleanUpAtExit();

  private constructor(child: ChildProcess) {
    this.#child = child;
    process.on("exit", this.#onExit);
  }

  static async start(): Promise<Reaper> {
    const main = fileURLToPath(new URL("reaper.ts", import.meta.url));
    // In a session of its own: a Ctrl-C on the terminal is for its starter.
    const child = spawn(process.execPath, [main], {
      stdio: ["pipe", "ignore", "inherit"],
      detached: true,
    });
    // Should it die, nothing is lost but the cleaning up after a SIGKILL.
    child.stdin!.on("error", () => undefined);
    child.unref();
    await once(child, "spawn");
    return new Reaper(child);
  }

  addProcess(pid: number): void {
    this.#pids.add(pid);
    this.#tell(`+pid ${pid}`);
  }

  /** The process has ended and was reaped: its number may be somebody else's soon. */
  removeProcess(pid: number): void {
    this.#pids.delete(pid);
    this.#tell(`-pid ${pid}`);
  }

  /** Call it before the directory is made. Its name begins with `quorum-lab-`. */
  addDirectory(path: string): void {
    this.#directories.add(path);
    this.#tell(`+dir ${path}`);
  }

  /** Cleans up what there still is, and ends the reaper. */
  async stop(): Promise<void> {
    process.off("exit", this.#onExit);
    const ended = this.#child.exitCode !== null || this.#child.signalCode !== null;
    this.#child.ref();
    this.#child.stdin!.end();
    if (!ended) await once(this.#child, "exit");
    this.#removeDirectories();
  }

  #tell(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  #cleanUpAtExit(): void {
    for (const pid of this.#pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It is gone already, which is what is wanted.
      }
    }
    this.#removeDirectories();
  }

  #removeDirectories(): void {
    for (const directory of this.#directories) {
      try {
        rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 10 });
      } catch {
        // A dying server was still writing: the reaper process removes it in a moment.
      }
    }
  }
}
