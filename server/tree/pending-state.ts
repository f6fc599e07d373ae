/**
 * Znodes and sessions as they will be when all that was prepared is applied: the tree, and over it the
 * changes that are on their way (PrepRequestProcessor's outstandingChanges).
 */
import { NO_SESSION } from "../ids.ts";
import type { SessionId, Zxid } from "../ids.ts";
import type { DataTree } from "./data-tree.ts";
import { Outstanding } from "./outstanding.ts";
import { parentOf } from "./path.ts";
import { PendingUsage } from "./pending-usage.ts";
import type { Acl } from "./txn.ts";

/** What a request is checked against: a znode of the tree, or what it will be. */
export interface Known {
  readonly version: number;
  readonly aversion: number;
  readonly numChildren: number;
  readonly childCreations: number;
  readonly owner: SessionId;
  readonly dataLength: number;
  readonly acl: readonly Acl[];
}

interface ZnodeChange {
  readonly key: string;
  readonly zxid: Zxid;
  /** Null: the znode will be gone. */
  readonly known: Known | null;
}

interface SessionChange {
  readonly key: SessionId;
  readonly zxid: Zxid;
  readonly open: boolean;
}

export class PendingState {
  readonly tree: DataTree;
  readonly usage = new PendingUsage();
  readonly #countsUsage: boolean;
  readonly #znodes = new Outstanding<string, ZnodeChange>();
  readonly #sessions = new Outstanding<SessionId, SessionChange>();

  /** `countsUsage`: what the changes mean for quotas is kept. */
  constructor(tree: DataTree, countsUsage: boolean) {
    this.tree = tree;
    this.#countsUsage = countsUsage;
  }

  /** Changes of znodes and sessions that are not applied yet. */
  get size(): number {
    return this.#znodes.size + this.#sessions.size;
  }

  /** The znode as it will be; null if it will not be. */
  find(path: string): Known | null {
    const change = this.#znodes.get(path);
    if (change !== undefined) return change.known;
    return this.tree.get(path) ?? null;
  }
  /** Whether a change of the znode is on its way. */
  isChanging(path: string): boolean {
    return this.#znodes.get(path) !== undefined;
  }
  isOpen(session: SessionId): boolean {
    return this.#sessions.get(session)?.open ?? this.tree.sessions.has(session);
  }
  /** The ephemerals that the session will have, in an order of their own. */
  ephemeralsOf(session: SessionId): string[] {
    const own = new Set(this.tree.ephemeralsOf(session));
    for (const { key, known } of this.#znodes.all()) {
      if (known?.owner === session && session !== NO_SESSION) own.add(key);
      else own.delete(key);
    }
    // Sorted: the same whatever way the leader's tree came to be.
    return [...own].sort();
  }

  /** A znode is created below `parent`, as the child of this number. */
  create(
    zxid: Zxid,
    path: string,
    parent: Known,
    parentCversion: number,
    owner: SessionId,
    dataLength: number,
    acl: readonly Acl[],
  ): void {
    this.#change(zxid, parentOf(path), {
      version: parent.version,
      aversion: parent.aversion,
      numChildren: parent.numChildren + 1,
      childCreations: parentCversion,
      owner: parent.owner,
      dataLength: parent.dataLength,
      acl: parent.acl,
    });
    this.#change(zxid, path, {
      version: 0,
      aversion: 0,
      numChildren: 0,
      childCreations: 0,
      owner,
      dataLength,
      acl,
    });
    if (this.#countsUsage) this.#grow(zxid, path, 1, dataLength);
  }

  delete(zxid: Zxid, path: string, node: Known, parent: Known): void {
    this.#change(zxid, parentOf(path), {
      version: parent.version,
      aversion: parent.aversion,
      numChildren: parent.numChildren - 1,
      childCreations: parent.childCreations,
      owner: parent.owner,
      dataLength: parent.dataLength,
      acl: parent.acl,
    });
    this.#change(zxid, path, null);
    if (this.#countsUsage) this.#grow(zxid, path, -1, -node.dataLength);
  }

  setData(zxid: Zxid, path: string, node: Known, version: number, dataLength: number): void {
    this.#change(zxid, path, {
      version,
      aversion: node.aversion,
      numChildren: node.numChildren,
      childCreations: node.childCreations,
      owner: node.owner,
      dataLength,
      acl: node.acl,
    });
    if (this.#countsUsage) this.#grow(zxid, path, 0, dataLength - node.dataLength);
  }

  setAcl(zxid: Zxid, path: string, node: Known, acl: readonly Acl[], aversion: number): void {
    this.#change(zxid, path, {
      version: node.version,
      aversion,
      numChildren: node.numChildren,
      childCreations: node.childCreations,
      owner: node.owner,
      dataLength: node.dataLength,
      acl,
    });
  }

  setSession(zxid: Zxid, session: SessionId, open: boolean): void {
    this.#sessions.add({ key: session, zxid, open });
  }

  /** From here on, until `keep` or `takeBack`, changes of znodes may be taken back. */
  begin(): void {
    this.#znodes.begin();
    this.usage.begin();
  }
  keep(): void {
    this.#znodes.keep();
  }
  takeBack(): void {
    this.#znodes.takeBack();
    this.usage.takeBack();
  }

  /** The tree has applied `zxid`: what was on its way up to there is in the tree now. */
  committed(zxid: Zxid): void {
    this.#znodes.dropThrough(zxid);
    this.#sessions.dropThrough(zxid);
    if (this.#countsUsage) this.usage.dropThrough(zxid);
  }

  clear(): void {
    this.#znodes.clear();
    this.#sessions.clear();
    this.usage.clear();
  }

  #change(zxid: Zxid, path: string, known: Known | null): void {
    this.#znodes.add({ key: path, zxid, known });
  }

  #grow(zxid: Zxid, path: string, count: number, bytes: number): void {
    const quota = this.tree.quotas.counting(path);
    if (quota !== null) this.usage.add(quota, zxid, count, bytes);
  }
}
