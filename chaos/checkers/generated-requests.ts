/**
 * Test support: what the clients of a generated run ask of its ensemble, and the answers that a correct
 * one gives.
 */
import type { OpPartRecord, OpRecord, ServerTxnPart } from "../../results/history.ts";
import { ErrorCode } from "../../server/errors.ts";
import { sequenceSuffix } from "../model/sequence-number.ts";
import type { Actor, GeneratedEnsemble, TxnBody } from "./generated-ensemble.ts";
import type { PlainTree } from "./generated-tree.ts";
import type { StoryOp } from "./story-op.ts";
import { parentOf } from "./znode-path.ts";

/** A session of which the history has nothing. */
const STRANGER = "0xfeed";

export const OPEN_ACL = "world:anyone:31";
const OTHER_ACL = "world:anyone:27";
const CONTAINER_OWNER = "0x8000000000000000";

/** Of the six znodes that are read and written. */
export function somePath(ensemble: GeneratedEnsemble): string {
  return `/data/${Math.floor(ensemble.random() * 6)}`;
}

export function create(e: GeneratedEnsemble, actor: Actor, path: string, flags: number): number {
  const creations = e.leader.nodes.get(parentOf(path))?.creations ?? 0;
  const created = (flags & 2) === 0 ? path : path + sequenceSuffix(creations);
  const ephemeralOwner = (flags & 1) === 0 ? "0x0" : actor.client.session;
  const value = `c${e.xid}`;
  const body = { path: created, version: 0, ephemeralOwner, acl: OPEN_ACL, ...dataOf(value) };
  const zxid = e.commitFor(actor, { type: "create", ...body });
  const shown = e.chance(0.3) ? statOf(e.leader, created) : {};
  e.timed(actor.client.create(path, value, flags)).ok(zxid, { created, ...shown });
  return zxid;
}

function dataOf(value: string) {
  return { value, dataLength: value.length };
}

function statOf(tree: PlainTree, path: string): Partial<OpRecord> {
  const stat = tree.stat(path);
  return stat === null ? {} : { stat };
}

export function write(e: GeneratedEnsemble, actor: Actor): void {
  const path = somePath(e);
  const node = e.leader.nodes.get(path);
  if (e.chance(0.15)) {
    refused(e, actor);
  } else if (node === undefined) {
    create(e, actor, path, 0);
  } else if (e.chance(0.2)) {
    const zxid = e.commitFor(actor, { type: "delete", path });
    e.timed(actor.client.delete(path)).ok(zxid);
  } else if (e.chance(0.1)) {
    const body = { path, acl: OTHER_ACL, version: node.aversion + 1 };
    const zxid = e.commitFor(actor, { type: "setACL", ...body });
    e.timed(actor.client.setACL(path, OTHER_ACL)).ok(zxid, statOf(e.leader, path));
  } else {
    const value = `v${e.xid}`;
    const expectedVersion = e.chance(0.5) ? node.version : -1;
    const body = { path, version: node.version + 1, ...dataOf(value) };
    const zxid = e.commitFor(actor, { type: "setData", ...body });
    const op = e.timed(actor.client.set(path, value)).with({ expectedVersion });
    op.ok(zxid, statOf(e.leader, path));
  }
}

/** A write that the tree forbids: an error transaction. */
function refused(e: GeneratedEnsemble, actor: Actor): void {
  const { client } = actor;
  const there = [...e.leader.nodes.keys()].filter((path) => path.startsWith("/data/"));
  const path = there.length === 0 ? null : e.pick(there);
  const wrong = 1 + (e.leader.nodes.get(path ?? "")?.version ?? 0);
  const cases: [number, () => StoryOp][] = [
    [ErrorCode.NoNode, () => client.delete("/none")],
    [ErrorCode.NodeExists, () => client.create("/data", "again", 0)],
  ];
  if (path !== null) {
    cases.push([ErrorCode.NotEmpty, () => client.delete("/data")]);
    const late = { expectedVersion: wrong };
    cases.push([ErrorCode.BadVersion, () => client.set(path, "late").with(late)]);
  }
  const [code, ask] = e.pick(cases);
  const zxid = e.commitFor(actor, { type: "error", code });
  e.timed(ask()).fails(code, zxid);
}

/** Two znodes are set and one comes or goes, all at once; or nothing, for a version that is not there. */
export function multi(e: GeneratedEnsemble, actor: Actor): void {
  const path = somePath(e);
  const version = e.leader.nodes.get(path)?.version;
  const value = `m${e.xid}`;
  const data = e.leader.nodes.get("/data");
  if (data === undefined) return;
  const set = { type: "setData", path: "/data" } as const;
  const asked: OpPartRecord[] = [{ ...set, value, expectedVersion: -1, code: 0 }];
  const logged: ServerTxnPart[] = [{ ...set, ...dataOf(value), version: data.version + 1 }];
  if (version === undefined) {
    const made = { type: "create", path } as const;
    asked.push({ ...made, value, flags: 0, code: 0, created: path });
    logged.push({ ...made, ...dataOf(value), ephemeralOwner: "0x0", version: 0, acl: OPEN_ACL });
  } else {
    asked.unshift({ type: "check", path, expectedVersion: version, code: 0 });
    logged.unshift({ type: "check", path, version });
    asked.push({ type: "delete", path, expectedVersion: version, code: 0 });
    logged.push({ type: "delete", path });
  }
  if (version !== undefined && e.chance(0.3)) {
    failedMulti(e, actor, asked);
    return;
  }
  const found = e.leader.stat("/data");
  const zxid = e.commitFor(actor, { type: "multi", parts: logged });
  // Its own Stat is that right after this part: before the child comes or goes.
  const own = { mzxid: zxid, mtimeMs: Math.round(e.nowMs), dataLength: value.length };
  const stat = found === null ? null : { ...found, ...own, version: found.version + 1 };
  const answered = asked.map((part) =>
    part.type === "setData" && stat !== null ? { ...part, stat } : part,
  );
  e.timed(actor.client.multi(...answered)).ok(zxid);
}

