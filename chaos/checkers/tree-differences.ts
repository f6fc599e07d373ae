/**
 * Part of C1: in what two servers' final trees differ, as far as their final states tell. Of the tree
 * itself these have a digest and no more, but they name sessions, ephemerals and the log.
 */
import type { ServerFinal, ServerTxn } from "../../results/history.ts";
import { formatZxid } from "../../server/ids.ts";
import { describeTxn } from "./evidence.ts";

/** Items of one kind that are named; all others are counted. */
const ITEMS_SHOWN = 3;

/** For the evidence, at least one line. */
export function treeDifferences(one: ServerFinal, other: ServerFinal): string[] {
  const lines = [
    ...logDifference(one, other),
    ...onlyAt(one, other, "ephemeral", ephemeralsOf),
    ...onlyAt(other, one, "ephemeral", ephemeralsOf),
    ...onlyAt(one, other, "session", ({ sessions }) => sessions),
    ...onlyAt(other, one, "session", ({ sessions }) => sessions),
  ];
  if (lines.length > 0) return lines;
  return [
    "their logs, sessions and ephemerals are the same: it is in the data, the Stat or the ACL of a " +
      "znode, and a read of it at both servers tells which",
  ];
}

/** Where the logs first differ, in what both of them should have. */
function logDifference(one: ServerFinal, other: ServerFinal): string[] {
  const fromZxid = Math.max(one.logFromZxid, other.logFromZxid);
  const applied = ({ log, appliedZxid }: ServerFinal): ServerTxn[] =>
    log.filter(({ zxid }) => zxid > fromZxid && zxid <= appliedZxid);
  const own = applied(one);
  const others = applied(other);
  for (let at = 0; at < Math.max(own.length, others.length); at++) {
    const a = own[at];
    const b = others[at];
    if (a?.zxid === b?.zxid && a?.hash === b?.hash) continue;
    const zxid = Math.min(a?.zxid ?? Number.POSITIVE_INFINITY, b?.zxid ?? Number.POSITIVE_INFINITY);
    const has = (txn: ServerTxn | undefined): string =>
      txn?.zxid === zxid ? describeTxn(txn) : `nothing at ${formatZxid(zxid)}`;
    return [
      `their logs first differ there: server ${one.server} has ${has(a)}`,
      `and server ${other.server} has ${has(b)}`,
    ];
  }
  return [];
}

function ephemeralsOf({ ephemerals }: ServerFinal): string[] {
  return Object.entries(ephemerals).flatMap(([owner, paths]) =>
    paths.map((path) => `${path} of session ${owner}`),
  );
}

function onlyAt(
  one: ServerFinal,
  other: ServerFinal,
  what: string,
  itemsOf: (final: ServerFinal) => readonly string[],
): string[] {
  const others = new Set(itemsOf(other));
  const only = itemsOf(one).filter((item) => !others.has(item));
  if (only.length === 0) return [];
  const more = only.length > ITEMS_SHOWN ? ` and ${only.length - ITEMS_SHOWN} more` : "";
  return [
    `only server ${one.server} has the ${what} ${only.slice(0, ITEMS_SHOWN).join(", ")}${more}`,
  ];
}
