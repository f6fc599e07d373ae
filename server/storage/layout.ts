/**
 * Where the files of one server are, and what they are called.
 *
 *     DATADIR/state                         server id, epochs, and the number of the history in force
 *     DATADIR/history-N/snapshot.ZXID       the whole state at ZXID (hexadecimal)
 *     DATALOGDIR/history-N/log.ZXID         transactions from ZXID on
 *
 * A history is what the Zab paper calls by that name: the sequence of transactions that this server
 * has accepted. It is replaced as a whole when the server takes over another one's state; the new
 * one then gets the next number, and the old one stays as evidence but is never replayed.
 */
import type { Zxid } from "../ids.ts";

export interface Directories {
  readonly dataDir: string;
  readonly dataLogDir: string;
}

/** A file whose name carries a zxid. */
export interface NamedFile {
  readonly zxid: Zxid;
  readonly path: string;
}

/** Ends the names of files that were not complete when the server stopped. */
export const TEMPORARY_SUFFIX = ".tmp";

const HISTORY_PREFIX = "history-";
const HISTORY_NAME = /^history-(\d{1,15})$/;
const LOG_NAME = /^log\.([0-9a-f]{1,14})$/;
const SNAPSHOT_NAME = /^snapshot\.([0-9a-f]{1,14})$/;

export function statePath(dataDir: string): string {
  return `${dataDir}/state`;
}
/** The folder of a history in `dataDir` (its snapshots) or `dataLogDir` (its log). */
export function historyPath(directory: string, history: number): string {
  return `${directory}/${HISTORY_PREFIX}${history}`;
}
/** The numbers of the histories among the names in `dataDir` or `dataLogDir`, the lowest first. */
export function historyNumbers(names: readonly string[]): number[] {
  const digits = names.map((name) => HISTORY_NAME.exec(name)?.[1]);
  return digits
    .flatMap((number) => (number === undefined ? [] : [Number(number)]))
    .sort((a, b) => a - b);
}
export function logPath(dataLogDir: string, history: number, firstZxid: Zxid): string {
  return `${historyPath(dataLogDir, history)}/log.${firstZxid.toString(16)}`;
}
export function snapshotPath(dataDir: string, history: number, zxid: Zxid): string {
  return `${historyPath(dataDir, history)}/snapshot.${zxid.toString(16)}`;
}

/** The log files among `names`, the lowest zxid first. */
export function logFiles(folder: string, names: readonly string[]): NamedFile[] {
  return filesNamed(LOG_NAME, folder, names);
}
/** The snapshots among `names`, the lowest zxid first. */
export function snapshotFiles(folder: string, names: readonly string[]): NamedFile[] {
  return filesNamed(SNAPSHOT_NAME, folder, names);
}

function filesNamed(pattern: RegExp, folder: string, names: readonly string[]): NamedFile[] {
  const files: NamedFile[] = [];
  for (const name of names) {
    const digits = pattern.exec(name)?.[1];
    if (digits === undefined) continue;
    files.push({ zxid: Number.parseInt(digits, 16) as Zxid, path: `${folder}/${name}` });
  }
  return files.toSorted((a, b) => a.zxid - b.zxid);
}
