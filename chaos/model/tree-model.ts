/**
 * ZooKeeper's tree, as plainly as it can be told: a map of paths to znodes, changed by one transaction
 * after the other. It shares no code with the server's tree, which it is there to judge.
 */
import { parentOf } from "../checkers/znode-path.ts";
import { isKeptByServers, isSessionOwner } from "../checkers/txn-changes.ts";
import { SYSTEM_ZNODES, UNKNOWN_ZNODE } from "./model-znode.ts";
import type { ModelZnode } from "./model-znode.ts";
import { sequenceWrap, versionAfter } from "./sequence-number.ts";

/** Whose data are the ensemble's configuration. */
export const CONFIG_PATH = "/zookeeper/config";

/** One change as a transaction has it, alone or as a part; an undefined field was not recorded. */
export interface ModelChange {
  readonly type: "create" | "delete" | "setData" | "setACL" | "check";
  readonly path: string;
  readonly value?: string | null;
  /** After a setData or setACL; of a check the one that it found. */
  readonly version?: number;
  readonly ephemeralOwner?: string;
  readonly dataLength?: number;
  readonly acl?: string;
}

/** Of the transaction that the change belongs to. */
export interface ModelMoment {
  readonly zxid: number;
  readonly timeMs: number;
}

type MutableZnode = { -readonly [Field in keyof ModelZnode]: ModelZnode[Field] };

export class TreeModel {
  readonly #nodes = new Map<string, MutableZnode | null>();
  readonly #owned = new Map<string, Set<string>>();
  readonly #base: TreeModel | null;
  readonly #whole: boolean;

  /** `whole`: it is told every transaction there ever was. Else what it was not told is not known. */
  constructor(whole: boolean, base: TreeModel | null = null) {
    this.#whole = whole;
    this.#base = base;
    if (whole && base === null)
      for (const [path, node] of SYSTEM_ZNODES) this.#nodes.set(path, { ...node });
  }

  /** One that begins as this is now, and can be changed without changing this; until this is changed. */
  draft(): TreeModel {
    return new TreeModel(this.#whole, this);
  }

  /**
   * Null: there is no such znode. Undefined: whether there is one is not known. What is returned is good
   * until the next change.
   */
  get(path: string): ModelZnode | null | undefined {
    const told = this.#told(path);
    if (told !== undefined) return told;
    if (this.#whole) return null;
    if (path === "/") return undefined;
    const parent = this.#told(parentOf(path));
    // Of a znode whose creation was told, all children were told.
    return parent === null || parent?.creations !== undefined ? null : undefined;
  }

  #told(path: string): ModelZnode | null | undefined {
    const own = this.#nodes.get(path);
    return own === undefined && this.#base !== null ? this.#base.#told(path) : own;
  }

  /** The ephemerals of a session that were told, in the order of their paths. */
  ephemeralsOf(session: string): string[] {
    return [...(this.#owned.get(session) ?? [])].toSorted();
  }

  /**
   * Makes the change, whether it fits or not. What does not fit is given in words, as what the znode is
   * instead (`there is no such znode`); null: it fits, as far as is known.
   */
  apply(change: ModelChange, at: ModelMoment): string | null {
    switch (change.type) {
      case "create":
        return this.#create(change, at);
      case "delete":
        return this.remove(change.path, at);
      case "setData":
        return this.#setData(change, at);
      case "setACL":
        return this.#setAcl(change);
      case "check":
        return this.#check(change);
    }
  }

  #create(change: ModelChange, at: ModelMoment): string | null {
    const { path, ephemeralOwner: owner = "0x0" } = change;
    const parentPath = parentOf(path);
    const parent = this.get(parentPath);
    const misfit = this.#creationMisfit(path, parent);
    const kept = isKeptByServers(path);
    this.#nodes.set(path, {
      czxid: at.zxid,
      mzxid: at.zxid,
      pzxid: at.zxid,
      ctimeMs: at.timeMs,
      mtimeMs: at.timeMs,
      version: 0,
      aversion: 0,
      creations: 0,
      numChildren: 0,
      owner,
      value: kept ? undefined : change.value,
      dataLength: kept ? undefined : change.dataLength,
      acl: change.acl,
    });
    if (isSessionOwner(owner)) this.#own(owner, path);
    if (parent !== null) this.#child(parentPath, parent, 1, at.zxid);
    return misfit;
  }

