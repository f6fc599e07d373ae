/**
 * What the transactions of a server's log do to single znodes, and whom the znodes belong to.
 */
import type { ServerTxn, ServerTxnPart } from "../../results/history.ts";

/** As znodes say it that die with no session (`server/tree/ephemeral-owner.ts`), in hexadecimal. */
export const CONTAINER_OWNER = "0x8000000000000000";
const TTL_OWNER = /^0xff0000[0-9a-f]{10}$/;

/**
 * The single changes of a transaction, in order. Those of a multi count like transactions of their own
 * at its zxid; its checks and errors change nothing. A reconfig sets the data of /zookeeper/config.
 */
export function changesOf(txn: ServerTxn): readonly ServerTxn[] {
  if (txn.type === "reconfig") return [reconfigChange(txn)];
  if (txn.type !== "multi") return [txn];
  const changes: ServerTxn[] = [];
  for (const part of txn.parts ?? []) {
    const { type } = part;
    if (type !== "check" && type !== "error") changes.push(txnOfChange(txn, part, type));
  }
  return changes;
}

/** A transaction that is no multi, or a part of one: its zxid and session are those of the transaction. */
export type Change = ServerTxn | ServerTxnPart;

/** As `changesOf`, for who goes through a whole log: without an object for each. */
export function eachChange(txn: ServerTxn, visit: (change: Change, txn: ServerTxn) => void): void {
  if (txn.type === "reconfig") {
    visit(reconfigChange(txn), txn);
  } else if (txn.type !== "multi") {
    visit(txn, txn);
  } else {
    for (const part of txn.parts ?? []) {
      if (part.type !== "check" && part.type !== "error") visit(part, txn);
    }
  }
}

/** The change as a transaction of its own, at the zxid of the one that it belongs to. */
export function txnOfChange(txn: ServerTxn, change: Change, type: ServerTxn["type"]): ServerTxn {
  const { zxid, hash, session, cxid, timeMs } = txn;
  const { path, ephemeralOwner, value, version, code, dataLength, acl } = change;
  const own = { path, ephemeralOwner, value, version, code, dataLength, acl };
  // An optional field that is not there is undefined here, which comes to the same for readers.
  return { zxid, hash, type, session, cxid, timeMs, ...own } as ServerTxn;
}

/** What a reconfig does to the tree. */
export function reconfigChange(txn: ServerTxn): ServerTxn & { readonly type: "setData" } {
  return { ...txnOfChange(txn, txn, "setData"), type: "setData", path: "/zookeeper/config" };
}

/** Whether an owner is a session: not that of a persistent znode, a container, one with a time to live. */
export function isSessionOwner(owner: string): boolean {
  return owner !== "0x0" && owner !== CONTAINER_OWNER && !TTL_OWNER.test(owner);
}

/** Of an owner that stands for a time to live; its low 40 bits say how long, ms. */
export function timeToLiveMs(owner: string): number {
  return Number.parseInt(owner.slice(-10), 16);
}

/** Whether the servers themselves change the znode's data, by no transaction: they count for quotas. */
export function isKeptByServers(path: string): boolean {
  return path.startsWith("/zookeeper/quota/") && path.endsWith("/zookeeper_stats");
}
