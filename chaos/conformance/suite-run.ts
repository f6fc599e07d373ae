/** One run of one suite against one ensemble. */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { ServerCommand } from "../../loadgen/targets/server-process.ts";
import type { RunningTarget } from "../../loadgen/targets/target.ts";
import { ServerDeeds } from "./server-deeds.ts";
import { parseSuiteLine } from "./suite-lines.ts";
import { suiteEnvironment } from "./suite.ts";

/** A suite that has not ended by then is broken off: some client of it waits for ever. */
const SUITE_MAX_MS = 420_000;
/** What is kept of a suite's log for the report of a failure, lines. */
const LOG_LINES_KEPT = 400;

export type CaseResult =
  | { readonly kind: "observed"; readonly observed: unknown }
  | { readonly kind: "error"; readonly error: string };

export interface SuiteResult {
  /** By the case's name, in the order in which they ended. */
  readonly cases: ReadonlyMap<string, CaseResult>;
  /** Null when the suite came to its end, else what stopped it. */
  readonly broken: string | null;
  /** The last lines that it logged. */
  readonly log: readonly string[];
  readonly durationMs: number;
}

export interface SuiteRunOptions {
  readonly command: ServerCommand;
  readonly directory: string;
  readonly target: RunningTarget;
  /** Only cases whose names contain it. */
  readonly casePattern: string;
  readonly signal: AbortSignal;
  /** Called with the name of each case that has ended. */
  readonly progress?: (caseName: string) => void;
}

/**
 * Runs the suite to its end. Never throws for what the suite does; throws the signal's reason when that
 * is aborted. The suite's process, and those that it started, are gone then.
 */
export async function runSuite(options: SuiteRunOptions): Promise<SuiteResult> {
  options.signal.throwIfAborted();
  const run = new SuiteRun(options);
  return run.done;
}

class SuiteRun {
  readonly done: Promise<SuiteResult>;
  readonly #options: SuiteRunOptions;
  readonly #child: ChildProcess;
  readonly #deeds: ServerDeeds;
  readonly #cases = new Map<string, CaseResult>();
  readonly #log: string[] = [];
  readonly #startedMs = performance.now();
  #broken: string | null = null;
  /** However this process ends, the suite must not outlive it. */
  readonly #atExit = (): void => this.#kill();

  constructor(options: SuiteRunOptions) {
    this.#options = options;
    this.#deeds = new ServerDeeds(options.target, options.signal);
    const { command, directory, target, casePattern } = options;
    const hosts = target.servers.map(({ host, port }) => `${host}:${port}`);
    // In a group of its own, so that what it starts can be ended with it.
    this.#child = spawn(command.file, command.args, {
      cwd: directory,
      env: suiteEnvironment(hosts, casePattern),
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    process.on("exit", this.#atExit);
    this.done = this.#run();
  }

  async #run(): Promise<SuiteResult> {
    const { signal } = this.#options;
    const child = this.#child;
    const end = new Promise<string | null>((resolve) => {
      child.once("error", (error) => resolve(`it could not be started: ${error.message}`));
      // What it left running holds its pipes open.
      child.once("exit", () => this.#kill());
      child.once("close", (code, by) => resolve(code === 0 ? null : `it ended with ${by ?? code}`));
    });
    // It breaks when the suite has died, which its end says.
    child.stdin?.on("error", () => undefined);
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on("line", (line) => this.#line(line));
    }
    if (child.stderr !== null) {
      createInterface({ input: child.stderr }).on("line", (line) => this.#keep(line));
    }
    const timer = setTimeout(() => this.#break(`no end after ${SUITE_MAX_MS} ms`), SUITE_MAX_MS);
    const abort = (): void => this.#kill();
    signal.addEventListener("abort", abort, { once: true });
    const ended = await end;
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    process.off("exit", this.#atExit);
    this.#kill();
    signal.throwIfAborted();
    if (this.#broken === null) this.#broken = ended;
    const durationMs = performance.now() - this.#startedMs;
    return { cases: this.#cases, broken: this.#broken, log: this.#log, durationMs };
  }

  #line(text: string): void {
    const line = parseSuiteLine(text);
    switch (line.kind) {
      case "log":
        return this.#keep(text);
      case "malformed":
        return this.#break(line.problem);
      case "case":
        return this.#ended(line.name, { kind: "observed", observed: line.observed });
      case "error":
        return this.#ended(line.name, { kind: "error", error: line.error });
      case "kill":
      case "start":
        this.#keep(text);
        void this.#do(line.kind, line.who);
    }
  }

  #ended(name: string, result: CaseResult): void {
    if (this.#cases.has(name)) return this.#break(`two cases are called "${name}"`);
    this.#keep(`${result.kind === "error" ? "broke" : "ended"}: ${name}`);
    this.#cases.set(name, result);
    this.#options.progress?.(name);
  }

  async #do(deed: "kill" | "start", who: string): Promise<void> {
    try {
      await this.#deeds[deed](who);
      this.#child.stdin?.write("ok\n");
    } catch (error) {
      this.#break(`${deed} ${who}: ${(error as Error).message}`);
    }
  }

  #keep(line: string): void {
    this.#log.push(line);
    if (this.#log.length > LOG_LINES_KEPT) this.#log.shift();
  }

  #break(reason: string): void {
    this.#broken ??= reason;
    this.#kill();
  }

  /** Harmless when it is gone. */
  #kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
