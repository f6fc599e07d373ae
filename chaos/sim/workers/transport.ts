/** The way to a worker: a thread of this process or a process of its own. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { MUTANT_VARIABLE } from "../../mutants/plant.ts";
import { endThread } from "./end-thread.ts";
import type { SimOrder, SimReport } from "./messages.ts";
import type { SimulatorUrls } from "./simulator.ts";

export interface Transport {
  send(order: SimOrder): void;
  /** Ends the worker in the middle of whatever it does; resolves when it is gone. */
  kill(): Promise<void>;
}

export interface TransportEvents {
  readonly onReport: (report: SimReport) => void;
  /** The worker is gone, for this reason. Called once. */
  readonly onEnd: (reason: string) => void;
}

export interface WorkerProgram {
  readonly urls: SimulatorUrls;
  /** By its name; null: the product as it is. */
  readonly mutant: string | null;
}

export type OpenTransport = (program: WorkerProgram, events: TransportEvents) => Transport;

const PROGRAM = new URL("./sim-worker.ts", import.meta.url);
const PLANT_URL = new URL("../../mutants/plant.ts", import.meta.url).href;
/** What is kept of what a process said on stderr: the end of it. */
const STDERR_CHARS = 2_000;

export const openThread: OpenTransport = ({ urls, mutant }, { onReport, onEnd }) => {
  const worker = new Worker(PROGRAM, {
    argv: [urls.simulate, urls.drawPlan],
    execArgv: ["--import", PLANT_URL],
    env: { ...process.env, [MUTANT_VARIABLE]: mutant ?? "" },
  });
  let reason = "";
  worker.on("message", onReport);
  worker.on("error", (error) => (reason = messageOf(error)));
  const gone = new Promise<void>((resolve) =>
    worker.once("exit", (code) => {
      onEnd(`the thread ended${reason === "" ? ` with code ${code}` : `: ${reason}`}`);
      resolve();
    }),
  );
  return {
    send: (order) => worker.postMessage(order),
    async kill() {
      await endThread(worker);
      await gone;
    },
  };
};

export const openProcess: OpenTransport = ({ urls, mutant }, { onReport, onEnd }) => {
  const child = fork(fileURLToPath(PROGRAM), [urls.simulate, urls.drawPlan], {
    execArgv: ["--import", PLANT_URL],
    env: { ...process.env, [MUTANT_VARIABLE]: mutant ?? "" },
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-STDERR_CHARS);
  });
  child.on("message", onReport);
  child.on("error", (error) => (stderr += messageOf(error)));
  const gone = new Promise<void>((resolve) =>
    child.once("close", (code, signal) => {
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      const said = stderr.trim();
      onEnd(`the process ended ${how}${said === "" ? "" : `: ${said}`}`);
      resolve();
    }),
  );
  return {
    // An order to one that is gone is answered by its end.
    send: (order) => void child.send(order, () => undefined),
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
  };
};

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
