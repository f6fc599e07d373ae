/**
 * The state that all servers agree on: znodes and sessions, changed by transactions alone
 * (ZooKeeper's DataTree, and the session table of its ZKDatabase).
 */
import { InvariantError } from "../errors.ts";
import { formatSession, formatZxid, NO_SESSION, NO_ZXID } from "../ids.ts";
import type { SessionId, Zxid } from "../ids.ts";
import { AclTable } from "./acl-table.ts";
import { type ApplyResult, changed, copyStat, DONE, failed } from "./apply-result.ts";
import type { Body, PartResult } from "./apply-result.ts";
import { addDigest, formatDigest, sessionDigest, subtractDigest, znodeDigest } from "./digest.ts";
import { isSessionOwner } from "./ephemeral-owner.ts";
import { OwnedZnodes } from "./owned-znodes.ts";
import { nameOf, parentOf } from "./path.ts";
import { countedBy, isQuotaZnode, limitedBy, QuotaPaths, statsPathOf } from "./quota-paths.ts";
import { addUsage, recountUsage } from "./quota-usage.ts";
import type { Session } from "./session.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot-codec.ts";
import type { DecodedSnapshot, SnapshotContents } from "./snapshot-codec.ts";
import { SnapshotWalk } from "./snapshot-walk.ts";
import { CONFIG_PATH, isSystemPath, makeSystemZnodes } from "./system-znodes.ts";
import type { Acl, TreeChange, Txn, TxnHeader } from "./txn.ts";
import { nextVersion } from "./version.ts";
import { DecodeError } from "../wire/jute.ts";
import { TreeNode } from "./znode.ts";
import type { Znode } from "./znode.ts";

export type { ApplyResult, PartResult } from "./apply-result.ts";

/** What a transaction did to a znode. */
export type ChangeKind = "created" | "deleted" | "dataChanged";
/** Told of every change, in order, when the tree already shows it. */
export type OnChange = (
  change: ChangeKind,
  path: string,
  zxid: Zxid,
  /** Of the znode, of a deleted one as it was, and of its parent: who may not read it is not told. */
  acl: readonly Acl[],
  parentAcl: readonly Acl[] | null,
) => void;

const EMPTY = Buffer.alloc(0);

export class DataTree {
  /** Set by the server, to fire watches; null: nobody is told. */
  onChange: OnChange | null = null;

  #lastApplied: Zxid = NO_ZXID;
  readonly #nodes = new Map<string, TreeNode>();
  readonly #sessions = new Map<SessionId, Session>();
  readonly #owned = new OwnedZnodes();
  readonly #quotas = new QuotaPaths();
  readonly #acls = new AclTable();
  #dataBytes = 0;
  #digest = 0;
  #walk: SnapshotWalk | null = null;
  #walks = 0;

  /** A tree with the system's znodes, before the first transaction. */
  constructor() {
    for (const node of makeSystemZnodes()) {
      // Interned like all others: a snapshot numbers lists, and takes equal ones for one.
      node.acl = this.#acls.intern(node.acl);
      this.#insert(node);
    }
  }

  /** The zxid of the last transaction in the tree; 0 before the first. */
  get lastApplied(): Zxid {
    return this.#lastApplied;
  }
  /** All znodes, the root and the system's included. */
  get nodeCount(): number {
    return this.#nodes.size;
  }
  get ephemeralCount(): number {
    return this.#owned.ephemeralCount;
  }
  /** Of all znodes and sessions (`digest.ts`): equal trees have equal ones. */
  get digest(): number {
    return this.#digest;
  }
  /** The lengths of all paths and data (approximate_data_size). */
  get approximateDataBytes(): number {
    return this.#dataBytes;
  }
  get sessions(): ReadonlyMap<SessionId, Session> {
    return this.#sessions;
  }
  /** The paths of containers and of znodes with a time to live. */
  get removable(): Pick<OwnedZnodes, "containers" | "ttls"> {
    return this.#owned;
  }
  /** The paths that have a quota. */
  get quotas(): Pick<QuotaPaths, "isEmpty" | "counting" | "all"> {
    return this.#quotas;
  }

