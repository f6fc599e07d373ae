import type { Env } from "../../server/env.ts";
import type { ServerAddress } from "../client/server-rotation.ts";
import type { LoadClient, LoadClientOptions } from "../load-client.ts";
import type { Recorder } from "../recorder.ts";
import type { SeededRandom } from "../seeded-random.ts";

/** A running workload: prepared, begun, and ended in this order by the runner. */
export interface Workload {
  /** Opens sessions and creates znodes; fulfilled when arrivals may begin. */
  setup(): Promise<void>;
  /** Begins arrivals, or goes on with them after `pause`. */
  begin(): void;
  /** No new arrivals; what is under way goes on. */
  pause(): void;
  /** Stops arrivals, lets what is in flight end, closes the sessions. */
  stop(): Promise<void>;
  /** Arrivals that were handed out late, and how late at most: 0 where nothing is scheduled. */
  readonly lateness: {
    readonly arrivals: number;
    readonly late: number;
    readonly lateMaxMs: number;
  };
}

/** What a workload is given to work with. */
export interface WorkloadContext {
  readonly env: Env;
  readonly servers: readonly ServerAddress[];
  readonly recorder: Recorder;
  /** The workload's own source: other workloads do not change what it draws. */
  readonly random: SeededRandom;
  /** The znode that all the workload's znodes are below; it exists when `setup` is called. */
  readonly root: string;
  /** Makes and connects a client with the next number of the run. */
  open(options: ClientChoice): LoadClient;
}

/** What workloads may choose for a client. */
export type ClientChoice = Partial<
  Pick<
    LoadClientOptions,
    | "sessionTimeoutMs"
    | "firstServer"
    | "renewSession"
    | "backoff"
    | "attemptTimeoutMs"
    | "queueLimit"
    | "opTimeoutMs"
    | "resume"
    | "servers"
  >
>;

/** What is said of a workload that has no schedule. */
export const UNSCHEDULED = { arrivals: 0, late: 0, lateMaxMs: 0 } as const;