/** The check of the first part expects a version too high: all of it is refused. */
function failedMulti(e: GeneratedEnsemble, actor: Actor, asked: readonly OpPartRecord[]): void {
  const codes = asked.map((_, index) =>
    index === 0 ? ErrorCode.BadVersion : ErrorCode.RuntimeInconsistency,
  );
  const parts = codes.map((code): ServerTxnPart => ({ type: "error", path: "", code }));
  const zxid = e.commitFor(actor, { type: "multi", parts });
  const refusedParts = asked.map((part, index) => ({
    ...part,
    ...(index === 0 ? { expectedVersion: (part.expectedVersion ?? 0) + 1 } : {}),
    code: codes[index] ?? 0,
  }));
  e.timed(actor.client.multi(...refusedParts)).fails(ErrorCode.BadVersion, zxid);
}

/** Multis of somebody whom nobody watched, and a container that the leader removes: the log alone has them. */
export function transact(e: GeneratedEnsemble, actor: Actor): void {
  if (e.leader.nodes.has("/data/box")) {
    e.commit({ type: "delete", path: "/data/box" }, actor.server);
    return;
  }
  const path = somePath(e);
  const version = e.leader.nodes.get(path)?.version;
  const again: ServerTxnPart[] = [
    { type: "create", path, ...dataOf("m"), version: 0, ephemeralOwner: "0x0", acl: OPEN_ACL },
    { type: "setData", path, ...dataOf(`m${e.xid}`), version: 1 },
  ];
  const first: ServerTxnPart[] =
    version === undefined
      ? []
      : [
          { type: "check", path, version },
          { type: "setData", path, ...dataOf("gone at once"), version: version + 1 },
          { type: "delete", path },
        ];
  const owned = { ephemeralOwner: CONTAINER_OWNER, acl: OPEN_ACL };
  const box: ServerTxnPart = { type: "create", path: "/data/box", ...dataOf(""), ...owned };
  // Only one that was used is removed.
  const inside = { path: "/data/box/in", ...dataOf("") };
  const used: ServerTxnPart[] = [
    { type: "create", ...inside, ephemeralOwner: "0x0", acl: OPEN_ACL },
    { type: "delete", path: inside.path },
  ];
  const parts = [...first, ...again, box, ...used];
  e.commit({ type: "multi", parts, session: STRANGER, cxid: ++e.xid }, actor.server);
}

export function read(e: GeneratedEnsemble, actor: Actor): void {
  const tree = e.look(actor);
  const zxid = tree.appliedZxid;
  if (e.chance(0.3)) {
    const path = e.pick(["/lock", "/data"]);
    const shown = { children: tree.children(path), ...statOf(tree, path) };
    e.timed(actor.client.list(path)).ok(zxid, shown);
    return;
  }
  const path = somePath(e);
  const node = tree.nodes.get(path);
  const kind = e.pick(["getData", "getData", "exists", "getACL"] as const);
  const op = e.timed(askFor(kind, actor, path));
  if (node === undefined) op.fails(ErrorCode.NoNode, zxid);
  else {
    const shown = { getData: { value: node.value }, exists: {}, getACL: { acl: node.acl } };
    op.ok(zxid, { ...shown[kind], ...statOf(tree, path) });
  }
}

function askFor(kind: "getData" | "exists" | "getACL", { client }: Actor, path: string): StoryOp {
  switch (kind) {
    case "getData":
      return client.get(path);
    case "exists":
      return client.exists(path);
    case "getACL":
      return client.getACL(path);
  }
}

/** The server has then applied all that had been committed. */
export function sync(e: GeneratedEnsemble, actor: Actor): void {
  e.catchUp(actor.server, e.leader.appliedZxid);
  const { appliedZxid } = e.look(actor);
  e.timed(actor.client.sync("/data")).ok(appliedZxid);
}

/** A write whose reply is lost, done or not. */
export function loseReply(e: GeneratedEnsemble, actor: Actor): void {
  const path = "/data/lost";
  const exists = e.leader.nodes.has(path);
  const made = { value: null, dataLength: 0, acl: OPEN_ACL };
  const body: TxnBody = exists ? { type: "delete", path } : { type: "create", path, ...made };
  const zxid = e.chance(0.5) ? e.commitFor(actor, body) : (e.xid++, null);
  const op = exists ? actor.client.delete(path) : actor.client.create(path, "", 0);
  e.timed(op.with({ value: null })).lost(zxid);
}
