/**
 * A conformance suite: a program in a client's own language, written with a client that others wrote.
 * It is given the ensemble in its environment and tells what that client saw, line by line (see
 * `suite-lines.ts`); the same program runs against every target, and what it saw must be the same.
 */
import type { ServerCommand } from "../../loadgen/targets/server-process.ts";

export interface Suite {
  /** As it is asked for on the command line: `kazoo`. */
  readonly name: string;
  /** The client and the language, for people. */
  readonly about: string;
  /** Null when all that the suite needs is installed, else a sentence with what is missing. */
  missing(environment: NodeJS.ProcessEnv): string | null;
  /**
   * Makes the program and says how to run it. `directory` is the suite's own, empty at first, removed
   * after the run. Throws with the compiler's words when it cannot be made.
   */
  build(directory: string, signal: AbortSignal): Promise<ServerCommand>;
}

/** `scheme digest` credentials of the super user of every target, in the suites' ZK_SUPER. */
export const SUPER_CREDENTIALS = "super:conformance";

/**
 * What a suite finds in its environment: ZK_HOSTS with the client addresses of the three servers,
 * ZK_SUPER with the super user's digest credentials, ZK_CASES with a text that the names of the cases
 * to run contain (empty: all).
 */
export function suiteEnvironment(hosts: readonly string[], casePattern: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ZK_HOSTS: hosts.join(","),
    ZK_SUPER: SUPER_CREDENTIALS,
    ZK_CASES: casePattern,
    LC_ALL: "C.UTF-8",
    TZ: "UTC",
  };
}
