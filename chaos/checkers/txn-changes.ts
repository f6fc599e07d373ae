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
  if (txn.type === "reconfig") return [{ ...txn, type: "setData", path: "/zookeeper/config" }];
  if (txn.type !== "multi") return [txn];
  const { parts = [], ...whole } = txn;
  const changes: ServerTxn[] = [];
  for (const part of parts) {
    if (part.type === "check" || part.type === "error") continue;
    changes.push({ ...whole, ...part, type: part.type });
  }
  return changes;
}

/** A transaction that is no multi, or a part of one: its zxid and session are those of the transaction. */
export type Change = ServerTxn | ServerTxnPart;

/** As `changesOf`, for who goes through a whole log: without an object for each. */
export function eachChange(txn: ServerTxn, visit: (change: Change, txn: ServerTxn) => void): void {
  if (txn.type === "reconfig") {
    visit({ ...txn, type: "setData", path: "/zookeeper/config" }, txn);
  } else if (txn.type !== "multi") {
    visit(txn, txn);
  } else {
    for (const part of txn.parts ?? []) {
      if (part.type !== "check" && part.type !== "error") visit(part, txn);
    }
  }
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
