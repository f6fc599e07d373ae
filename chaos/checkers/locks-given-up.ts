/**
 * Part of C11: a client does not come to hold a lock with a znode or a session of which it has been told
 * that it is gone.
 *
 * It may have decided just before it was told, and say so just after: only when it has asked for
 * something since, and got an answer, has it had the time to know. That a lock is gone without its holder
 * being told is no breach; its token protects then.
 */
import type { GrantRecord, OpRecord, SessionRecord, WatchRecord } from "../../results/history.ts";
import { ErrorCode } from "../../server/errors.ts";
import { formatZxid } from "../../server/ids.ts";
import type { Findings } from "./checker.ts";
import { describeEvent, describeGrant, describeOp, formatTime } from "./evidence.ts";
import type { PreparedHistory } from "./prepared-history.ts";
import { nameOf, parentOf } from "./znode-path.ts";

/** A client's znode in a line of contenders: its token is the zxid of the reply that gave it. */
interface Place {
  readonly create: OpRecord;
  readonly path: string;
  readonly token: number;
  /** What told the client first that it is gone. */
  told: OpRecord | WatchRecord | null;
}

export function judgeGivenUp(
  acquired: readonly GrantRecord[],
  history: PreparedHistory,
  findings: Findings,
): void {
  if (acquired.length === 0) return;
  judgePlaces(acquired, history, findings);
  judgeSessions(acquired, history, findings);
}

function judgePlaces(
  acquired: readonly GrantRecord[],
  history: PreparedHistory,
  findings: Findings,
): void {
  const places = new Map<number, PlacesOfClient>();
  for (const grant of acquired) {
    const known = places.get(grant.client);
    if (known === undefined) places.set(grant.client, new PlacesOfClient(grant.token));
    else known.tokens.add(grant.token);
  }
  for (const op of history.replies) places.get(op.client)?.reply(op);
  for (const watch of history.watches) {
    if (watch.type === "deleted") places.get(watch.client)?.deleted(watch);
  }
  for (const grant of acquired) {
    const place = places.get(grant.client)?.byToken.get(grant.token);
    const told = place?.told ?? null;
    if (place === undefined || told === null) continue;
    if (!hasAskedSince(grant, momentOf(told), history)) continue;
    if (!wasGone(place, told.zxid, history)) continue;
    findings.add(() => ({
      message:
        `Locks broke: client ${grant.client} acquired ${grant.resource} with token ` +
        `${formatZxid(grant.token)} at ${formatTime(grant.atMs)}, though it had been told at ` +
        `${formatTime(momentOf(told))} that its znode ${place.path} was gone.`,
      evidence: [
        describeOp(place.create),
        told.kind === "op" ? describeOp(told) : describeEvent(told),
        describeGrant(grant),
      ],
      atMs: grant.atMs,
    }));
  }
}

/** The places of one client that became tokens of its grants. */
class PlacesOfClient {
  readonly tokens: Set<number>;
  readonly byToken = new Map<number, Place>();
  /** Those that it may still have, by path and by parent. */
  readonly #byPath = new Map<string, Place>();
  /** All that it ever had of a path: a parent that is made anew counts from zero again. */
  readonly #everByPath = new Map<string, Place[]>();
  readonly #byParent = new Map<string, Set<Place>>();

  constructor(token: number) {
    this.tokens = new Set([token]);
  }

  /** In the order of arrival. */
  reply(op: OpRecord): void {
    switch (op.op) {
      case "create":
        return this.#created(op);
      case "delete":
      case "setData":
      case "getData":
      case "exists":
        return this.#answered(op);
      case "getChildren":
        return this.#listed(op);
      case "connect":
      case "close":
      case "sync":
      case "multi":
      case "setACL":
      case "getACL":
      case "reconfig":
      case "addWatch":
      case "removeWatches":
        return undefined;
    }
  }

  /** After all replies. */
  deleted(event: WatchRecord): void {
    for (const place of this.#everByPath.get(event.path) ?? []) {
      if (event.zxid <= place.token) continue;
      if (place.told === null || momentOf(place.told) > event.atMs) place.told = event;
    }
  }

  #created(op: OpRecord): void {
    const { created: path, zxid: token } = op;
    if (op.outcome !== "ok" || path === undefined || !this.tokens.has(token)) return;
    const place: Place = { create: op, path, token, told: null };
    this.byToken.set(token, place);
    this.#byPath.set(path, place);
    const ever = this.#everByPath.get(path);
    if (ever === undefined) this.#everByPath.set(path, [place]);
    else ever.push(place);
    const siblings = this.#byParent.get(parentOf(path));
    if (siblings === undefined) this.#byParent.set(parentOf(path), new Set([place]));
    else siblings.add(place);
  }

  #answered(op: OpRecord): void {
    const place = this.#byPath.get(op.path);
    if (place === undefined || op.zxid <= place.token) return;
    const isGone = op.outcome === "ok" ? op.op === "delete" : op.code === ErrorCode.NoNode;
    if (isGone) this.#tell(place, op);
  }

  #listed(op: OpRecord): void {
    const { children } = op;
    if (op.outcome !== "ok" || children === undefined) return;
    for (const place of this.#byParent.get(op.path) ?? []) {
      if (op.zxid >= place.token && !children.includes(nameOf(place.path))) this.#tell(place, op);
    }
  }

  #tell(place: Place, by: OpRecord): void {
    place.told = by;
    this.#byPath.delete(place.path);
    this.#byParent.get(parentOf(place.path))?.delete(place);
  }
}

/** A session that its client was told to be over, or closed, holds nothing any more. */
function judgeSessions(
  acquired: readonly GrantRecord[],
  history: PreparedHistory,
  findings: Findings,
): void {
  const ends = new Map<string, SessionRecord>();
  const keyOf = ({ client, session }: GrantRecord | SessionRecord): string =>
    `${client} ${session}`;
  for (const record of history.sessions) {
    const isEnd = record.event === "expired" || record.event === "closed";
    if (isEnd && !ends.has(keyOf(record))) ends.set(keyOf(record), record);
  }
  for (const grant of acquired) {
    const end = ends.get(keyOf(grant));
    if (end === undefined || !hasAskedSince(grant, end.atMs, history)) continue;
    findings.add(() => ({
      message:
        `Locks broke: client ${grant.client} acquired ${grant.resource} with token ` +
        `${formatZxid(grant.token)} at ${formatTime(grant.atMs)}, though it knew since ` +
        `${formatTime(end.atMs)} that its session ${grant.session} was ${end.event}.`,
      evidence: [
        `${formatTime(end.atMs)} client ${end.client} session ${end.session} server ${end.server} ${end.event}`,
        describeGrant(grant),
      ],
      atMs: grant.atMs,
    }));
  }
}

/** Whether the client asked something after that moment that was answered before it acquired. */
function hasAskedSince(
  grant: GrantRecord,
  sinceMs: number,
  { operations }: PreparedHistory,
): boolean {
  if (sinceMs >= grant.atMs) return false;
  return operations.some(
    (op) =>
      op.client === grant.client &&
      op.outcome === "ok" &&
      op.invokeMs > sinceMs &&
      op.completeMs < grant.atMs,
  );
}

/** That a client was told a wrong name, or of an end that never was, is for C5, C7 and C10 to say. */
function wasGone({ path, token }: Place, zxid: number, { log, tree }: PreparedHistory): boolean {
  if (log.entries.length === 0) return true;
  return log.at(token)?.path === path && tree.nodeAt(path, zxid)?.exists === false;
}

function momentOf(told: OpRecord | WatchRecord): number {
  return told.kind === "op" ? told.completeMs : told.atMs;
}
