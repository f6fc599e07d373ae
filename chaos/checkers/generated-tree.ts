/**
 * Test support: a plain tree that applies transactions one by one, as naive as possible: what the
 * timeline's binary searches are compared with.
 */
import type { ServerTxn, StatRecord } from "../../results/history.ts";
import { parentOf } from "./tree-timeline.ts";

interface PlainNode {
  value: string | null;
  czxid: number;
  mzxid: number;
  pzxid: number;
  version: number;
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
    if (txn.type !== "setData" || node === undefined) return;
    node.value = txn.value ?? null;
    node.version++;
    node.mzxid = txn.zxid;
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
      version: node.version,
      cversion: node.creations + node.deletions,
      ephemeralOwner: node.owner,
      numChildren: node.creations - node.deletions,
    };
  }

  #create(txn: ServerTxn): void {
    const { zxid } = txn;
    const counts = { version: 0, creations: 0, deletions: 0 };
    const born = { czxid: zxid, mzxid: zxid, pzxid: zxid, ...counts };
    this.nodes.set(txn.path, {
      value: txn.value ?? null,
      owner: txn.ephemeralOwner ?? "0x0",
      ...born,
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
