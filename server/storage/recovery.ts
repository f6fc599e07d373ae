/**
 * Finding out what a server's directories hold. Reads only: what has to be changed is returned as
 * repairs, so that nothing on disk changes before everything has been checked.
 */
import type { Disk } from "../env.ts";
import { formatZxid, NO_ZXID } from "../ids.ts";
import type { ServerId, Zxid } from "../ids.ts";
import { damageError, ownerError } from "./damage.ts";
import {
  historyNumbers,
  historyPath,
  logFiles,
  snapshotFiles,
  statePath,
  TEMPORARY_SUFFIX,
} from "./layout.ts";
import type { Directories, NamedFile } from "./layout.ts";
import { recoverLog } from "./log-recovery.ts";
import type { LogFile } from "./log-recovery.ts";
import type { Repair } from "./repair.ts";
import { decodeSnapshot } from "./snapshot-file.ts";
import type { Snapshot } from "./snapshot-file.ts";
import { decodeState, encodeState } from "./state-file.ts";
import type { ServerState } from "./state-file.ts";
import { StorageError } from "./storage.ts";
import type { Recovered, RecoveryVisitor } from "./storage.ts";

export interface Recovery {
  readonly recovered: Recovered;
  readonly state: ServerState;
  readonly logFiles: readonly LogFile[];
  readonly repairs: readonly Repair[];
}

/** Throws a `StorageError` if the directories cannot be used. */
export function recoverDirectories(
  disk: Disk,
  directories: Directories,
  sid: ServerId,
  visitor: RecoveryVisitor,
): Recovery {
  const repairs: Repair[] = [];
  const notes: string[] = [];
  const state = recoverState(disk, directories, sid);
  const path = statePath(directories.dataDir);
  // Also when it is there: what a process wrote that was killed before its fsync can be read, but is
  // not durable. Nothing may be promised on the ground of it before it is. (The log: likewise.)
  repairs.push({ type: "write", path, content: encodeState(state) });
  const snapshotFolder = historyPath(directories.dataDir, state.history);
  const logFolder = historyPath(directories.dataLogDir, state.history);
  for (const folder of new Set([snapshotFolder, logFolder])) {
    for (const name of disk.list(folder)) {
      if (!name.endsWith(TEMPORARY_SUFFIX)) continue;
      repairs.push({ type: "remove", path: `${folder}/${name}` });
      notes.push(`${folder}/${name}: removed, it was being written when the server stopped`);
    }
  }
  const { snapshot, damaged } = newestSnapshot(disk, snapshotFolder, sid);
  const snapshotZxid = snapshot?.zxid ?? NO_ZXID;
  if (snapshot !== null) visitor.snapshot(snapshot.zxid, snapshot.data);
  const log = recoverLog(
    { disk, sid, files: logFiles(logFolder, disk.list(logFolder)), snapshotZxid },
    visitor,
  );
  const needed = Math.max(state.baseZxid, ...damaged.map((file) => file.zxid));
  if (log.lastZxid < needed) throw uncovered(snapshotFolder, state, snapshotZxid, damaged, log);
  for (const file of damaged) {
    notes.push(
      `${file.path}: not used (${file.problem}); recovered from ` +
        `${snapshot === null ? "the log alone" : `snapshot ${formatZxid(snapshotZxid)} and the log`}`,
    );
  }
  return {
    recovered: {
      epochs: state.epochs,
      snapshotZxid,
      lastZxid: log.lastZxid,
      committedZxid: log.committedZxid,
      notes: [...notes, ...log.notes],
    },
    state,
    logFiles: log.files,
    repairs: [...repairs, ...log.repairs],
  };
}

/** Reads the state file; a fresh state for directories that hold nothing. */
function recoverState(disk: Disk, directories: Directories, sid: ServerId): ServerState {
  const path = statePath(directories.dataDir);
  if (disk.exists(path)) {
    const state = decodeState(disk.read(path), path);
    if (state.sid !== sid) throw ownerError(path, state.sid, sid);
    return state;
  }
  for (const directory of [directories.dataDir, directories.dataLogDir]) {
    const orphan = firstHistoryFile(disk, directory);
    if (orphan === null) continue;
    throw new StorageError(
      `${path}: missing, although there is ${orphan}. It holds the epochs this server has promised ` +
        "to follow: restore it from a copy, or correct dataDir and dataLogDir if they are mixed up",
    );
  }
  return { sid, epochs: { accepted: 0, current: 0 }, history: 0, baseZxid: NO_ZXID };
}

/** Any log or snapshot below a directory: the state file is always there before the first one. */
function firstHistoryFile(disk: Disk, directory: string): string | null {
  for (const history of new Set([0, ...historyNumbers(disk.list(directory))])) {
    const path = historyPath(directory, history);
    const names = disk.list(path);
    const file = [...logFiles(path, names), ...snapshotFiles(path, names)][0];
    if (file !== undefined) return file.path;
  }
  return null;
}

interface DamagedSnapshot extends NamedFile {
  readonly problem: string;
}

function newestSnapshot(
  disk: Disk,
  folder: string,
  sid: ServerId,
): { snapshot: Snapshot | null; damaged: DamagedSnapshot[] } {
  const damaged: DamagedSnapshot[] = [];
  for (const file of snapshotFiles(folder, disk.list(folder)).toReversed()) {
    const snapshot = decodeSnapshot(disk.read(file.path), file.zxid);
    if (typeof snapshot !== "string") {
      if (snapshot.sid !== sid) throw ownerError(file.path, snapshot.sid, sid);
      return { snapshot, damaged };
    }
    damaged.push({ ...file, problem: snapshot });
  }
  return { snapshot: null, damaged };
}

function uncovered(
  folder: string,
  state: ServerState,
  snapshotZxid: Zxid,
  damaged: readonly DamagedSnapshot[],
  log: { readonly lastZxid: Zxid },
): StorageError {
  const rest =
    snapshotZxid === NO_ZXID ? "the log" : `snapshot ${formatZxid(snapshotZxid)} and the log`;
  const reach = `and ${rest} reach only to ${formatZxid(log.lastZxid)}`;
  const worst = damaged[0];
  if (worst !== undefined) return damageError(worst.path, `damaged (${worst.problem}), ${reach}`);
  const base = formatZxid(state.baseZxid);
  return damageError(folder, `the snapshot of ${base}, this history's base, is missing, ${reach}`);
}