  get(path: string): Znode | undefined {
    return this.#nodes.get(path);
  }
  /** The names of a znode's children, in no order; undefined: there is no such znode. */
  children(path: string): ReadonlySet<string> | undefined {
    return this.#nodes.get(path)?.children;
  }
  /** Paths of the session's ephemerals; undefined: it has none. */
  ephemeralsOf(session: SessionId): ReadonlySet<string> | undefined {
    return this.#owned.ephemerals.get(session);
  }
  /** All ephemerals by owner; sessions without any are left out. */
  allEphemerals(): ReadonlyMap<SessionId, ReadonlySet<string>> {
    return this.#owned.ephemerals;
  }

  /**
   * Makes the transaction's change, tells `onChange`, and gives what the reply needs. Throws an
   * `InvariantError` if the zxid does not rise, or if the transaction does not fit the tree: a
   * transaction that was prepared always applies. The tree is then of no use.
   */
  apply(txn: Txn): ApplyResult {
    const { header, body } = txn;
    if (header.zxid <= this.#lastApplied) {
      throw new InvariantError(
        `transaction ${formatZxid(header.zxid)} after ${formatZxid(this.#lastApplied)}`,
      );
    }
    this.#lastApplied = header.zxid;
    switch (body.type) {
      case "setData":
      case "create":
      case "delete":
      case "setACL":
        return changed(body.path, this.#change(header, body));
      case "multi":
        return this.#multi(header, body);
      case "reconfig":
        return changed(CONFIG_PATH, this.#write(header, CONFIG_PATH, body.data, body.version));
      case "createSession":
        return this.#createSession(header, body);
      case "closeSession":
        return this.#closeSession(header, body);
      case "error":
        return failed(body.code);
    }
  }

  /**
   * Equal trees give equal bytes, whatever way they came to be; sessions and zxid included. The whole at
   * once: where others must not wait, `beginSnapshot`.
   */
  serialize(): Buffer[] {
    return encodeSnapshot(this.#contents());
  }

  /** A snapshot of the present state, to be written in pieces. One that was begun before is given up. */
  beginSnapshot(): SnapshotWalk {
    this.#walk = new SnapshotWalk(this.#contents(), ++this.#walks);
    return this.#walk;
  }

  /** The tree that was serialized; nothing of `data` is kept. Throws a `DecodeError`. */
  static restore(data: Buffer): DataTree {
    const tree = new DataTree();
    tree.#load(decodeSnapshot(data));
    return tree;
  }

  #contents(): SnapshotContents {
    return {
      lastApplied: this.#lastApplied,
      digest: this.#digest,
      sessions: this.#sessions,
      nodes: this.#nodes,
    };
  }

  /** The znode that the change leaves; null of a delete. */
  #change(header: TxnHeader, body: TreeChange): TreeNode | null {
    switch (body.type) {
      case "setData":
        return this.#setData(header, body);
      case "create":
        return this.#create(header, body);
      case "delete":
        this.#delete(header.zxid, body.path);
        return null;
      case "setACL":
        return this.#setAcl(header, body);
    }
  }

  #create(header: TxnHeader, body: Body<"create">): TreeNode {
    const { path, ephemeralOwner } = body;
    const parent = this.#nodes.get(parentOf(path));
    if (parent === undefined) throw misfit(header, `create ${path}: no parent`);
    if (this.#nodes.has(path)) throw misfit(header, `create ${path}: it exists`);
    if (parent.ephemeralOwner !== NO_SESSION) {
      throw misfit(header, `create ${path}: the parent is ephemeral`);
    }
    if (body.parentCversion !== ((parent.childCreations + 1) | 0)) {
      throw misfit(
        header,
        `create ${path}: creation ${body.parentCversion} after ${parent.childCreations}`,
      );
    }
    if (isSessionOwner(ephemeralOwner) && !this.#sessions.has(ephemeralOwner)) {
      throw misfit(header, `create ${path}: no session ${formatSession(ephemeralOwner)}`);
    }
    const node = new TreeNode(
      path,
      ownCopy(body.data),
      this.#acls.intern(body.acl),
      header.zxid,
      header.timeMs,
      ephemeralOwner,
    );
    this.#insert(node);
    this.#forget(parent);
    parent.addChild(nameOf(path));
    parent.childCreations = body.parentCversion;
    parent.pzxid = header.zxid;
    this.#remember(parent);
    if (isQuotaZnode(path)) this.#quotaZnodeCreated(path);
    this.#count(path, 1, node.dataLength);
    this.onChange?.("created", path, header.zxid, node.acl, parent.acl);
    return node;
  }

  #setData(header: TxnHeader, body: Body<"setData">): TreeNode {
    const node = this.#nodes.get(body.path);
    if (node === undefined) throw misfit(header, `setData ${body.path}: no such znode`);
    if (body.version !== nextVersion(node.version)) {
      throw misfit(header, `setData ${body.path}: version ${body.version} after ${node.version}`);
    }
    return this.#write(header, body.path, body.data, body.version);
  }

