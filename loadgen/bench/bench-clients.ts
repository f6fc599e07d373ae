import type { Timer } from "../../server/env.ts";
import { ZkClient } from "../client/client.ts";
import type { ClientObserver } from "../client/client-options.ts";
import type { OpResult } from "../client/request-op.ts";
import { SeededRandom } from "../seeded-random.ts";
import type { RunningTarget } from "../targets/target.ts";
import { until } from "./interruptible.ts";
import type { BenchContext } from "./part.ts";

const OPEN_MAX_MS = 30_000;

/** The clients that a benchmark has opened itself: while one is left, its process does not end. */
export class BenchClients {
  readonly #context: BenchContext;
  readonly #target: Pick<RunningTarget, "servers">;
  readonly #sessionTimeoutMs: number;
  readonly #observer: ClientObserver;
  readonly #open = new Set<ZkClient>();
  #opened = 0;

  /** `observer` is told what happens to every session but that it is created. */
  constructor(
    context: BenchContext,
    target: Pick<RunningTarget, "servers">,
    sessionTimeoutMs: number,
    observer: ClientObserver = {},
  ) {
    this.#context = context;
    this.#target = target;
    this.#sessionTimeoutMs = sessionTimeoutMs;
    this.#observer = observer;
  }

  /** How many were asked for, whether they are still there or not. */
  get opened(): number {
    return this.#opened;
  }

  /**
   * Fulfilled when the session is there: at server `first`, or else at the next one in turn. Throws when
   * it is not there in 30 s, and with the signal's reason.
   */
  async open(first?: number): Promise<ZkClient> {
    const { env, seed, signal } = this.#context;
    const { servers } = this.#target;
    const number = this.#opened++;
    const observer = this.#observer;
    let patience: Timer | null = null;
    const opened = new Promise<ZkClient>((resolve, reject) => {
      patience = env.timers.after(OPEN_MAX_MS, () =>
        reject(new Error(`session ${number + 1} could not be opened in ${OPEN_MAX_MS / 1000} s`)),
      );
      const client: ZkClient = new ZkClient({
        env,
        servers,
        random: new SeededRandom(seed + number),
        sessionTimeoutMs: this.#sessionTimeoutMs,
        firstServer: first ?? servers[number % servers.length]?.id ?? 1,
        observer: {
          ...observer,
          session: (change) => {
            if (change.event === "created") resolve(client);
            else observer.session?.(change);
          },
        },
      });
      this.#open.add(client);
      client.connect();
    });
    try {
      return await until(signal, opened);
    } finally {
      (patience as Timer | null)?.cancel();
    }
  }

  /** Closes the session, and waits for that. */
  async close(client: ZkClient): Promise<OpResult> {
    const result = await until(this.#context.signal, client.close());
    this.#open.delete(client);
    return result;
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open].map((client) => this.close(client)));
  }

  /** Drops all that are left at once. */
  abandon(): void {
    for (const client of this.#open) client.abandon();
    this.#open.clear();
  }
}
