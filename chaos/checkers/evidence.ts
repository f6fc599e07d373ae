/**
 * How a checker's evidence reads: one line per operation, transaction, sample or fault.
 */
import type {
  FaultRecord,
  GrantRecord,
  OpPartRecord,
  OpRecord,
  ServerSample,
  ServerTxn,
  ServerTxnPart,
  WatchRecord,
} from "../../results/history.ts";
import { errorName } from "../../server/errors.ts";
import { formatZxid } from "../../server/ids.ts";
import { isSessionOwner } from "./txn-changes.ts";

/** `t=12.345s`. */
export function formatTime(atMs: number): string {
  return Number.isFinite(atMs) ? `t=${(atMs / 1000).toFixed(3)}s` : "t=?";
}

/** A value's tag for a person: quoted, `null`, or "not recorded". */
export function formatValue(value: string | null | undefined): string {
  if (value === undefined) return "not recorded";
  return value === null ? "null" : JSON.stringify(value);
}

/** `client 7's setData /a`: an operation as the subject of a sentence. */
export function nameOp(op: OpRecord): string {
  return `client ${op.client}'s ${op.op} ${op.path}`.trimEnd();
}

/**
 * `t=12.340–12.345s client 7 session 0x1 server 2 getData /a → zxid 0x10000002a (value "x")`: from the
 * invocation to the end.
 */
export function describeOp(op: OpRecord): string {
  const who = `client ${op.client} session ${op.session} server ${op.server}`;
  const when = `t=${(op.invokeMs / 1000).toFixed(3)}–${formatTime(op.completeMs).slice(2)}`;
  return `${when} ${who} ${op.op} ${op.path}`.trimEnd() + ` → ${describeOutcome(op)}`;
}

function describeOutcome(op: OpRecord): string {
  const details: string[] = [];
  if (op.created !== undefined) details.push(`created ${op.created}`);
  if (op.value !== undefined) details.push(`value ${formatValue(op.value)}`);
  if (op.stat !== undefined) details.push(`version ${op.stat.version}`);
  if (op.children !== undefined) details.push(`${op.children.length} children`);
  if (op.parts !== undefined) details.push(...op.parts.map(describeAskedPart));
  const suffix = details.length === 0 ? "" : ` (${details.join(", ")})`;
  // Answers of systems that are no ZooKeeper have no zxid.
  const zxid = op.zxid >= 0 ? `zxid ${formatZxid(op.zxid)}` : null;
  if (op.outcome === "ok") return `${zxid ?? "ok"}${suffix}`;
  const answer = zxid ?? (op.outcome === "info" ? "no reply" : null);
  const code = [`${op.outcome} ${errorName(op.code)}`, answer].filter((part) => part !== null);
  return `${code.join(", ")}${op.parts === undefined ? "" : suffix}`;
}

function describeAskedPart(part: OpPartRecord): string {
  const value = part.value === undefined ? "" : ` value ${formatValue(part.value)}`;
  const version = part.stat === undefined ? "" : ` version ${part.stat.version}`;
  const code = part.code === 0 ? "" : ` ${errorName(part.code)}`;
  return `${part.type} ${part.created ?? part.path}${value}${version}${code}`;
}

/** `0x100000005 setData /a by session 0x1 (cxid 7, value "x", version 3)`. */
export function describeTxn(txn: ServerTxn): string {
  const details = [`cxid ${txn.cxid}`, ...effects(txn)];
  if (txn.parts !== undefined) details.push(...txn.parts.map(describePart));
  if (txn.removed !== undefined) details.push(`removed ${txn.removed.join(" ") || "nothing"}`);
  const what = `${formatZxid(txn.zxid)} ${txn.type} ${txn.path}`.trimEnd();
  return `${what} by session ${txn.session} (${details.join(", ")})`;
}

function describePart(part: ServerTxnPart): string {
  return [part.type, part.path, ...effects(part)].filter((word) => word !== "").join(" ");
}

function effects(change: ServerTxn | ServerTxnPart): string[] {
  const { value, version, ephemeralOwner: owner, code } = change;
  const details: string[] = [];
  if (value !== undefined) details.push(`value ${formatValue(value)}`);
  if (version !== undefined) details.push(`version ${version}`);
  if (owner !== undefined && isSessionOwner(owner)) details.push(`ephemeral of ${owner}`);
  if (code !== undefined) details.push(errorName(code));
  return details;
}

/** `the event deleted /a (zxid 0x100000002)`: an event as a part of a sentence. */
export function nameEvent({ type, path, zxid }: WatchRecord): string {
  return `the event ${type} ${path} (${zxid < 0 ? "no zxid" : `zxid ${formatZxid(zxid)}`})`;
}

/** `t=3.100s client 7 session 0x1 server 2 event deleted /a (zxid 0x100000002)`. */
export function describeEvent(event: WatchRecord): string {
  const { client, session, server } = event;
  return (
    `${formatTime(event.atMs)} client ${client} session ${session} server ${server} ` +
    nameEvent(event).replace("the ", "")
  );
}

/** `t=3.100s client 7 session 0x1 acquired /lock with token 0x100000002`. */
export function describeGrant(grant: GrantRecord): string {
  return (
    `${formatTime(grant.atMs)} client ${grant.client} session ${grant.session} ${grant.event} ` +
    `${grant.resource} with token ${formatZxid(grant.token)}`
  );
}

/** `t=3.100s server 1 LEADING in epoch 2: applied 0x…, committed 0x…, serving`. */
export function describeSample(sample: ServerSample): string {
  return (
    `${formatTime(sample.receivedMs)} server ${sample.server} ${sample.state} in epoch ${sample.epoch}: ` +
    `applied ${formatZxid(sample.appliedZxid)}, committed ${formatZxid(sample.committedZxid)}, ` +
    (sample.serving ? "serving" : "not serving")
  );
}

/** `1`, `1 and 2`, `1, 2 and 3`. */
export function listed(items: readonly (number | string)[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${String(items.at(-1))}`;
}

/** The faults in force at a moment: from the request until the healing was verified. */
export function faultsAt(faults: readonly FaultRecord[], atMs: number): string[] {
  return faults.filter((fault) => overlaps(fault, atMs, atMs)).map((fault) => fault.name);
}

/** Whether the fault may have been in force, in part or whole, at some time of the span. */
export function overlaps(fault: FaultRecord, fromMs: number, toMs: number): boolean {
  return fault.requestedMs <= toMs && (fault.healedMs ?? Number.POSITIVE_INFINITY) >= fromMs;
}
