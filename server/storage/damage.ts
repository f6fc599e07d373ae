/**
 * What an operator is told when a data directory cannot be used.
 */
import type { ServerId } from "../ids.ts";
import { StorageError } from "./storage.ts";

export const DAMAGE_REMEDY =
  "Restore the file from a copy; or, only while all other servers of the ensemble are up and in " +
  "sync, move this server's data directories away: it then fetches everything from the leader";

export const OWNER_REMEDY = "Correct myid, or give this server its own dataDir and dataLogDir";

/** `found` says what is wrong with `path`, as a clause. */
export function damageError(path: string, found: string): StorageError {
  return new StorageError(`${path}: ${found}; nothing was changed. ${DAMAGE_REMEDY}`);
}

export function ownerError(path: string, owner: ServerId, sid: ServerId): StorageError {
  return new StorageError(
    `${path}: ${ownerFound(owner, sid)}; nothing was changed. ${OWNER_REMEDY}`,
  );
}

/** The clause of a place in a file where something is wrong. */
export function damagedAt(offset: number, found: string): string {
  return `damaged at offset ${offset} (${found})`;
}

/** The clause of a file that belongs to another server. */
export function ownerFound(owner: ServerId, sid: ServerId): string {
  return `the directory holds the data of server ${owner}, this is server ${sid}`;
}
