/**
 * What may be removed from a server's directories (ZooKeeper's PurgeTxnLog): everything that recovery
 * does not need though any but one of the retained snapshots turned out to be damaged.
 */
import type { Disk } from "../env.ts";
import { historyPath, logFiles, snapshotFiles } from "./layout.ts";
import type { Directories } from "./layout.ts";

/**
 * The files to remove, in the order in which to do it: a stop in the middle leaves nothing that recovery
 * would miss. Those of histories before the one in force; of this one all snapshots but the newest
 * `retain`; and then, the oldest first, the log files that end at or below the oldest of these.
 */
export function purgeable(
  disk: Disk,
  { dataDir, dataLogDir }: Directories,
  history: number,
  retain: number,
): string[] {
  const doomed: string[] = [];
  for (let old = 0; old < history; old++) {
    for (const folder of new Set([historyPath(dataDir, old), historyPath(dataLogDir, old)])) {
      for (const name of disk.list(folder)) doomed.push(`${folder}/${name}`);
    }
  }
  const snapshotFolder = historyPath(dataDir, history);
  const snapshots = snapshotFiles(snapshotFolder, disk.list(snapshotFolder));
  const oldest = snapshots.at(-retain);
  if (oldest === undefined) return doomed;
  doomed.push(...snapshots.slice(0, -retain).map(({ path }) => path));
  const logFolder = historyPath(dataLogDir, history);
  const logs = logFiles(logFolder, disk.list(logFolder));
  for (const [index, { path }] of logs.entries()) {
    const next = logs[index + 1];
    if (next === undefined || next.zxid > oldest.zxid) break;
    doomed.push(path);
  }
  return doomed;
}
