/**
 * What a local ensemble is made of, and what it says about its servers.
 */
import type { CrashRecord } from "../../../results/history.ts";

export const SERVERS_MAX = 15;

export interface LocalEnsembleOptions {
  /** How many voting servers, 1 to 15; their ids are 1, 2, … */
  readonly servers: number;
  /** How many observers, whose ids follow; 15 servers in all. By default none. */
  readonly observers?: number;
  /** Every link goes through a proxy of its own, so that it can be cut; else links are direct. */
  readonly proxied: boolean;
  /** Keys of zoo.cfg that every server gets. */
  readonly config?: Readonly<Record<string, string>>;
  /** Where the data is kept; by default a temporary directory, which is removed at the end. */
  readonly dataDir?: string;
  /** The client port of server 1; server 2 gets the next one, and so on. By default any free ones. */
  readonly clientPort?: number;
  /** Told every log line of every server. */
  readonly log?: (server: number, line: string) => void;
  /** Told when a server ends that nobody asked to end; it is in `crashes` then. */
  readonly crashed?: (crash: CrashRecord) => void;
  /** The clock of samples and crashes, ms; by default `performance.now`. */
  readonly nowMs?: () => number;
  /** Gives up the start; what was started is cleaned up. */
  readonly signal?: AbortSignal;
  /** The program that is run for each server. */
  readonly serverMain?: string;
}

export interface LocalServer {
  readonly id: number;
  /** As it was started. */
  readonly role: "participant" | "observer";
  /** Null while it does not run. */
  readonly pid: number | null;
  /** Where clients connect, `host:port`: the proxy when there is one, else the server itself. */
  readonly clientAddress: string;
  readonly directClientAddress: string;
  /** `host:port` of the admin port; never proxied. */
  readonly admin: string;
  readonly dataDir: string;
  readonly logFile: string;
}