  #creationMisfit(path: string, parent: ModelZnode | null | undefined): string | null {
    if (parent === null) return "its parent is not there";
    if (this.get(path)) return "it is there already";
    if (parent?.owner !== undefined && isSessionOwner(parent.owner))
      return "its parent is ephemeral";
    return null;
  }

  /** A delete, or what the close of a session does to its ephemerals. */
  remove(path: string, at: ModelMoment): string | null {
    const node = this.get(path);
    const parentPath = parentOf(path);
    const parent = this.get(parentPath);
    // Where all was told, what is not there needs no mention.
    if (this.#whole && this.#base === null) this.#nodes.delete(path);
    else this.#nodes.set(path, null);
    if (node?.owner !== undefined) this.#owned.get(node.owner)?.delete(path);
    if (node === null) return "there is no such znode";
    if (parent !== null) this.#child(parentPath, parent, -1, at.zxid);
    return (node?.numChildren ?? 0) > 0 ? "it has children" : null;
  }

  #setData(change: ModelChange, at: ModelMoment): string | null {
    const { path, version } = change;
    const found = this.get(path);
    const node = this.#ownNode(path, found);
    const before = node.version;
    const due = before === undefined ? undefined : versionAfter(before);
    const kept = isKeptByServers(path);
    node.mzxid = at.zxid;
    node.mtimeMs = at.timeMs;
    node.version = version ?? due;
    node.value = kept ? undefined : change.value;
    node.dataLength = kept ? undefined : change.dataLength;
    if (found === null) return "there is no such znode";
    // The configuration's znode always shows the version that its transaction has.
    if (path === CONFIG_PATH || version === undefined || due === undefined) return null;
    return version === due ? null : `its version is ${before}`;
  }

  /** Neither mzxid nor mtime change. */
  #setAcl(change: ModelChange): string | null {
    const { path, version, acl } = change;
    const found = this.get(path);
    const node = this.#ownNode(path, found);
    const before = node.aversion;
    const due = before === undefined ? undefined : versionAfter(before);
    node.acl = acl;
    node.aversion = version ?? due;
    if (found === null) return "there is no such znode";
    if (version === undefined || due === undefined || version === due) return null;
    return `the version of its ACL is ${before}`;
  }

  #check({ path, version }: ModelChange): string | null {
    const node = this.get(path);
    if (node === null) return "there is no such znode";
    if (version === undefined || version === -1 || node?.version === undefined) return null;
    return version === node.version ? null : `its version is ${node.version}`;
  }

  #own(session: string, path: string): void {
    const owned = this.#owned.get(session);
    if (owned === undefined) this.#owned.set(session, new Set([path]));
    else owned.add(path);
  }

  #child(path: string, found: ModelZnode | undefined, by: 1 | -1, zxid: number): void {
    const node = this.#ownNode(path, found);
    node.pzxid = zxid;
    if (node.creations !== undefined && by > 0) node.creations = sequenceWrap(node.creations + 1);
    if (node.numChildren !== undefined) node.numChildren += by;
  }

  /** The znode as this model may change it: a draft's is a copy of what it began with. */
  #ownNode(path: string, found: ModelZnode | null | undefined): MutableZnode {
    const own = this.#nodes.get(path);
    if (own) return own;
    const node = { ...(found ?? UNKNOWN_ZNODE) };
    this.#nodes.set(path, node);
    return node;
  }
}
