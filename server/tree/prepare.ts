/**
 * The leader's part of a write: checks a request against the tree and against the transactions that
 * are on their way to it, and makes the transaction (ZooKeeper's PrepRequestProcessor). What it makes
 * always applies, if all that was made before is applied before. The order of the checks is
 * ZooKeeper's: which error a bad request gets is visible.
 */
import { ErrorCode } from "../errors.ts";
import { formatZxid, NO_SESSION, NO_ZXID } from "../ids.ts";
import type { SessionId, Zxid } from "../ids.ts";
import { CreateFlag } from "../wire/opcodes.ts";
import { fixAcl, Perm, permitted } from "./acl.ts";
import type { AuthId } from "./acl.ts";
import type { DataTree } from "./data-tree.ts";
import { InvariantError } from "../errors.ts";
import { Outstanding } from "./outstanding.ts";
import { parentOf, validatePath } from "./path.ts";
import { sequenceSuffix } from "./sequence.ts";
import { isSystemPath } from "./system-znodes.ts";
import type { Acl, TxnBody } from "./txn.ts";
import { nextVersion } from "./version.ts";

export type PrepareRequest =
  | {
      readonly type: "create";
      readonly path: string;
      readonly data: Buffer | null;
      readonly acl: readonly Acl[];
      /** See `CreateFlag`. */
      readonly flags: number;
    }
  /** `version`: what the znode must have, −1 for any. */
  | { readonly type: "delete"; readonly path: string; readonly version: number }
  | {
      readonly type: "setData";
      readonly path: string;
      readonly data: Buffer | null;
      /** What the znode must have, −1 for any. */
      readonly version: number;
    }
  /** The context's session begins. */
  | { readonly type: "createSession"; readonly timeoutMs: number; readonly password: Buffer }
  /** The context's session ends. */
  | { readonly type: "closeSession" };

export interface PrepareContext {
  /** The zxid that the transaction will have: above all that were prepared before. */
  readonly zxid: Zxid;
  /** The leader's wall clock, as the transaction's header will have it. */
  readonly timeMs: number;
  readonly sessionId: SessionId;
  readonly authIds: readonly AuthId[];
}

/** What a request is checked against: a znode of the tree, or what it will be. */
interface Known {
  readonly version: number;
  readonly numChildren: number;
  readonly childCreations: number;
  readonly ephemeralOwner: SessionId;
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

type Request<T extends PrepareRequest["type"]> = Extract<PrepareRequest, { type: T }>;

export class Preparer {
  readonly #tree: DataTree;
  readonly #znodes = new Outstanding<string, ZnodeChange>();
  readonly #sessions = new Outstanding<SessionId, SessionChange>();
  #lastPrepared: Zxid = NO_ZXID;

  constructor(tree: DataTree) {
    this.#tree = tree;
  }

  /** Changes of znodes and sessions that are prepared and not yet committed. */
  get outstandingChanges(): number {
    return this.#znodes.size + this.#sessions.size;
  }

  /**
   * The transaction for a request; `{type: "error"}` if it is refused. It has to be proposed, with the
   * context's zxid, either way. Throws an `InvariantError` if the zxid does not rise.
   */
  prepare(request: PrepareRequest, context: PrepareContext): TxnBody {
    if (context.zxid <= this.#lastPrepared || context.zxid <= this.#tree.lastApplied) {
      throw new InvariantError(
        `preparing ${formatZxid(context.zxid)} after ${formatZxid(this.#lastPrepared)}, ` +
          `with ${formatZxid(this.#tree.lastApplied)} applied`,
      );
    }
    this.#lastPrepared = context.zxid;
    switch (request.type) {
      case "setData":
        return this.#setData(request, context);
      case "create":
        return this.#create(request, context);
      case "delete":
        return this.#delete(request, context);
      case "createSession":
        return this.#createSession(request, context);
      case "closeSession":
        return this.#closeSession(context);
    }
  }

  /** Call when the tree has applied `zxid`: what was outstanding up to there is in the tree now. */
  committed(zxid: Zxid): void {
    this.#znodes.dropThrough(zxid);
    this.#sessions.dropThrough(zxid);
  }

  /** Forgets all that is outstanding: leadership begins, or was lost. */
  reset(): void {
    this.#znodes.clear();
    this.#sessions.clear();
    this.#lastPrepared = NO_ZXID;
  }

