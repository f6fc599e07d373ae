/** One process that simulates seeds with one mutant, or with none, from outside. */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { MUTANT_VARIABLE } from "./plant.ts";
import type { SeedReport } from "./seed-message.ts";
import type { SimulatorUrls } from "./simulator.ts";

const PROGRAM = fileURLToPath(new URL("./seed-process.ts", import.meta.url));
const PLANT_URL = new URL("./plant.ts", import.meta.url).href;
/** What is kept of what a process said on stderr: the end of it. */
const STDERR_CHARS = 2_000;
/** How long a process may take until it has loaded the simulator. */
const LOAD_LIMIT_MS = 60_000;

export type SeedResult =
  | Exclude<SeedReport, { type: "ready" | "broken" }>
  /** No answer within the limit: the process was killed. */
  | { readonly type: "hung"; readonly seed: number; readonly limitMs: number };

/** The process cannot simulate at all; the message says why. */
export class SeedProcessError extends Error {
  override readonly name = "SeedProcessError";
}

export class SeedRunner {
  readonly #child: ChildProcess;
  readonly #limitMs: number;
  #stderr = "";
  #settle: ((report: SeedReport | Error | "late") => void) | null = null;
  readonly #ready: Promise<SeedReport | "late">;
  #ended: Error | null = null;

  /** `mutant` null: the server as it is. `limitMs`: wall-clock time that one seed may take. */
  constructor(mutant: string | null, urls: SimulatorUrls, limitMs: number) {
    this.#limitMs = limitMs;
    this.#child = fork(PROGRAM, [urls.simulate, urls.drawPlan], {
      execArgv: ["--import", PLANT_URL],
      env: { ...process.env, [MUTANT_VARIABLE]: mutant ?? "" },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-STDERR_CHARS);
    });
    this.#child.on("message", (report: SeedReport) => this.#settle?.(report));
    this.#child.on("error", (error) => this.#over(error));
    this.#child.on("close", (code, signal) => {
      const said = this.#stderr.trim();
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      this.#over(new SeedProcessError(`the process ended ${how}${said === "" ? "" : `: ${said}`}`));
    });
    process.on("exit", this.#kill);
    this.#ready = this.#next(null, LOAD_LIMIT_MS);
    // Whoever asks for the first seed is told; if nobody does, it does not matter.
    this.#ready.catch(() => undefined);
  }

  /** The process is gone: it simulates nothing any more. */
  get isOver(): boolean {
    return this.#ended !== null || this.#child.killed;
  }

  /**
   * One seed at a time. Rejects with a `SeedProcessError` when the process cannot simulate at all; one
   * that ends in the middle of a seed counts as thrown there.
   */
  async run(seed: number): Promise<SeedResult> {
    const first = await this.#ready;
    if (first === "late") throw new SeedProcessError("the simulator was not loaded in time");
    if (first.type === "broken") throw new SeedProcessError(first.reason);
    let report: SeedReport | "late";
    try {
      report = await this.#next(seed, this.#limitMs);
    } catch (error) {
      if (!(error instanceof SeedProcessError)) throw error;
      return { type: "threw", seed, error: error.message };
    }
    if (report === "late") return { type: "hung", seed, limitMs: this.#limitMs };
    if (report.type === "ended" || report.type === "threw") return report;
    throw new SeedProcessError(`seed ${seed} was answered with ${report.type}`);
  }

  /** Kills the process; resolves when it is gone. */
  async stop(): Promise<void> {
    if (this.#ended !== null) return;
    const gone = new Promise<void>((resolve) => this.#child.once("close", () => resolve()));
    this.#kill();
    await gone;
  }

  /** A simulation that does not end hears nothing: no signal but this one ends it. */
  readonly #kill = (): void => void this.#child.kill("SIGKILL");

  /** Gives the order, if there is one, and waits for what comes. A late process is killed. */
  #next(seed: number | null, limitMs: number): Promise<SeedReport | "late"> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#kill();
        this.#settle?.("late");
      }, limitMs);
      this.#settle = (report) => {
        this.#settle = null;
        clearTimeout(timer);
        if (report instanceof Error) reject(report);
        else resolve(report);
      };
      if (this.#ended !== null) this.#settle(this.#ended);
      else if (seed !== null) this.#child.send({ seed });
    });
  }

  #over(error: Error): void {
    this.#ended ??= error;
    process.off("exit", this.#kill);
    this.#settle?.(this.#ended);
  }
}
