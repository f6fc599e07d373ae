/** All planted bugs, area by area. */
import type { Mutant } from "../mutant.ts";
import { BROADCAST_MUTANTS } from "./broadcast.ts";
import { CLIENT_MUTANTS } from "./client.ts";
import { RECONFIGURATION_MUTANTS } from "./reconfiguration.ts";
import { REQUEST_MUTANTS } from "./requests.ts";
import { SESSION_MUTANTS } from "./sessions.ts";
import { SNAPSHOT_MUTANTS } from "./snapshots.ts";
import { STORAGE_MUTANTS } from "./storage.ts";
import { SYNCHRONIZATION_MUTANTS } from "./synchronization.ts";
import { TREE_MUTANTS } from "./tree.ts";
import { WATCH_MUTANTS } from "./watches.ts";

export const MUTANTS: readonly Mutant[] = [
  ...SYNCHRONIZATION_MUTANTS,
  ...BROADCAST_MUTANTS,
  ...STORAGE_MUTANTS,
  ...SNAPSHOT_MUTANTS,
  ...SESSION_MUTANTS,
  ...WATCH_MUTANTS,
  ...REQUEST_MUTANTS,
  ...TREE_MUTANTS,
  ...RECONFIGURATION_MUTANTS,
  ...CLIENT_MUTANTS,
];

/** The mutant of this name; undefined: there is none. */
export function mutantNamed(name: string): Mutant | undefined {
  return MUTANTS.find((mutant) => mutant.name === name);
}
