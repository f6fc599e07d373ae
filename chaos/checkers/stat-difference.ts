/**
 * Part of C2: a Stat against the znode as the model has it.
 */
import type { StatRecord } from "../../results/history.ts";
import { formatZxid } from "../../server/ids.ts";
import { cversionOf } from "../model/model-znode.ts";
import type { ModelZnode } from "../model/model-znode.ts";
import { isSessionOwner } from "./txn-changes.ts";

/**
 * In words, the first field that is not as it should be (`version 3 instead of 4`); null when none
 * differs. A field that is not known, or was not taken down, is left out.
 */
export function statDifference(stat: StatRecord, node: ModelZnode): string | null {
  return (
    zxidDifference("czxid", stat.czxid, node.czxid) ??
    zxidDifference("mzxid", stat.mzxid, node.mzxid) ??
    zxidDifference("pzxid", stat.pzxid, node.pzxid) ??
    difference("version", stat.version, node.version) ??
    difference("cversion", stat.cversion, cversionOf(node)) ??
    difference("aversion", stat.aversion, node.aversion) ??
    difference("numChildren", stat.numChildren, node.numChildren) ??
    difference("dataLength", stat.dataLength, node.dataLength) ??
    difference("ctime", stat.ctimeMs, node.ctimeMs) ??
    difference("mtime", stat.mtimeMs, node.mtimeMs) ??
    ownerDifference(stat.ephemeralOwner, node.owner)
  );
}

function difference(
  field: string,
  shown: number | undefined,
  due: number | undefined,
): string | null {
  if (shown === undefined || due === undefined || shown === due) return null;
  return `${field} ${shown} instead of ${due}`;
}

function zxidDifference(field: string, shown: number, due: number | undefined): string | null {
  if (due === undefined || shown === due) return null;
  return `${field} ${formatZxid(shown)} instead of ${formatZxid(due)}`;
}

/** A Stat shows the owners that are sessions, and no others. */
function ownerDifference(shown: string, owner: string | undefined): string | null {
  if (owner === undefined) return null;
  const due = isSessionOwner(owner) ? owner : "0x0";
  return shown === due ? null : `ephemeralOwner ${shown} instead of ${due}`;
}
