/**
 * The state that all servers agree on: znodes and sessions, changed by transactions alone
 * (ZooKeeper's DataTree, and the session table of its ZKDatabase).
 */
import { ErrorCode } from "../errors.ts";
import { formatSession, formatZxid, NO_SESSION, NO_ZXID } from "../ids.ts";
import type { SessionId, Zxid } from "../ids.ts";
import { AclTable } from "./acl-table.ts";
import { InvariantError } from "../errors.ts";
import { nameOf, parentOf } from "./path.ts";
import type { Session } from "./session.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot-codec.ts";
import type { SnapshotContents } from "./snapshot-codec.ts";
import { isSystemPath, makeSystemZnodes } from "./system-znodes.ts";
import type { Acl, Txn, TxnBody, TxnHeader } from "./txn.ts";
import { nextVersion } from "./version.ts";
import { TreeNode } from "./znode.ts";
import type { Znode } from "./znode.ts";

/** What a transaction did to a znode. */
export type ChangeKind = "created" | "deleted" | "dataChanged";
/**
 * Told of every change, in order, when the tree already shows it. With the ACL of the znode (of a deleted
 * one: as it was) and that of its parent, null for a change of data: who may not read is not told.
 */
export type OnChange = (
  change: ChangeKind,
  path: string,
  zxid: Zxid,
  acl: readonly Acl[],
  parentAcl: readonly Acl[] | null,
) => void;

export interface ApplyResult {
  /** The error code of an error transaction; 0 for every other. */
  readonly code: number;
  /** The path created, deleted or set; null for session and error transactions. */
  readonly path: string | null;
  /** The znode created or set, as it is now: encode its Stat before the next `apply`. */
  readonly node: Znode | null;
}

type Body<T extends TxnBody["type"]> = Extract<TxnBody, { type: T }>;

const DONE: ApplyResult = { code: ErrorCode.Ok, path: null, node: null };
const EMPTY = Buffer.alloc(0);

export class DataTree {
  /** Set by the server, to fire watches; null: nobody is told. */
  onChange: OnChange | null = null;

  #lastApplied: Zxid = NO_ZXID;
  readonly #nodes = new Map<string, TreeNode>();
  readonly #sessions = new Map<SessionId, Session>();
  readonly #ephemerals = new Map<SessionId, Set<string>>();
  readonly #acls = new AclTable();
  #ephemeralCount = 0;
  #dataBytes = 0;

