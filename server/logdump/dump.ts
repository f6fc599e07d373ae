/**
 * Walks through a server's directories and tells of everything that is there, damaged or not. Reads
 * only: nothing is locked, so the directories may be those of a server that runs; what it writes
 * meanwhile is then there or not.
 */
import type { Disk } from "../env.ts";
import { formatZxid } from "../ids.ts";
import type { ServerId } from "../ids.ts";
import {
  historyNumbers,
  historyPath,
  logFiles,
  snapshotFiles,
  statePath,
  TEMPORARY_SUFFIX,
} from "../storage/layout.ts";
import type { Directories } from "../storage/layout.ts";
import { recoverDirectories } from "../storage/recovery.ts";
import { readState, STATE_REMEDY } from "../storage/state-file.ts";
import type { ServerState } from "../storage/state-file.ts";
import { StorageError } from "../storage/storage.ts";
import type { DumpEvent, HistoryStanding, RecoveryVerdict } from "./events.ts";
import { dumpLogs } from "./log-files.ts";
import type { DumpOptions, HistoryPlace } from "./place.ts";
import { readWhole } from "./read-whole.ts";
import { dumpSnapshots } from "./snapshots.ts";

/** A server that runs may replace what recovery is just reading: then it is asked again. */
const RECOVERY_ATTEMPTS = 3;

/** Whether a server was ever run on these directories. */
export function holdsServer(disk: Disk, { dataDir, dataLogDir }: Directories): boolean {
  const names = [...disk.list(dataDir), ...disk.list(dataLogDir)];
  return disk.exists(statePath(dataDir)) || historyNumbers(names).length > 0;
}

/**
 * Everything in the directories, in the order: the server, each history with its snapshots and logs,
 * what a start would make of it. Throws the system's error when a directory cannot be listed.
 */
export function* dumpDirectories(
  disk: Disk,
  options: DumpOptions,
): Generator<DumpEvent, void, void> {
  const { dataDir, dataLogDir } = options;
  const state = yield* dumpState(disk, options);
  const sid = state?.sid ?? null;
  const verdict = recovery(disk, options, sid ?? (1 as ServerId));
  const numbers = historyNumbers([...disk.list(dataDir), ...disk.list(dataLogDir)]);
  for (const number of new Set(numbers)) {
    const standing = standingOf(number, state);
    const place: HistoryPlace = { standing, sid, refused: verdict.refused };
    yield { kind: "history", number, standing };
    const snapshotFolder = historyPath(dataDir, number);
    const logFolder = historyPath(dataLogDir, number);
    const snapshots = snapshotFiles(snapshotFolder, disk.list(snapshotFolder));
    const newest = yield* dumpSnapshots(disk, snapshots, place);
    yield* dumpLogs(disk, logFiles(logFolder, disk.list(logFolder)), place, newest, options);
    for (const folder of new Set([snapshotFolder, logFolder])) yield* dumpTemporary(disk, folder);
  }
  yield verdict;
}

function* dumpState(
  disk: Disk,
  { dataDir, dataLogDir }: Directories,
): Generator<DumpEvent, ServerState | null, void> {
  const stateFile = statePath(dataDir);
  const content = disk.exists(stateFile) ? readWhole(disk, stateFile) : null;
  const state = Buffer.isBuffer(content) ? readState(content) : (content ?? "missing");
  if (typeof state !== "string") {
    const { sid, epochs, history, baseZxid } = state;
    const { accepted: acceptedEpoch, current: currentEpoch } = epochs;
    const base = formatZxid(baseZxid);
    const shown = { sid, acceptedEpoch, currentEpoch, history, baseZxid: base };
    yield { kind: "server", dataDir, dataLogDir, stateFile, state: shown };
    return state;
  }
  yield { kind: "server", dataDir, dataLogDir, stateFile, state: null };
  yield {
    kind: "finding",
    file: stateFile,
    offset: null,
    found: state,
    verdict: "refused",
    advice: STATE_REMEDY,
  };
  return null;
}

function standingOf(number: number, state: ServerState | null): HistoryStanding {
  if (state === null) return "unknown";
  if (number === state.history) return "inForce";
  return number < state.history ? "replaced" : "beingInstalled";
}

function* dumpTemporary(disk: Disk, folder: string): Generator<DumpEvent, void, void> {
  for (const name of disk.list(folder)) {
    if (!name.endsWith(TEMPORARY_SUFFIX)) continue;
    const file = `${folder}/${name}`;
    const content = readWhole(disk, file);
    if (Buffer.isBuffer(content)) yield { kind: "temporary", file, sizeBytes: content.length };
  }
}

/** Asks recovery itself, which changes nothing before it has read everything. */
function recovery(disk: Disk, directories: Directories, sid: ServerId): RecoveryVerdict {
  const nothing = { snapshot: () => undefined, entry: () => undefined };
  let refused = "";
  for (let attempt = 1; attempt <= RECOVERY_ATTEMPTS; attempt++) {
    try {
      const { recovered } = recoverDirectories(disk, directories, sid, nothing);
      const { notes, snapshotZxid, lastZxid, committedZxid } = recovered;
      return {
        kind: "recovery",
        refused: null,
        notes,
        snapshotZxid: formatZxid(snapshotZxid),
        lastZxid: formatZxid(lastZxid),
        committedZxid: formatZxid(committedZxid),
      };
    } catch (error) {
      const isForeseen =
        error instanceof StorageError || (error instanceof Error && "code" in error);
      if (!isForeseen) throw error;
      refused = (error as Error).message;
    }
  }
  const unknown = { snapshotZxid: null, lastZxid: null, committedZxid: null };
  return { kind: "recovery", refused, notes: [], ...unknown };
}