  #create(request: Request<"create">, context: PrepareContext): TxnBody {
    const { flags } = request;
    const sequential =
      flags === CreateFlag.persistentSequential || flags === CreateFlag.ephemeralSequential;
    const ephemeral = flags === CreateFlag.ephemeral || flags === CreateFlag.ephemeralSequential;
    if (flags < CreateFlag.persistent || flags > CreateFlag.persistentSequentialWithTtl) {
      return refuse(ErrorCode.BadArguments);
    }
    // Containers, and znodes with a time to live.
    if (flags >= CreateFlag.container) return refuse(ErrorCode.Unimplemented);
    if (!this.#isOpen(context.sessionId)) return refuse(ErrorCode.SessionExpired);
    if (!hasParent(request.path)) return refuse(ErrorCode.BadArguments);
    const acl = fixAcl(request.acl, context.authIds);
    if (acl === null) return refuse(ErrorCode.InvalidAcl);
    const parentPath = parentOf(request.path);
    const parent = this.#find(parentPath);
    if (parent === null) return refuse(ErrorCode.NoNode);
    if (!permitted(parent.acl, Perm.create, context.authIds)) return refuse(ErrorCode.NoAuth);
    const path = sequential ? request.path + sequenceSuffix(parent.childCreations) : request.path;
    if (validatePath(path, false) !== null) return refuse(ErrorCode.BadArguments);
    if (this.#find(path) !== null) return refuse(ErrorCode.NodeExists);
    if (parent.ephemeralOwner !== NO_SESSION) return refuse(ErrorCode.NoChildrenForEphemerals);

    const parentCversion = (parent.childCreations + 1) | 0;
    const ephemeralOwner = ephemeral ? context.sessionId : NO_SESSION;
    this.#change(context.zxid, parentPath, {
      version: parent.version,
      numChildren: parent.numChildren + 1,
      childCreations: parentCversion,
      ephemeralOwner: parent.ephemeralOwner,
      acl: parent.acl,
    });
    this.#change(context.zxid, path, {
      version: 0,
      numChildren: 0,
      childCreations: 0,
      ephemeralOwner,
      acl,
    });
    return { type: "create", path, data: request.data, acl, ephemeralOwner, parentCversion };
  }

  #delete(request: Request<"delete">, context: PrepareContext): TxnBody {
    const { path } = request;
    if (!this.#isOpen(context.sessionId)) return refuse(ErrorCode.SessionExpired);
    if (!hasParent(path) || isSystemPath(path)) return refuse(ErrorCode.BadArguments);
    const parent = this.#find(parentOf(path));
    if (parent === null) return refuse(ErrorCode.NoNode);
    if (!permitted(parent.acl, Perm.delete, context.authIds)) return refuse(ErrorCode.NoAuth);
    const node = this.#find(path);
    if (node === null) return refuse(ErrorCode.NoNode);
    if (!versionFits(node, request.version)) return refuse(ErrorCode.BadVersion);
    if (node.numChildren > 0) return refuse(ErrorCode.NotEmpty);

    this.#remove(context.zxid, path, parent);
    return { type: "delete", path };
  }

  #setData(request: Request<"setData">, context: PrepareContext): TxnBody {
    const { path } = request;
    if (!this.#isOpen(context.sessionId)) return refuse(ErrorCode.SessionExpired);
    if (validatePath(path, false) !== null) return refuse(ErrorCode.BadArguments);
    const node = this.#find(path);
    if (node === null) return refuse(ErrorCode.NoNode);
    if (!permitted(node.acl, Perm.write, context.authIds)) return refuse(ErrorCode.NoAuth);
    if (!versionFits(node, request.version)) return refuse(ErrorCode.BadVersion);

    const version = nextVersion(node.version);
    this.#change(context.zxid, path, {
      version,
      numChildren: node.numChildren,
      childCreations: node.childCreations,
      ephemeralOwner: node.ephemeralOwner,
      acl: node.acl,
    });
    return { type: "setData", path, data: request.data, version };
  }

  /** An id that is in use is refused: a session is opened once. */
  #createSession(request: Request<"createSession">, context: PrepareContext): TxnBody {
    const { zxid, sessionId } = context;
    if (sessionId === NO_SESSION || this.#isOpen(sessionId)) return refuse(ErrorCode.BadArguments);
    this.#sessions.add({ key: sessionId, zxid, open: true });
    return {
      type: "createSession",
      timeoutMs: request.timeoutMs,
      password: request.password,
    };
  }

  #closeSession(context: PrepareContext): TxnBody {
    const { zxid, sessionId } = context;
    if (!this.#isOpen(sessionId)) return refuse(ErrorCode.SessionExpired);
    const own = new Set(this.#tree.ephemeralsOf(sessionId));
    for (const { key, known } of this.#znodes.all()) {
      if (known?.ephemeralOwner === sessionId) own.add(key);
      else own.delete(key);
    }
    // Sorted: the same whatever way the leader's tree came to be.
    const paths = [...own].sort();
    for (const path of paths) {
      const parent = this.#find(parentOf(path));
      if (parent === null) throw new InvariantError(`ephemeral ${path} without a parent`);
      this.#remove(zxid, path, parent);
    }
    this.#sessions.add({ key: sessionId, zxid, open: false });
    return { type: "closeSession", paths };
  }

  #isOpen(session: SessionId): boolean {
    return this.#sessions.get(session)?.open ?? this.#tree.sessions.has(session);
  }

  /** The znode as it will be when all that is outstanding is applied; null if it will not be. */
  #find(path: string): Known | null {
    const change = this.#znodes.get(path);
    if (change !== undefined) return change.known;
    return this.#tree.get(path) ?? null;
  }

  #remove(zxid: Zxid, path: string, parent: Known): void {
    this.#change(zxid, parentOf(path), {
      version: parent.version,
      numChildren: parent.numChildren - 1,
      childCreations: parent.childCreations,
      ephemeralOwner: parent.ephemeralOwner,
      acl: parent.acl,
    });
    this.#change(zxid, path, null);
  }

  #change(zxid: Zxid, path: string, known: Known | null): void {
    this.#znodes.add({ key: path, zxid, known });
  }
}

function refuse(code: ErrorCode): TxnBody {
  return { type: "error", code };
}

/** ZooKeeper looks for a parent before it looks at the rest of a path. */
function hasParent(path: string): boolean {
  return path.includes("/") && !path.includes("\0");
}

function versionFits(node: Known, wanted: number): boolean {
  return wanted === -1 || wanted === node.version;
}