  /** A tree with the system's znodes, before the first transaction. */
  constructor() {
    for (const node of makeSystemZnodes()) this.#insert(node);
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
    return this.#ephemeralCount;
  }
  /** The lengths of all paths and data (approximate_data_size). */
  get approximateDataBytes(): number {
    return this.#dataBytes;
  }
  get sessions(): ReadonlyMap<SessionId, Session> {
    return this.#sessions;
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
    return this.#ephemerals.get(session);
  }
  /** All ephemerals by owner; sessions without any are left out. */
  allEphemerals(): ReadonlyMap<SessionId, ReadonlySet<string>> {
    return this.#ephemerals;
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
        return this.#setData(header, body);
      case "create":
        return this.#create(header, body);
      case "delete":
        this.#delete(header.zxid, body.path);
        return { code: ErrorCode.Ok, path: body.path, node: null };
      case "createSession":
        return this.#createSession(header, body);
      case "closeSession":
        return this.#closeSession(header, body);
      case "error":
        return { code: body.code, path: null, node: null };
    }
  }

  /** Equal trees give equal bytes, whatever way they came to be; sessions and zxid included. */
  serialize(): Buffer[] {
    return encodeSnapshot({
      lastApplied: this.#lastApplied,
      sessions: this.#sessions,
      nodes: this.#nodes,
    });
  }

  /** The tree that was serialized; nothing of `data` is kept. Throws a `DecodeError`. */
  static restore(data: Buffer): DataTree {
    const tree = new DataTree();
    tree.#load(decodeSnapshot(data));
    return tree;
  }

  #create(header: TxnHeader, body: Body<"create">): ApplyResult {
    const { path } = body;
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
    if (body.ephemeralOwner !== NO_SESSION && !this.#sessions.has(body.ephemeralOwner)) {
      throw misfit(header, `create ${path}: no session ${formatSession(body.ephemeralOwner)}`);
    }
    const node = new TreeNode(
      path,
      ownCopy(body.data),
      this.#acls.intern(body.acl),
      header.zxid,
      header.timeMs,
      body.ephemeralOwner,
    );
    this.#insert(node);
    parent.addChild(nameOf(path));
    parent.childCreations = body.parentCversion;
    parent.pzxid = header.zxid;
    this.onChange?.("created", path, header.zxid, node.acl, parent.acl);
    return { code: ErrorCode.Ok, path, node };
  }

  #setData(header: TxnHeader, body: Body<"setData">): ApplyResult {
    const node = this.#nodes.get(body.path);
    if (node === undefined) throw misfit(header, `setData ${body.path}: no such znode`);
    if (body.version !== nextVersion(node.version)) {
      throw misfit(header, `setData ${body.path}: version ${body.version} after ${node.version}`);
    }
    const before = node.dataLength;
    node.data = ownCopy(body.data);
    node.version = body.version;
    node.mzxid = header.zxid;
    node.mtime = header.timeMs;
    this.#dataBytes += node.dataLength - before;
    this.onChange?.("dataChanged", body.path, header.zxid, node.acl, null);
    return { code: ErrorCode.Ok, path: body.path, node };
  }

  #createSession(header: TxnHeader, body: Body<"createSession">): ApplyResult {
    const id = header.sessionId;
    if (id === NO_SESSION || this.#sessions.has(id)) {
      throw misfit(header, `createSession ${formatSession(id)}: it exists, or is none`);
    }
    const password = Buffer.allocUnsafeSlow(body.password.length);
    password.set(body.password);
    this.#sessions.set(id, { timeoutMs: body.timeoutMs, password });
    return DONE;
  }

  #closeSession(header: TxnHeader, body: Body<"closeSession">): ApplyResult {
    const id = header.sessionId;
    if (!this.#sessions.delete(id)) {
      throw misfit(header, `closeSession ${formatSession(id)}: no such session`);
    }
    for (const path of body.paths) {
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
    this.#dataBytes -= path.length + node.dataLength;
    this.#acls.release(node.acl);
    if (node.ephemeralOwner !== NO_SESSION) this.#dropEphemeral(node);
    parent.removeChild(nameOf(path));
    parent.pzxid = zxid;
    this.onChange?.("deleted", path, zxid, node.acl, parent.acl);
  }

  #insert(node: TreeNode): void {
    this.#nodes.set(node.path, node);
    this.#dataBytes += node.path.length + node.dataLength;
    if (node.ephemeralOwner === NO_SESSION) return;
    this.#ephemeralCount++;
    const own = this.#ephemerals.get(node.ephemeralOwner);
    if (own === undefined) this.#ephemerals.set(node.ephemeralOwner, new Set([node.path]));
    else own.add(node.path);
  }

  #dropEphemeral(node: TreeNode): void {
    this.#ephemeralCount--;
    const own = this.#ephemerals.get(node.ephemeralOwner);
    own?.delete(node.path);
    if (own?.size === 0) this.#ephemerals.delete(node.ephemeralOwner);
  }

  #load(contents: SnapshotContents): void {
    this.#nodes.clear();
    this.#dataBytes = 0;
    this.#lastApplied = contents.lastApplied;
    for (const node of contents.nodes.values()) {
      node.data = ownCopy(node.data);
      node.acl = this.#acls.intern(node.acl);
      this.#insert(node);
    }
    for (const [id, { timeoutMs, password }] of contents.sessions) {
      this.#sessions.set(id, { timeoutMs, password: Buffer.from(password) });
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
