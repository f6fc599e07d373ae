import type { LoadClient } from "../load-client.ts";
import { Schedule } from "../schedule.ts";
import { allConnected, drainAndClose, ensureZnodes, pause } from "./lifecycle.ts";
import type { Workload, WorkloadContext } from "./workload.ts";

/** Many sessions watch one znode that a writer changes: every change is told to all of them. */
export interface WatchHotSpotSpec {
  readonly kind: "watch-hot-spot";
  readonly watchers: number;
  /** Between two changes; it should leave time for all watchers to set their watch again. */
  readonly intervalMs: number;
  readonly valueBytes: number;
  readonly sessionTimeoutMs: number;
}

export const WATCH_HOT_SPOT: WatchHotSpotSpec = {
  kind: "watch-hot-spot",
  watchers: 200,
  intervalMs: 500,
  valueBytes: 64,
  sessionTimeoutMs: 10_000,
};

/** Before a watch that could not be set is tried again. */
const REARM_MS = 20;

export class WatchHotSpot implements Workload {
  readonly #spec: WatchHotSpotSpec;
  readonly #context: WorkloadContext;
  readonly #watchers: readonly LoadClient[];
  readonly #writer: LoadClient;
  readonly #path: string;
  readonly #schedule: Schedule;
  #stopped = false;

  constructor(spec: WatchHotSpotSpec, context: WorkloadContext) {
    this.#spec = spec;
    this.#context = context;
    const { sessionTimeoutMs } = spec;
    this.#path = `${context.root}/hot`;
    this.#writer = context.open({ renewSession: true, sessionTimeoutMs });
    this.#watchers = Array.from({ length: spec.watchers }, () =>
      context.open({ renewSession: true, sessionTimeoutMs }),
    );
    context.recorder.fanOut.watchers = spec.watchers;
    const arrivals = { kind: "constant", perSecond: 1000 / spec.intervalMs } as const;
    this.#schedule = new Schedule(context.env, arrivals, context.random, (intendedMs) =>
      this.#change(intendedMs),
    );
  }

  get lateness(): Workload["lateness"] {
    return this.#schedule.lateness;
  }

  async setup(): Promise<void> {
    const { env } = this.#context;
    await allConnected([this.#writer, ...this.#watchers]);
    await ensureZnodes(env, this.#writer, [this.#path], this.#spec.valueBytes);
    await Promise.all(this.#watchers.map((client) => this.#watch(client)));
  }

  begin(): void {
    this.#schedule.start();
  }
  pause(): void {
    this.#schedule.stop();
  }
  async stop(): Promise<void> {
    this.pause();
    await this.#writer.idle();
    this.#stopped = true;
    await drainAndClose([this.#writer, ...this.#watchers]);
  }

  #change(intendedMs: number): void {
    const data = this.#writer.value(this.#spec.valueBytes);
    const { fanOut } = this.#context.recorder;
    this.#writer.run(
      { type: "setData", path: this.#path, data, version: -1 },
      (result, op) => {
        if (result.stat !== null) fanOut.changed(result.stat.version, op.sentMs);
      },
      intendedMs,
    );
  }

  /** Keeps one session's watch set; fulfilled when it is set for the first time. */
  #watch(client: LoadClient): Promise<void> {
    const { env, recorder } = this.#context;
    const { fanOut } = recorder;
    /** The version that the watch was left at; null while it is not set. */
    let version: number | null = null;
    return new Promise((ready) => {
      const arm = (): void => {
        if (this.#stopped) return;
        client.run({ type: "getData", path: this.#path, watch: true }, (result) => {
          if (result.stat !== null) {
            version = result.stat.version;
            ready();
          } else if (client.zk.state !== "closed") {
            void pause(env, REARM_MS).then(arm);
          }
        });
      };
      client.observe({
        watch: () => {
          if (version !== null) fanOut.delivered(version + 1, env.clock.nowMs());
          version = null;
          arm();
        },
        session: (change) => {
          if (change.event === "disconnected") fanOut.disturbed();
          // A session's end takes its watch along; a reconnect sets it again by itself.
          if (change.event === "expired") {
            version = null;
            void client.settled().then(arm);
          }
        },
      });
      arm();
    });
  }
}
