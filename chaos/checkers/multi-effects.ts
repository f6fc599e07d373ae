/**
 * Part of C2: a multi applies whole or not at all, and each of its parts gets the answer it deserves.
 */
import type { OpPartRecord, OpRecord, ServerTxn, ServerTxnPart } from "../../results/history.ts";
import { ErrorCode, errorName } from "../../server/errors.ts";
import { formatZxid } from "../../server/ids.ts";
import { answersTo, createdPath, isSequential } from "../model/model-answers.ts";
import { CONTAINER_OWNER } from "./txn-changes.ts";
import type { TreeModel } from "../model/tree-model.ts";
import { nameOp } from "./evidence.ts";
import { STATE_CODES } from "./prepared-history.ts";
import { namesOf, nameTxn, report } from "./replay.ts";
import type { Replay } from "./replay.ts";
import { requestOf } from "./request-of.ts";
import { statDifference } from "./stat-difference.ts";
import { parentOf } from "./znode-path.ts";
import { applyChange, changeOfPart, isSurelyOf, judgeAsked } from "./txn-effects.ts";

/** Judges, and applies it to the model. `own`: the operation that it comes from, if one is known. */
export function judgeMulti(txn: ServerTxn, own: OpRecord | null, replay: Replay): void {
  const { parts = [] } = txn;
  replay.counts.multis++;
  const say = (what: string): void => report(replay, () => `Atomicity broke: ${what}.`, own, txn);
  const errors = parts.filter((part) => part.type === "error").length;
  const failed = errors > 0;
  if (failed && errors < parts.length) {
    say(`the log's ${nameTxn(txn)} applied ${parts.length - errors} of its ${parts.length} parts`);
  }
  if (own === null || own.op !== "multi") {
    for (const part of parts) applyPart(part, txn, replay);
    return;
  }
  if (own.outcome === "fail" && !failed && parts.length > 0 && isSurelyOf(own, txn)) {
    say(`${nameOp(own)} was refused with ${errorName(own.code)}, but the log has it applied`);
  }
  if (own.outcome === "ok" && failed)
    say(`${nameOp(own)} was acknowledged, but the log has it failed`);
  if (failed) judgeFailed(own, parts, txn, replay);
  const asked = own.parts ?? [];
  if (asked.length !== parts.length && own.parts !== undefined) {
    say(`${nameOp(own)} has ${asked.length} parts, and the log has ${parts.length} of them`);
  }
  for (const [index, part] of parts.entries()) {
    const wanted = asked.length === parts.length ? asked[index] : undefined;
    judgePart(part, wanted, own, txn, replay);
  }
}

function applyPart(part: ServerTxnPart, txn: ServerTxn, replay: Replay): void {
  const change = changeOfPart(part);
  if (change !== null) applyChange(change, txn, replay);
}

/** A part that was done: what the log has is what was asked, and the answer shows it. */
function judgePart(
  part: ServerTxnPart,
  asked: OpPartRecord | undefined,
  own: OpRecord,
  txn: ServerTxn,
  replay: Replay,
): void {
  const change = changeOfPart(part);
  if (change === null) return;
  const other = asked === undefined ? null : otherThan(asked, part);
  if (asked !== undefined && other === null) judgeAsked(asked, change, own, txn, replay);
  const due = dueName(asked, part, replay.model);
  applyChange(change, txn, replay);
  if (asked === undefined) return;
  const wrong =
    other ?? due ?? (own.outcome === "ok" ? answerDifference(asked, part, replay) : null);
  if (wrong === null) return;
  report(
    replay,
    () =>
      `Atomicity broke: part ${asked.type} ${asked.path} of ${nameOp(own)}, done at zxid ` +
      `${formatZxid(txn.zxid)}, ${wrong}.`,
    own,
    txn,
  );
}

