/** The snapshots of one history. */
import { createHash } from "node:crypto";
import type { Disk } from "../env.ts";
import { formatZxid, NO_ZXID } from "../ids.ts";
import type { Zxid } from "../ids.ts";
import { OWNER_REMEDY, ownerFound } from "../storage/damage.ts";
import type { NamedFile } from "../storage/layout.ts";
import { decodeSnapshot } from "../storage/snapshot-file.ts";
import type { Snapshot } from "../storage/snapshot-file.ts";
import { DataTree } from "../tree/data-tree.ts";
import { DecodeError } from "../wire/jute.ts";
import { finding } from "./advice.ts";
import type { DumpEvent } from "./events.ts";
import { isRead } from "./place.ts";
import type { HistoryPlace } from "./place.ts";
import { readWhole } from "./read-whole.ts";

/** Tells of each; returns the zxid of the newest one that is whole, 0 if there is none. */
export function* dumpSnapshots(
  disk: Disk,
  files: readonly NamedFile[],
  place: HistoryPlace,
): Generator<DumpEvent, Zxid, void> {
  let newest = NO_ZXID;
  const events: DumpEvent[] = [];
  // The newest first: whether recovery reads a file depends on those above it.
  for (const file of files.toReversed()) {
    const content = readWhole(disk, file.path);
    if (content === null) continue;
    const snapshot = typeof content === "string" ? content : decodeSnapshot(content, file.zxid);
    const needed = isRead(place.standing) && newest === NO_ZXID;
    const sizeBytes = typeof content === "string" ? 0 : content.length;
    events.unshift(...snapshotEvents(file, sizeBytes, snapshot, place, needed));
    if (typeof snapshot !== "string" && newest === NO_ZXID) newest = file.zxid;
  }
  yield* events;
  return newest;
}

function snapshotEvents(
  { path, zxid }: NamedFile,
  sizeBytes: number,
  snapshot: Snapshot | string,
  place: HistoryPlace,
  needed: boolean,
): DumpEvent[] {
  const shown = { kind: "snapshot", file: path, sizeBytes, zxid: formatZxid(zxid) } as const;
  if (typeof snapshot === "string") {
    const isFatal = place.refused?.startsWith(`${path}: `) === true;
    const verdict = isFatal ? "refused" : needed ? "passedOver" : "notRead";
    return [{ ...shown, content: null }, finding(path, null, `damaged (${snapshot})`, verdict)];
  }
  const { sid, data } = snapshot;
  const events: DumpEvent[] = [];
  const tree = treeOf(data);
  if (typeof tree === "string") {
    events.push({ ...shown, content: null });
    const found = `whole, but what it holds is no state: ${tree}`;
    events.push(finding(path, null, found, needed ? "refused" : "notRead"));
  } else {
    events.push({ ...shown, content: { sid, ...tree } });
  }
  if (place.sid !== null && sid !== place.sid) {
    const verdict = needed ? "refused" : "notRead";
    events.push(finding(path, null, ownerFound(sid, place.sid), verdict, OWNER_REMEDY));
  }
  return events;
}

function treeOf(data: Buffer): { znodes: number; sessions: number; digest: string } | string {
  try {
    const tree = DataTree.restore(data);
    const hash = createHash("sha256");
    // In the order of /commands/final: that of the file is the one in which znodes were written.
    for (const chunk of tree.serialize()) hash.update(chunk);
    return { znodes: tree.nodeCount, sessions: tree.sessions.size, digest: hash.digest("hex") };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return error.message;
  }
}
