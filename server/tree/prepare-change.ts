/**
 * What is done to a znode that is there: delete, setData, setACL, check, and the leader's own removal
 * of containers; each checked in the order of ZooKeeper's PrepRequestProcessor.
 */
import { ErrorCode } from "../errors.ts";
import { fixAcl, Perm } from "./acl.ts";
import { isSessionOwner } from "./ephemeral-owner.ts";
import { NO_SESSION } from "../ids.ts";
import { parentOf, validatePath } from "./path.ts";
import type { PendingState } from "./pending-state.ts";
import type { PrepareContext, PrepareOptions, RequestOf } from "./prepare-request.ts";
import { hasParent, mayDo, type Prepared, refuse, versionFits } from "./prepared.ts";
import { withinQuota } from "./quota-check.ts";
import { CONFIG_PATH, isSystemPath } from "./system-znodes.ts";
import { nextVersion } from "./version.ts";

export function prepareDelete(
  state: PendingState,
  options: PrepareOptions,
  request: RequestOf<"delete">,
  context: PrepareContext,
): Prepared {
  const { path } = request;
  if (!state.isOpen(context.sessionId)) return refuse(ErrorCode.SessionExpired);
  if (!hasParent(path) || isSystemPath(path)) return refuse(ErrorCode.BadArguments);
  const parent = state.find(parentOf(path));
  if (parent === null) return refuse(ErrorCode.NoNode);
  if (!mayDo(options, parent.acl, Perm.delete, context)) return refuse(ErrorCode.NoAuth);
  const node = state.find(path);
  if (node === null) return refuse(ErrorCode.NoNode);
  if (!versionFits(node.version, request.version)) return refuse(ErrorCode.BadVersion);
  if (node.numChildren > 0) return refuse(ErrorCode.NotEmpty);

  state.delete(context.zxid, path, node, parent);
  return { type: "delete", path };
}

/**
 * Stricter than ZooKeeper, which looks at the children alone: what is no container any more stays, and
 * so does what somebody is changing at this moment.
 */
export function prepareDeleteContainer(
  state: PendingState,
  request: RequestOf<"deleteContainer">,
  context: PrepareContext,
): Prepared {
  const { path } = request;
  if (context.sessionId !== NO_SESSION) return refuse(ErrorCode.Unimplemented);
  if (!hasParent(path) || isSystemPath(path)) return refuse(ErrorCode.BadArguments);
  const node = state.find(path);
  const parent = state.find(parentOf(path));
  if (node === null || parent === null) return refuse(ErrorCode.NoNode);
  if (node.numChildren > 0) return refuse(ErrorCode.NotEmpty);
  const isRemovable = node.owner !== NO_SESSION && !isSessionOwner(node.owner);
  if (!isRemovable || state.isChanging(path)) return refuse(ErrorCode.BadVersion);

  state.delete(context.zxid, path, node, parent);
  return { type: "delete", path };
}

export function prepareSetData(
  state: PendingState,
  options: PrepareOptions,
  request: RequestOf<"setData">,
  context: PrepareContext,
): Prepared {
  const { path, data } = request;
  if (!state.isOpen(context.sessionId)) return refuse(ErrorCode.SessionExpired);
  if (validatePath(path, false) !== null) return refuse(ErrorCode.BadArguments);
  const node = state.find(path);
  if (node === null) return refuse(ErrorCode.NoNode);
  if (!mayDo(options, node.acl, Perm.write, context)) return refuse(ErrorCode.NoAuth);
  // ZooKeeper lets it be set, without effect; here the tree is where the servers are read from.
  if (path === CONFIG_PATH) return refuse(ErrorCode.BadArguments);
  const dataLength = data === null ? 0 : data.length;
  if (!withinQuota(state, options, path, 0, dataLength - node.dataLength)) {
    return refuse(ErrorCode.QuotaExceeded);
  }
  if (!versionFits(node.version, request.version)) return refuse(ErrorCode.BadVersion);

  const version = nextVersion(node.version);
  state.setData(context.zxid, path, node, version, dataLength);
  return { type: "setData", path, data, version };
}

export function prepareSetAcl(
  state: PendingState,
  options: PrepareOptions,
  request: RequestOf<"setACL">,
  context: PrepareContext,
): Prepared {
  const { path } = request;
  if (!state.isOpen(context.sessionId)) return refuse(ErrorCode.SessionExpired);
  if (validatePath(path, false) !== null) return refuse(ErrorCode.BadArguments);
  const acl = fixAcl(request.acl, context.authIds, options.x509);
  if (acl === null) return refuse(ErrorCode.InvalidAcl);
  const node = state.find(path);
  if (node === null) return refuse(ErrorCode.NoNode);
  if (!mayDo(options, node.acl, Perm.admin, context)) return refuse(ErrorCode.NoAuth);
  if (!versionFits(node.aversion, request.version)) return refuse(ErrorCode.BadVersion);

  const version = nextVersion(node.aversion);
  state.setAcl(context.zxid, path, node, acl, version);
  return { type: "setACL", path, acl, version };
}

/** Changes nothing; only a part of a multi may be one. */
export function prepareCheck(
  state: PendingState,
  options: PrepareOptions,
  request: RequestOf<"check">,
  context: PrepareContext,
): Prepared {
  const { path } = request;
  if (!state.isOpen(context.sessionId)) return refuse(ErrorCode.SessionExpired);
  if (validatePath(path, false) !== null) return refuse(ErrorCode.BadArguments);
  const node = state.find(path);
  if (node === null) return refuse(ErrorCode.NoNode);
  if (!mayDo(options, node.acl, Perm.read, context)) return refuse(ErrorCode.NoAuth);
  if (!versionFits(node.version, request.version)) return refuse(ErrorCode.BadVersion);
  return { type: "check", path, version: node.version };
}