function otherThan(asked: OpPartRecord, part: ServerTxnPart): string | null {
  const isOther =
    part.type !== asked.type ||
    (asked.type === "create" && isSequential(asked.flags ?? 0)
      ? !part.path.startsWith(asked.path)
      : part.path !== asked.path);
  if (isOther) return `is ${part.type} ${part.path} in the log`;
  if (asked.value === undefined || part.value === undefined || asked.value === part.value)
    return null;
  return `has the value ${JSON.stringify(part.value)} in the log instead of ${JSON.stringify(asked.value)}`;
}

/** A sequential name has the parent's count of creations, those by parts before included. */
function dueName(
  asked: OpPartRecord | undefined,
  part: ServerTxnPart,
  model: TreeModel,
): string | null {
  if (asked?.type !== "create" || part.type !== "create" || !isSequential(asked.flags ?? 0))
    return null;
  const due = createdPath(asked.path, asked.flags ?? 0, model.get(parentOf(asked.path)));
  return due === null || due === part.path ? null : `made ${part.path} instead of ${due}`;
}

/** The answer shows the state after the part, and before the next. */
function answerDifference(
  asked: OpPartRecord,
  part: ServerTxnPart,
  { model, counts }: Replay,
): string | null {
  if (asked.code !== ErrorCode.Ok) return `was answered with ${errorName(asked.code)}`;
  if (asked.created !== undefined && asked.created !== part.path) {
    return `was answered with the path ${asked.created} instead of ${part.path}`;
  }
  const node = model.get(part.path);
  if (asked.stat === undefined || !node) return null;
  counts.stats++;
  const wrong = statDifference(asked.stat, node);
  return wrong === null ? null : `was answered with ${wrong}`;
}

/** The answer has the codes of the log, and the first refused part deserves its own. */
function judgeFailed(
  own: OpRecord,
  logged: readonly ServerTxnPart[],
  txn: ServerTxn,
  replay: Replay,
): void {
  const { parts = [] } = own;
  const draft = replay.model.draft();
  let decided = own.outcome === "fail";
  const reason = logged.findIndex(({ code = ErrorCode.Ok }) => code !== ErrorCode.Ok);
  for (const [index, part] of parts.entries()) {
    const say = (what: string): void =>
      report(
        replay,
        () =>
          `Error code broke: part ${part.type} ${part.path} of ${nameOp(own)}, refused at zxid ` +
          `${formatZxid(txn.zxid)}, ${what}.`,
        own,
        txn,
      );
    const code = logged[index]?.code ?? ErrorCode.Ok;
    if ((code === ErrorCode.RuntimeInconsistency) !== index > reason)
      say(`got ${namesOf(new Set([code]))}, and part ${reason + 1} is the first that was refused`);
    if (own.outcome === "fail" && part.code !== code) {
      say(`was answered with ${errorName(part.code)}, and has ${errorName(code)} in the log`);
    }
    if (!decided) continue;
    const request = requestOf(part);
    const answers = request === null ? null : answersTo(draft, request);
    decided = code === ErrorCode.Ok && answers !== null && applyAsked(part, own, draft, txn);
    if (answers === null || (code !== ErrorCode.Ok && !STATE_CODES.has(code))) continue;
    replay.counts.refusals++;
    if (!answers.has(code))
      say(`got ${namesOf(new Set([code]))}, where ${namesOf(answers)} is right`);
  }
}

/** Does to the draft what the part would have done; false: that is not known. */
function applyAsked(part: OpPartRecord, own: OpRecord, draft: TreeModel, txn: ServerTxn): boolean {
  const { type, flags = 0, expectedVersion: version } = part;
  if (type === "check") return true;
  if (type !== "create") {
    const set = { type, path: part.path, value: part.value ?? null };
    return draft.apply(set, txn) === null || version === undefined || version === -1;
  }
  const path = createdPath(part.path, flags, draft.get(parentOf(part.path)));
  if (path === null) return false;
  const ephemeralOwner =
    flags === 1 || flags === 3 ? own.session : flags === 4 ? CONTAINER_OWNER : "0x0";
  draft.apply({ type, path, value: part.value ?? null, ephemeralOwner }, txn);
  return true;
}
