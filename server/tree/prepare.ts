/**
 * The leader's part of a write: checks a request against the tree and against the transactions that
 * are on their way to it, and makes the transaction (ZooKeeper's PrepRequestProcessor). What it makes
 * always applies, if all that was made before is applied before. The order of the checks is
 * ZooKeeper's: which error a bad request gets is visible.
 */
import { ErrorCode, InvariantError } from "../errors.ts";
import { formatZxid, NO_SESSION, NO_ZXID } from "../ids.ts";
import type { Zxid } from "../ids.ts";
import type { MultiOp } from "../wire/request-types.ts";
import { Perm } from "./acl.ts";
import type { DataTree } from "./data-tree.ts";
import { ownerKind } from "./ephemeral-owner.ts";
import { parentOf } from "./path.ts";
import { PendingState } from "./pending-state.ts";
import {
  prepareCheck,
  prepareDelete,
  prepareDeleteContainer,
  prepareSetAcl,
  prepareSetData,
} from "./prepare-change.ts";
import { asPart, prepareCreate } from "./prepare-create.ts";
import { DEFAULT_OPTIONS } from "./prepare-request.ts";
import type {
  PrepareContext,
  PrepareOptions,
  PrepareRequest,
  RequestOf,
  ZnodeRequest,
} from "./prepare-request.ts";
import { mayDo, type Prepared, refuse } from "./prepared.ts";
import { CONFIG_PATH } from "./system-znodes.ts";
import type { Acl, TxnBody, TxnPart } from "./txn.ts";

export type { PrepareContext, PrepareOptions, PrepareRequest } from "./prepare-request.ts";

/** The data version that /zookeeper/config always shows, as in ZooKeeper: its data hold the real one. */
const CONFIG_VERSION = -1;
/** What expanding `auth` may add to the ACLs of one multi: its size is bounded as its frame is. */
const MAX_EXPANDED_CHARS = 256 * 1024;
/** Paths of ephemerals that the close of a session lists: a transaction has to fit into a message. */
const MAX_CLOSE_CHARS = 128 * 1024;

export class Preparer {
  readonly #state: PendingState;
  readonly #options: PrepareOptions;
  #lastPrepared: Zxid = NO_ZXID;

  constructor(tree: DataTree, options: PrepareOptions = DEFAULT_OPTIONS) {
    this.#state = new PendingState(tree, options.enforceQuota);
    this.#options = options;
  }

  /** Changes of znodes and sessions that are prepared and not yet committed. */
  get outstandingChanges(): number {
    return this.#state.size;
  }

  /**
   * The transaction for a request; `{type: "error"}` if it is refused. It has to be proposed, with the
   * context's zxid, either way. Throws an `InvariantError` if the zxid does not rise.
   */
  prepare(request: PrepareRequest, context: PrepareContext): TxnBody {
    const { lastApplied } = this.#state.tree;
    if (context.zxid <= this.#lastPrepared || context.zxid <= lastApplied) {
      throw new InvariantError(
        `preparing ${formatZxid(context.zxid)} after ${formatZxid(this.#lastPrepared)}, ` +
          `with ${formatZxid(lastApplied)} applied`,
      );
    }
    this.#lastPrepared = context.zxid;
    switch (request.type) {
      case "multi":
        return this.#multi(request, context);
      case "reconfig":
        return this.#reconfig(request, context);
      case "createSession":
        return this.#createSession(request, context);
      case "closeSession":
        return this.#closeSession(context);
      default: {
        const prepared = this.#znode(request, context);
        // A check alone is no transaction: nobody may ask for it.
        return prepared.type === "check" ? refuse(ErrorCode.Unimplemented) : prepared;
      }
    }
  }

  /** Call when the tree has applied `zxid`: what was outstanding up to there is in the tree now. */
  committed(zxid: Zxid): void {
    this.#state.committed(zxid);
  }

  /** Forgets all that is outstanding: leadership begins, or was lost. */
  reset(): void {
    this.#state.clear();
    this.#lastPrepared = NO_ZXID;
  }

