/**
 * A bit of a durable file flips while its machine is off.
 *
 * Only where it can be noticed: the last write of a log cannot be told from one that a power cut tore,
 * and a server may cut it off and vote without it. What is before it, and snapshots, are checked.
 */
import type { FaultDisk } from "../../../server/storage/fault-disk.ts";
import { historyPath, logFiles, snapshotFiles } from "../../../server/storage/layout.ts";
import type { FaultMaker } from "./active-fault.ts";

const MAX_HISTORIES = 1_000;
const LATEST_CHANCE = 0.5;

export const bitRot: FaultMaker<"bit-rot"> = (context, fault) => {
  const { ensemble, outages, world } = context;
  const { rotten } = ensemble;
  const server = context.target(fault.target);
  if (server === null || context.reconfigures || ensemble.lost.has(server.id)) return null;
  // Never more than a minority over the whole run: the others keep every committed write.
  const minority = Math.ceil(ensemble.voters.length / 2) - 1;
  if (!rotten.has(server) && rotten.size >= minority) return null;
  const paths = perishable(server.disk);
  if (paths.length === 0) return null;
  // The latest is what a server needs most.
  const isLatest = world.random.float() < LATEST_CHANCE;
  const path = (isLatest ? paths.at(-1) : paths[world.random.below(paths.length)]) as string;
  outages.hold(server);
  server.cutPower();
  // The power cut may have taken the file along.
  if (!server.disk.exists(path) || server.disk.read(path).length === 0) {
    outages.release(server);
    return null;
  }
  rotten.add(server);
  const offset = world.random.below(server.disk.read(path).length);
  server.disk.rot(path, offset, 1 << world.random.below(8));
  return {
    description: `flipped a bit of byte ${offset} of ${path} on server ${server.id} while it was off`,
    servers: [server.id],
    links: [],
    noQuorum: false,
    heal: () => outages.release(server),
  };
};

/** Log files that others follow, and snapshots: of each history, the latest snapshot last. */
function perishable(disk: FaultDisk): string[] {
  const found: string[] = [];
  for (let history = 0; history < MAX_HISTORIES; history++) {
    const snapshots = historyPath("/data", history);
    const logs = historyPath("/log", history);
    if (!disk.exists(snapshots) && !disk.exists(logs)) break;
    const older = logFiles(logs, disk.list(logs)).slice(0, -1);
    found.push(...older.map(({ path }) => path));
    found.push(...snapshotFiles(snapshots, disk.list(snapshots)).map(({ path }) => path));
  }
  return found;
}
