import type { ServerAddress } from "../client/server-rotation.ts";

/** A system under test that speaks ZooKeeper's client protocol. */
export interface Target {
  readonly name: string;
  /** Starts an ensemble and waits until each server serves clients. Throws with what went wrong. */
  start(): Promise<RunningTarget>;
}

export interface RunningTarget {
  readonly servers: readonly ServerAddress[];
  /** The processes of the servers, for their CPU time and memory. */
  readonly pids: readonly number[];
  /** Ends all processes and removes their directories. */
  stop(): Promise<void>;
}