  #write(header: TxnHeader, path: string, data: Buffer | null, version: number): TreeNode {
    const node = this.#nodes.get(path);
    if (node === undefined) throw misfit(header, `set ${path}: no such znode`);
    const before = node.dataLength;
    this.#forget(node);
    node.setData(ownCopy(data));
    node.version = version;
    node.mzxid = header.zxid;
    node.mtime = header.timeMs;
    this.#remember(node);
    this.#dataBytes += node.dataLength - before;
    this.#count(path, 0, node.dataLength - before);
    this.onChange?.("dataChanged", path, header.zxid, node.acl, null);
    return node;
  }

  /** Neither mzxid nor mtime change, and no watch fires. */
  #setAcl(header: TxnHeader, body: Body<"setACL">): TreeNode {
    const node = this.#nodes.get(body.path);
    if (node === undefined) throw misfit(header, `setACL ${body.path}: no such znode`);
    if (body.version !== nextVersion(node.aversion)) {
      throw misfit(header, `setACL ${body.path}: version ${body.version} after ${node.aversion}`);
    }
    // The new one first: if it is the same list, it does not go in between.
    const acl = this.#acls.intern(body.acl);
    this.#forget(node);
    this.#acls.release(node.acl);
    node.acl = acl;
    node.aversion = body.version;
    this.#remember(node);
    return node;
  }

  #multi(header: TxnHeader, body: Body<"multi">): ApplyResult {
    const parts: PartResult[] = [];
    for (const part of body.parts) {
      const node =
        part.type === "check" || part.type === "error" ? null : this.#change(header, part);
      parts.push({ part, stat: node === null ? null : copyStat(node) });
    }
    return { ...DONE, parts };
  }

  #createSession(header: TxnHeader, body: Body<"createSession">): ApplyResult {
    const id = header.sessionId;
    if (id === NO_SESSION || this.#sessions.has(id)) {
      throw misfit(header, `createSession ${formatSession(id)}: it exists, or is none`);
    }
    const password = Buffer.allocUnsafeSlow(body.password.length);
    password.set(body.password);
    const session = { timeoutMs: body.timeoutMs, password };
    this.#sessions.set(id, session);
    this.#digest = addDigest(this.#digest, sessionDigest(id, session));
    return DONE;
  }

  #closeSession(header: TxnHeader, body: Body<"closeSession">): ApplyResult {
    const id = header.sessionId;
    const session = this.#sessions.get(id);
    if (session === undefined) {
      throw misfit(header, `closeSession ${formatSession(id)}: no such session`);
    }
    this.#sessions.delete(id);
    this.#digest = subtractDigest(this.#digest, sessionDigest(id, session));
    // Sorted: watch events come in the same order on every server.
    for (const path of body.paths ?? [...(this.ephemeralsOf(id) ?? [])].toSorted()) {
      if (this.#nodes.get(path)?.ephemeralOwner !== id) {
        throw misfit(header, `closeSession ${formatSession(id)}: ${path} is not its own`);
      }
      this.#delete(header.zxid, path);
    }
    return DONE;
  }

  #delete(zxid: Zxid, path: string): void {
    const node = this.#nodes.get(path);
    if (node === undefined || node.numChildren > 0 || isSystemPath(path)) {
      throw new InvariantError(
        `transaction ${formatZxid(zxid)} does not fit: delete ${path}: ` +
          (node === undefined ? "no such znode" : "it has children, or is the system's"),
      );
    }
    const parent = this.#nodes.get(parentOf(path)) as TreeNode;
    this.#nodes.delete(path);
    this.#forget(node);
    this.#forget(parent);
    this.#dataBytes -= path.length + node.dataLength;
    this.#acls.release(node.acl);
    this.#owned.remove(node);
    parent.removeChild(nameOf(path));
    parent.pzxid = zxid;
    this.#remember(parent);
    const limited = isQuotaZnode(path) ? limitedBy(path) : null;
    if (limited !== null) this.#quotas.remove(limited);
    this.#count(path, -1, -node.dataLength);
    this.onChange?.("deleted", path, zxid, node.acl, parent.acl);
  }

  #insert(node: TreeNode): void {
    this.#nodes.set(node.path, node);
    this.#dataBytes += node.path.length + node.dataLength;
    this.#owned.add(node);
    this.#remember(node);
  }

  /** Takes a znode out of the digest, before it changes; it goes back in with `#remember`. */
  #forget(node: TreeNode): void {
    this.#walk?.beforeChange(node);
    this.#digest = subtractDigest(this.#digest, znodeDigest(node));
  }
  #remember(node: TreeNode): void {
    this.#digest = addDigest(this.#digest, znodeDigest(node));
  }

  // --- quotas --------------------------------------------------------------------------------------

  #quotaZnodeCreated(path: string): void {
    const limited = limitedBy(path);
    if (limited !== null) this.#quotas.add(limited);
    const counted = countedBy(path);
    this.#usageChanges(counted);
    if (counted !== null) this.#dataBytes += recountUsage(this.#nodes, counted);
  }

  /** Every server counts, so that the znodes that show the usage are the same on all of them. */
  #count(path: string, count: number, bytes: number): void {
    if (this.#quotas.isEmpty) return;
    const quota = this.#quotas.counting(path);
    this.#usageChanges(quota);
    if (quota !== null) this.#dataBytes += addUsage(this.#nodes, quota, count, bytes);
  }

  /** What shows the usage of this path is about to change: it is in no digest, and in every snapshot. */
  #usageChanges(path: string | null): void {
    if (path === null || this.#walk === null) return;
    const shown = this.#nodes.get(statsPathOf(path));
    if (shown !== undefined) this.#walk.beforeChange(shown);
  }

  #load(contents: DecodedSnapshot): void {
    for (const node of this.#nodes.values()) this.#acls.release(node.acl);
    this.#nodes.clear();
    this.#dataBytes = 0;
    this.#digest = 0;
    this.#lastApplied = contents.lastApplied;
    for (const node of contents.nodes.values()) {
      node.data = ownCopy(node.data);
      node.acl = this.#acls.intern(node.acl);
      this.#insert(node);
      const limited = isQuotaZnode(node.path) ? limitedBy(node.path) : null;
      if (limited !== null) this.#quotas.add(limited);
    }
    if (!contents.usageCounted) {
      for (const path of this.#quotas.all) this.#dataBytes += recountUsage(this.#nodes, path);
    }
    for (const [id, { timeoutMs, password }] of contents.sessions) {
      const session = { timeoutMs, password: Buffer.from(password) };
      this.#sessions.set(id, session);
      this.#digest = addDigest(this.#digest, sessionDigest(id, session));
    }
    if (contents.digest !== null && contents.digest !== this.#digest) {
      throw new DecodeError(
        `a snapshot with digest ${formatDigest(contents.digest)}, whose znodes have ` +
          formatDigest(this.#digest),
      );
    }
  }
}

function misfit(header: TxnHeader, what: string): InvariantError {
  return new InvariantError(`transaction ${formatZxid(header.zxid)} does not fit: ${what}`);
}

/**
 * A transaction's data lies in a buffer that it shares with a whole chunk of the log or of a link:
 * kept as it is, a znode of 100 bytes would keep the chunk alive for as long as it lives.
 */
function ownCopy(data: Buffer | null): Buffer | null {
  if (data === null) return null;
  if (data.length === 0) return EMPTY;
  const copy = Buffer.allocUnsafeSlow(data.length);
  copy.set(data);
  return copy;
}