  #znode(request: ZnodeRequest, context: PrepareContext): Prepared {
    switch (request.type) {
      case "setData":
        return prepareSetData(this.#state, this.#options, request, context);
      case "create":
      case "create2":
      case "createContainer":
      case "createTTL":
        return prepareCreate(this.#state, this.#options, request, context);
      case "delete":
        return prepareDelete(this.#state, this.#options, request, context);
      case "setACL":
        return prepareSetAcl(this.#state, this.#options, request, context);
      case "check":
        return prepareCheck(this.#state, this.#options, request, context);
      case "deleteContainer":
        return prepareDeleteContainer(this.#state, request, context);
    }
  }

  /**
   * The parts see each other's changes. If one is refused all are: those before it with 0, those after
   * it with RuntimeInconsistency; what they would have changed is not on its way any more.
   */
  #multi({ ops }: RequestOf<"multi">, context: PrepareContext): TxnBody {
    const parts: TxnPart[] = [];
    let expandedChars = 0;
    this.#state.begin();
    for (const op of ops) {
      let part = this.#part(op, context);
      if (part.type === "create" && "acl" in op) {
        expandedChars += charsOf(part.acl) - charsOf(op.acl);
        if (expandedChars > MAX_EXPANDED_CHARS) part = refuse(ErrorCode.InvalidAcl);
      }
      if (part.type === "error") {
        this.#state.takeBack();
        return { type: "multi", parts: failedParts(ops.length, parts.length, part) };
      }
      parts.push(part);
    }
    this.#state.keep();
    return { type: "multi", parts };
  }

  #part(op: MultiOp, context: PrepareContext): TxnPart {
    if (op.type === "setData" || op.type === "delete" || op.type === "check") {
      return this.#znode(op, context);
    }
    const create = asPart(op);
    const part = this.#znode(create, context);
    return create.type === "create2" && part.type === "create" ? { ...part, withStat: true } : part;
  }

  #reconfig({ data }: RequestOf<"reconfig">, context: PrepareContext): TxnBody {
    const { zxid, sessionId } = context;
    const config = this.#state.find(CONFIG_PATH);
    if (config === null) throw new InvariantError(`no ${CONFIG_PATH}`);
    if (sessionId !== NO_SESSION) {
      if (!this.#state.isOpen(sessionId)) return refuse(ErrorCode.SessionExpired);
      if (!mayDo(this.#options, config.acl, Perm.write, context)) return refuse(ErrorCode.NoAuth);
    }
    this.#state.setData(zxid, CONFIG_PATH, config, CONFIG_VERSION, data.length);
    return { type: "reconfig", data, version: CONFIG_VERSION };
  }

  /** An id that is in use is refused: a session is opened once. So is one that no session can have. */
  #createSession(request: RequestOf<"createSession">, context: PrepareContext): TxnBody {
    const { zxid, sessionId } = context;
    if (ownerKind(sessionId) !== "session" || this.#state.isOpen(sessionId)) {
      return refuse(ErrorCode.BadArguments);
    }
    this.#state.setSession(zxid, sessionId, true);
    return {
      type: "createSession",
      timeoutMs: request.timeoutMs,
      password: request.password,
    };
  }

  #closeSession(context: PrepareContext): TxnBody {
    const { zxid, sessionId } = context;
    if (!this.#state.isOpen(sessionId)) return refuse(ErrorCode.SessionExpired);
    const paths = this.#state.ephemeralsOf(sessionId);
    for (const path of paths) {
      const node = this.#state.find(path);
      const parent = this.#state.find(parentOf(path));
      if (node === null || parent === null) {
        throw new InvariantError(`ephemeral ${path} without a parent`);
      }
      this.#state.delete(zxid, path, node, parent);
    }
    this.#state.setSession(zxid, sessionId, false);
    return { type: "closeSession", paths: isShort(paths) ? paths : null };
  }
}

function isShort(paths: readonly string[]): boolean {
  let chars = 0;
  for (const path of paths) chars += path.length;
  return chars <= MAX_CLOSE_CHARS;
}

function failedParts(count: number, failedAt: number, failure: TxnPart): TxnPart[] {
  return Array.from({ length: count }, (_, index) => {
    if (index === failedAt) return failure;
    return refuse(index < failedAt ? ErrorCode.Ok : ErrorCode.RuntimeInconsistency);
  });
}

function charsOf(acl: readonly Acl[]): number {
  let chars = 0;
  for (const { scheme, id } of acl) chars += scheme.length + id.length;
  return chars;
}
