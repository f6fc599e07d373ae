/** All planted bugs, area by area. */
import type { Edit, Mutant } from "../mutant.ts";
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

/**
 * The servers compare their states themselves, and one that differs stops: with that in place the checkers
 * would get to see nothing but servers that have stopped. So it is off wherever a bug is planted.
 */
const SELF_CHECKS_OFF: readonly Edit[] = [
  {
    file: "server/state-digests.ts",
    find: `    const leader = this.#parts.leader();
    switch (type) {`,
    replace: `    const leader = this.#parts.leader();
    if (type === "digest") return;
    switch (type) {`,
  },
  {
    file: "server/tree/data-tree.ts",
    find: `    if (contents.digest !== null && contents.digest !== this.#digest) {`,
    replace: `    if (contents.digest === -1) {`,
  },
];

const BUGS: readonly Mutant[] = [
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

export const MUTANTS: readonly Mutant[] = BUGS.map((bug) => ({
  ...bug,
  besides: SELF_CHECKS_OFF,
}));

/** The mutant of this name; undefined: there is none. */
export function mutantNamed(name: string): Mutant | undefined {
  return MUTANTS.find((mutant) => mutant.name === name);
}
