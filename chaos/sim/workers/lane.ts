/** One worker that simulates, seen from outside: one order at a time, each within a limit. */
import type { SimOrder, SimReport } from "./messages.ts";
import type { OpenTransport, Transport, WorkerProgram } from "./transport.ts";

export type SimResult =
  | Exclude<SimReport, { type: "ready" | "broken" }>
  /** No answer within the limit: the worker was ended. */
  | { readonly type: "hung"; readonly limitMs: number }
  /** The worker ended in the middle of it. */
  | { readonly type: "died"; readonly reason: string };

/** The worker cannot simulate at all; the message says why. */
export class SimWorkerError extends Error {
  override readonly name = "SimWorkerError";
}

export interface LaneOptions extends WorkerProgram {
  readonly open: OpenTransport;
  /** Wall-clock time that one simulation, or loading the simulator, may take. */
  readonly limitMs: number;
}

type Answer = SimReport | { readonly type: "hung" } | { readonly type: "died"; reason: string };

export class Lane {
  readonly #limitMs: number;
  readonly #transport: Transport;
  readonly #ready: Promise<Answer>;
  #settle: ((answer: Answer) => void) | null = null;
  #ended: string | null = null;
  #isKilled = false;

  constructor({ open, limitMs, ...program }: LaneOptions) {
    this.#limitMs = limitMs;
    this.#transport = open(program, {
      onReport: (report) => this.#settle?.(report),
      onEnd: (reason) => {
        this.#ended = reason;
        this.#settle?.({ type: "died", reason });
      },
    });
    this.#ready = this.#next(null);
  }

  /** It simulates nothing any more. */
  get isOver(): boolean {
    return this.#ended !== null || this.#isKilled;
  }

  /** Rejects with a `SimWorkerError` when the simulator cannot be loaded. */
  async ready(): Promise<void> {
    const first = await this.#ready;
    if (first.type === "ready") return;
    this.#isKilled = true;
    await this.#transport.kill();
    if (first.type === "broken" || first.type === "died") throw new SimWorkerError(first.reason);
    throw new SimWorkerError(`the simulator was not loaded within ${this.#limitMs} ms`);
  }

  /** After `ready`, and not before the last order was answered. Never rejects for what the run does. */
  async run(order: SimOrder): Promise<SimResult> {
    const answer = await this.#next(order);
    switch (answer.type) {
      case "ended":
      case "threw":
      case "died":
        return answer;
      case "hung":
        await this.stop();
        return { type: "hung", limitMs: this.#limitOf(order) };
      case "ready":
      case "broken":
        throw new SimWorkerError(`an order was answered with ${answer.type}`);
    }
  }

  /** Ends the worker at once; resolves when it is gone. */
  async stop(): Promise<void> {
    this.#isKilled = true;
    await this.#transport.kill();
  }

  #limitOf(order: SimOrder | null): number {
    return Math.min(this.#limitMs, order?.limitMs ?? this.#limitMs);
  }

  #next(order: SimOrder | null): Promise<Answer> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle?.({ type: "hung" }), this.#limitOf(order));
      this.#settle = (answer) => {
        this.#settle = null;
        clearTimeout(timer);
        resolve(answer);
      };
      if (this.#ended !== null) this.#settle({ type: "died", reason: this.#ended });
      else if (order !== null) this.#transport.send(order);
    });
  }
}
