/**
 * Part of C2: a transaction of the log fits the tree that it is applied to, and is what was asked for.
 */
import type { OpPartRecord, OpRecord, ServerTxn, ServerTxnPart } from "../../results/history.ts";
import { errorName } from "../../server/errors.ts";
import { isForbidden, isSequential } from "../model/model-answers.ts";
import type { ModelZnode } from "../model/model-znode.ts";
import type { ModelChange } from "../model/tree-model.ts";
import { nameOp } from "./evidence.ts";
import { nameTxn, report } from "./replay.ts";
import type { Replay } from "./replay.ts";
import { requestOf } from "./request-of.ts";
import { CONTAINER_OWNER, isSessionOwner, reconfigChange, timeToLiveMs } from "./txn-changes.ts";

/** Judges, and applies it to the model. `own`: the operation that it comes from, if one is known. */
export function judgeTransaction(txn: ServerTxn, own: OpRecord | null, replay: Replay): void {
  if (own !== null && own.outcome === "fail" && isChange(txn) && isSurelyOf(own, txn)) {
    report(
      replay,
      () =>
        `Atomicity broke: ${nameOp(own)} was refused with ${errorName(own.code)}, but the log has its ` +
        `${nameTxn(txn)}.`,
      own,
      txn,
    );
  }
  if (txn.type === "closeSession") removeEphemerals(txn, replay);
  const change = treeChangeOf(txn);
  if (change === null) return;
  if (own !== null) judgeAsked(own, change, own, txn, replay);
  if (isRemovalByLeader(txn)) judgeRemoval(txn, replay);
  applyChange(change, txn, replay);
}

/**
 * Of what was answered it is known; of what the client itself called failed, session and xid may be those
 * of another request, that was never sent: what it asked for must be what was done.
 */
export function isSurelyOf(own: OpRecord, txn: ServerTxn): boolean {
  if (own.zxid >= 0) return true;
  if (own.op !== txn.type) return false;
  if (own.op !== "multi")
    return typeof own.value === "string" && own.path === txn.path && own.value === txn.value;
  const { parts: asked = [] } = own;
  const { parts: done = [] } = txn;
  return (
    asked.length === done.length &&
    asked.some(({ value }) => typeof value === "string") &&
    asked.every(({ value }, index) => value === undefined || value === done[index]?.value)
  );
}

function isChange(txn: ServerTxn): boolean {
  return txn.type !== "error" && txn.type !== "closeSession" && txn.type !== "createSession";
}

/** What a transaction that is no multi does to a znode; null: nothing, or that of a closeSession. */
function treeChangeOf(txn: ServerTxn): ModelChange | null {
  const { type } = txn;
  switch (type) {
    case "create":
    case "delete":
    case "setData":
    case "setACL":
      return txn as ServerTxn & { readonly type: typeof type };
    case "reconfig":
      return reconfigChange(txn);
    case "multi":
    case "createSession":
    case "closeSession":
    case "error":
      return null;
  }
}

/** Applies a change, or a check, to the model; a change that does not fit is a violation. */
export function applyChange(change: ModelChange, txn: ServerTxn, replay: Replay): void {
  const misfit = replay.model.apply(change, txn);
  if (misfit === null) return;
  const to = change.version === undefined ? "" : ` (version ${change.version})`;
  const where = txn.type === "multi" ? `${change.type} ${change.path} in the ` : "";
  report(
    replay,
    () =>
      `State broke: the log's ${where}${nameTxn(txn)}${to} does not fit what was before: ${misfit}.`,
    null,
    txn,
  );
}

/** What the transaction lists is what the servers remove; whether that was right is for C9. */
function removeEphemerals(txn: ServerTxn, { model }: Replay): void {
  for (const path of txn.removed ?? model.ephemeralsOf(txn.session)) model.remove(path, txn);
}

/**
 * Judges a change, alone or in a multi, against what was asked for, before it is applied: the versions
 * expected, the rights needed, the path created, and the ACL given.
 */
export function judgeAsked(
  asked: OpRecord | OpPartRecord,
  logged: ModelChange,
  op: OpRecord,
  txn: ServerTxn,
  replay: Replay,
): void {
  const wrong = askedDifference(asked, logged, replay);
  if (wrong === null) return;
  const part = asked === op ? "" : `, part ${logged.type} ${logged.path},`;
  report(
    replay,
    () =>
      `State broke: ${nameOp(op)}${part} was done at zxid 0x${txn.zxid.toString(16)}, but ${wrong}.`,
    op,
    txn,
  );
}

function askedDifference(
  asked: OpRecord | OpPartRecord,
  logged: ModelChange,
  { model, history }: Replay,
): string | null {
  const request = history.run.aclsBind === true ? requestOf(asked) : null;
  if (request !== null && isForbidden(model, request)) return "an ACL keeps it from everybody";
  const { expectedVersion: expected = -1, flags } = asked;
  if (expected !== -1) {
    const node = model.get(logged.path);
    const found = logged.type === "setACL" ? node?.aversion : node?.version;
    if (found !== undefined && found !== expected) {
      return `it expected version ${expected}, and the version was ${found}`;
    }
  }
  if (logged.type === "create" && flags !== undefined && !isSequential(flags)) {
    if (logged.path !== asked.path) return `it made ${logged.path}`;
  }
  const acl = "acl" in asked ? asked.acl : undefined;
  if (logged.acl === undefined || acl === undefined || !isPlainAcl(acl)) return null;
  return acl === logged.acl ? null : `it gave the ACL ${logged.acl} instead of ${acl}`;
}

/** One entry, which servers keep as it is: they put the client's identities in the place of `auth`. */
function isPlainAcl(acl: string): boolean {
  return acl.startsWith("world:") && !acl.includes(",");
}

/** The leader removes containers and znodes with a time to live by itself, for no session. */
function isRemovalByLeader(txn: ServerTxn): boolean {
  return txn.type === "delete" && txn.session === "0x0" && txn.cxid === 0;
}

function judgeRemoval(txn: ServerTxn, replay: Replay): void {
  const node = replay.model.get(txn.path);
  const wrong = node ? whyNotRemovable(node, txn) : null;
  if (wrong === null) return;
  report(
    replay,
    () =>
      `State broke: the leader removed ${txn.path} by itself at zxid 0x${txn.zxid.toString(16)}, ${wrong}.`,
    null,
    txn,
  );
}

/**
 * A container goes when it has no children any more (one that never had any stays, unless a server is
 * configured otherwise, which the lab's are not), others when nobody wrote for longer than their time to
 * live: by the leader's clock, which gave both transactions their times. Null: it may, or is not known.
 */
function whyNotRemovable(node: ModelZnode, txn: ServerTxn): string | null {
  const { owner, creations, mtimeMs } = node;
  if (owner === undefined) return null;
  if (owner === CONTAINER_OWNER)
    return creations === 0 ? "a container that never had a child" : null;
  if (owner === "0x0" || isSessionOwner(owner))
    return "which is no container and has no time to live";
  if (mtimeMs === undefined || mtimeMs <= 0 || txn.timeMs <= 0) return null;
  const ageMs = txn.timeMs - mtimeMs;
  const ttlMs = timeToLiveMs(owner);
  return ageMs < ttlMs
    ? `${ageMs} ms after it was written last, though its time to live is ${ttlMs} ms`
    : null;
}

/** The change of a multi's part; null: it is an error. */
export function changeOfPart(part: ServerTxnPart): ModelChange | null {
  const { type } = part;
  return type === "error" ? null : (part as ServerTxnPart & { readonly type: typeof type });
}
