/**
 * Test support: a plain tree that applies transactions one by one, as naive as possible: what the
 * timeline's binary searches and the model are compared with.
 */
import type { ServerTxn, StatRecord } from "../../results/history.ts";
import { parentOf } from "./znode-path.ts";
import { isSessionOwner } from "./txn-changes.ts";

interface PlainNode {
  value: string | null;
  dataLength: number;
  acl: string;
  czxid: number;
  mzxid: number;
  pzxid: number;
  ctimeMs: number;
  mtimeMs: number;
  version: number;
  aversion: number;
  creations: number;
  deletions: number;
  owner: string;
}

export class PlainTree {
  appliedZxid = 0;
  readonly nodes = new Map<string, PlainNode>();

  apply(txn: ServerTxn): void {
    this.appliedZxid = txn.zxid;
    const { parts, ...whole } = txn;
    for (const part of parts ?? []) {
      if (part.type !== "check") this.apply({ ...whole, ...part, type: part.type });
    }
    if (txn.type === "create") this.#create(txn);
    if (txn.type === "delete") this.#remove(txn.path, txn.zxid);
    if (txn.type === "closeSession")
      for (const path of txn.removed ?? []) this.#remove(path, txn.zxid);
    const node = this.nodes.get(txn.path);
    if (node === undefined) return;
    if (txn.type === "setACL") {
      node.acl = txn.acl ?? "";
      node.aversion++;
    }
    if (txn.type !== "setData") return;
    node.value = txn.value ?? null;
    node.dataLength = txn.dataLength ?? 0;
    node.version++;
    node.mzxid = txn.zxid;
    node.mtimeMs = txn.timeMs;
  }

  children(path: string): string[] {
    const prefix = path === "/" ? "/" : `${path}/`;
    const below = [...this.nodes.keys()].filter((one) => one !== path && parentOf(one) === path);
    return below.map((one) => one.slice(prefix.length)).sort();
  }

  owned(session: string): string[] {
    return [...this.nodes].filter(([, node]) => node.owner === session).map(([path]) => path);
  }

  stat(path: string): StatRecord | null {
    const node = this.nodes.get(path);
    if (node === undefined) return null;
    return {
      czxid: node.czxid,
      mzxid: node.mzxid,
      pzxid: node.pzxid,
      ctimeMs: node.ctimeMs,
      mtimeMs: node.mtimeMs,
      version: node.version,
      cversion: node.creations + node.deletions,
      aversion: node.aversion,
      dataLength: node.dataLength,
      ephemeralOwner: isSessionOwner(node.owner) ? node.owner : "0x0",
      numChildren: node.creations - node.deletions,
    };
  }

  #create(txn: ServerTxn): void {
    const { zxid, timeMs } = txn;
    const counts = { version: 0, aversion: 0, creations: 0, deletions: 0 };
    const born = { czxid: zxid, mzxid: zxid, pzxid: zxid, ctimeMs: timeMs, mtimeMs: timeMs };
    this.nodes.set(txn.path, {
      value: txn.value ?? null,
      dataLength: txn.dataLength ?? 0,
      acl: txn.acl ?? "",
      owner: txn.ephemeralOwner ?? "0x0",
      ...born,
      ...counts,
    });
    const parent = this.nodes.get(parentOf(txn.path));
    if (parent === undefined) return;
    parent.creations++;
    parent.pzxid = zxid;
  }

  #remove(path: string, zxid: number): void {
    this.nodes.delete(path);
    const parent = this.nodes.get(parentOf(path));
    if (parent === undefined) return;
    parent.deletions++;
    parent.pzxid = zxid;
  }
}
