/**
 * What an operator is told when a data directory cannot be used.
 */
import type { ServerId } from "../ids.ts";
import { StorageError } from "./storage.ts";

const REMEDY =
  "Restore the file from a copy; or, only while all other servers of the ensemble are up and in " +
  "sync, move this server's data directories away: it then fetches everything from the leader";

/** `found` says what is wrong with `path`, as a clause. */
export function damageError(path: string, found: string): StorageError {
  return new StorageError(`${path}: ${found}; nothing was changed. ${REMEDY}`);
}

export function ownerError(path: string, owner: ServerId, sid: ServerId): StorageError {
  return new StorageError(
    `${path}: the directory holds the data of server ${owner}, this is server ${sid}; nothing was ` +
      "changed. Correct myid, or give this server its own dataDir and dataLogDir",
  );
}
