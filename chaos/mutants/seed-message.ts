/** What a run of mutants and the processes that simulate say to each other, over Node's IPC channel. */

/** To a process: simulate this seed. */
export interface SeedOrder {
  readonly seed: number;
}

/** From a process. After `broken` it ends. */
export type SeedReport =
  /** Everything is loaded, and so is the mutant. */
  | { readonly type: "ready" }
  /** It cannot simulate at all: the mutant does not fit, or is in no module that was loaded. */
  | { readonly type: "broken"; readonly reason: string }
  | {
      readonly type: "ended";
      readonly seed: number;
      /** The checks that failed, by their ids. */
      readonly failed: readonly string[];
      /** The run failed as a whole, whatever the checks said (a server stopped …). */
      readonly isFailure: boolean;
      /** The first reason why it is no pass; "" if it is one. */
      readonly reason: string;
      readonly simulatedMs: number;
    }
  | { readonly type: "threw"; readonly seed: number; readonly error: string };
