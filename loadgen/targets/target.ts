import type { NetAddress } from "../../server/env.ts";
import type { ServerAddress } from "../client/server-rotation.ts";

/** A system under test that speaks ZooKeeper's client protocol. */
export interface Target {
  readonly name: string;
  /**
   * Starts an ensemble and waits until each server serves clients. Throws with what went wrong, or
   * with the signal's reason when that ends it early; then nothing is left of it.
   */
  start(signal?: AbortSignal): Promise<RunningTarget>;
}

export interface RunningTarget {
  readonly servers: readonly ServerAddress[];
  /** The processes of the servers that run now, for their CPU time and memory. */
  readonly pids: readonly number[];
  /** Where the servers answer over HTTP, in the order of `servers`; empty if they do not. */
  readonly admin: readonly NetAddress[];
  /** The server that says that it leads; null while none does, or more than one. */
  leader(): Promise<number | null>;
  /** Ends that server with SIGKILL; fulfilled when the process is gone. */
  kill(server: number): Promise<void>;
  /** Asks that server to end (SIGTERM), and kills it when it has not after 3 s. */
  end(server: number): Promise<void>;
  /** Removes all that a server which is down has on its disk: it joins as a new one. */
  wipe(server: number): Promise<void>;
  /**
   * Starts a server that is down, with its data; fulfilled when it has joined and serves clients.
   * Throws with what went wrong.
   */
  restart(server: number, signal?: AbortSignal): Promise<void>;
  /** Ends all processes and removes their directories. */
  stop(): Promise<void>;
}
