/**
 * The creation of a znode, checked in ZooKeeper's order: flags and time to live, session, path, ACL,
 * parent, permission, name, existence, whether the parent may have children, quota
 * (PrepRequestProcessor.pRequest2TxnCreate).
 */
import { ErrorCode } from "../errors.ts";
import { NO_SESSION } from "../ids.ts";
import type { SessionId } from "../ids.ts";
import { CreateFlag } from "../wire/opcodes.ts";
import { fixAcl, Perm } from "./acl.ts";
import { CONTAINER_OWNER, isSessionOwner, ttlOwner } from "./ephemeral-owner.ts";
import { parentOf, validatePath } from "./path.ts";
import type { PendingState } from "./pending-state.ts";
import type { PrepareContext, PrepareOptions, RequestOf } from "./prepare-request.ts";
import { hasParent, mayDo, type Prepared, refuse } from "./prepared.ts";
import { withinQuota } from "./quota-check.ts";
import { sequenceSuffix } from "./sequence.ts";

export type AnyCreate = RequestOf<"create" | "create2" | "createContainer" | "createTTL">;

export function prepareCreate(
  state: PendingState,
  options: PrepareOptions,
  request: AnyCreate,
  context: PrepareContext,
): Prepared {
  const { flags, data } = request;
  const ephemeralOwner = ownerFor(request, options, context.sessionId);
  if (typeof ephemeralOwner === "number") return refuse(ephemeralOwner);
  if (!state.isOpen(context.sessionId)) return refuse(ErrorCode.SessionExpired);
  if (!hasParent(request.path)) return refuse(ErrorCode.BadArguments);
  const acl = fixAcl(request.acl, context.authIds, options.x509);
  if (acl === null) return refuse(ErrorCode.InvalidAcl);
  const parent = state.find(parentOf(request.path));
  if (parent === null) return refuse(ErrorCode.NoNode);
  if (!mayDo(options, parent.acl, Perm.create, context)) return refuse(ErrorCode.NoAuth);
  const path = isSequential(flags)
    ? request.path + sequenceSuffix(parent.childCreations)
    : request.path;
  if (validatePath(path, false) !== null) return refuse(ErrorCode.BadArguments);
  if (state.find(path) !== null) return refuse(ErrorCode.NodeExists);
  if (isSessionOwner(parent.owner)) return refuse(ErrorCode.NoChildrenForEphemerals);
  const dataLength = data === null ? 0 : data.length;
  if (!withinQuota(state, options, path, 1, dataLength)) return refuse(ErrorCode.QuotaExceeded);

  const parentCversion = (parent.childCreations + 1) | 0;
  state.create(context.zxid, path, parent, parentCversion, ephemeralOwner, dataLength, acl);
  return { type: "create", path, data, acl, ephemeralOwner, parentCversion };
}

/**
 * In a multi ZooKeeper lets the flags say what is created, whatever the opcode says (Op.Create); alone,
 * the opcode does.
 */
export function asPart(request: AnyCreate): AnyCreate {
  const { path, data, acl, flags } = request;
  if (flags === CreateFlag.container) return { type: "createContainer", path, data, acl, flags };
  if (request.type === "createTTL" && !isTtl(flags)) {
    return { type: "create", path, data, acl, flags };
  }
  return request;
}

/** The znode's ephemeralOwner, or the error that the flags or the time to live deserve. */
function ownerFor(
  request: AnyCreate,
  options: PrepareOptions,
  session: SessionId,
): SessionId | ErrorCode {
  const { type, flags } = request;
  if (flags < CreateFlag.persistent || flags > CreateFlag.persistentSequentialWithTtl) {
    return ErrorCode.BadArguments;
  }
  if (type === "createTTL" || isTtl(flags)) {
    if (isTtl(flags) && !options.extendedTypesEnabled) return ErrorCode.Unimplemented;
    if (type !== "createTTL" || !isTtl(flags)) return ErrorCode.BadArguments;
    return ttlOwner(request.ttl) ?? ErrorCode.BadArguments;
  }
  if (type === "createContainer") return CONTAINER_OWNER;
  const ephemeral = flags === CreateFlag.ephemeral || flags === CreateFlag.ephemeralSequential;
  return ephemeral ? session : NO_SESSION;
}

function isTtl(flags: number): boolean {
  return flags === CreateFlag.persistentWithTtl || flags === CreateFlag.persistentSequentialWithTtl;
}

function isSequential(flags: number): boolean {
  return (
    flags === CreateFlag.persistentSequential ||
    flags === CreateFlag.ephemeralSequential ||
    flags === CreateFlag.persistentSequentialWithTtl
  );
}
