/**
 * What a request deserves at a state, with ZooKeeper's checks in ZooKeeper's order. Who asks is not
 * known: where the ACL does not give a right to everybody, both answers are possible.
 */
import { isSystemPath, parentOf } from "../checkers/znode-path.ts";
import { isSessionOwner } from "../checkers/txn-changes.ts";
import { ErrorCode } from "../../server/errors.ts";
import type { ModelZnode } from "./model-znode.ts";
import { sequenceSuffix } from "./sequence-number.ts";

/** `version`: what the request expects; −1 is any. */
export type ModelRequest =
  | { readonly type: "create"; readonly path: string; readonly flags: number }
  | {
      readonly type: "delete" | "setData" | "setACL" | "check";
      readonly path: string;
      readonly version: number;
    }
  | { readonly type: "getData" | "exists" | "getChildren" | "getACL"; readonly path: string };

/** A state that can be asked for its znodes (null: none; undefined: not known). */
export interface ModelState {
  get(path: string): ModelZnode | null | undefined;
}

/** The error codes that are possible, `Ok` among them; null: not known. */
export type ModelAnswers = ReadonlySet<number> | null;

const READ = 1;
const WRITE = 2;
const CREATE = 4;
const DELETE = 8;
const ADMIN = 16;

/**
 * Only the answers that speak of znodes are among them: a session that is gone, a quota, or a request
 * that is wrong in itself is refused before or besides.
 */
export function answersTo(state: ModelState, request: ModelRequest): ModelAnswers {
  switch (request.type) {
    case "create":
      return createAnswers(state, request.path, request.flags);
    case "delete":
      return deleteAnswers(state, request.path, request.version);
    case "setData":
      return changeAnswers(state, request, WRITE, "version");
    case "check":
      return changeAnswers(state, request, READ, "version");
    case "setACL":
      return changeAnswers(state, request, ADMIN, "aversion");
    case "getData":
    case "exists":
    case "getChildren":
      return lookAnswers(state, request.path, READ);
    case "getACL":
      return lookAnswers(state, request.path, READ | ADMIN);
  }
}

/**
 * Whether an ACL keeps the request from everybody, whoever asks: it speaks of the world alone, and does
 * not give the right. (The super user and a server with skipACL are bound by none.)
 */
export function isForbidden(state: ModelState, request: ModelRequest): boolean {
  const [path, perms] = rightOf(request);
  const acl = state.get(path)?.acl;
  return acl !== undefined && /^world:anyone:\d+$/.test(acl) && mayForbid(acl, perms) === true;
}

/** Whose ACL is looked at, and which rights, any of them, the request needs there. */
function rightOf({ type, path }: ModelRequest): readonly [path: string, perms: number] {
  switch (type) {
    case "create":
      return [parentOf(path), CREATE];
    case "delete":
      return [parentOf(path), DELETE];
    case "setData":
      return [path, WRITE];
    case "setACL":
      return [path, ADMIN];
    case "check":
    case "getData":
    case "exists":
    case "getChildren":
      return [path, READ];
    case "getACL":
      return [path, READ | ADMIN];
  }
}

/** The path that a create makes; null when its number is not known. */
export function createdPath(
  path: string,
  flags: number,
  parent: ModelZnode | null | undefined,
): string | null {
  if (!isSequential(flags)) return path;
  return parent?.creations === undefined ? null : path + sequenceSuffix(parent.creations);
}

export function isSequential(flags: number): boolean {
  return flags === 2 || flags === 3 || flags === 6;
}

/** Whether the ACL keeps the right from some; undefined: not known. */
export function mayForbid(acl: string | undefined, perms: number): boolean | undefined {
  return acl === undefined ? undefined : (givenToAll(acl) & perms) === 0;
}

let lastAcl = "";
let lastGiven = 0;

/** All rights that everybody has. Most znodes have one and the same ACL: it is not read each time. */
function givenToAll(acl: string): number {
  if (acl === lastAcl) return lastGiven;
  lastAcl = acl;
  lastGiven = 0;
  for (const [, given] of acl.matchAll(/(?:^|,)world:anyone:(\d+)(?=,|$)/g)) {
    lastGiven |= Number(given);
  }
  return lastGiven;
}

function possible(acl: string | undefined, perms: number): Set<number> {
  return new Set(mayForbid(acl, perms) === false ? [] : [ErrorCode.NoAuth]);
}

function createAnswers(state: ModelState, path: string, flags: number): ModelAnswers {
  const parent = state.get(parentOf(path));
  if (parent === undefined) return null;
  if (parent === null) return new Set([ErrorCode.NoNode]);
  const codes = possible(parent.acl, CREATE);
  const created = createdPath(path, flags, parent);
  const there = created === null ? undefined : state.get(created);
  if (there === undefined || parent.owner === undefined) return null;
  if (there !== null) return codes.add(ErrorCode.NodeExists);
  if (isSessionOwner(parent.owner)) return codes.add(ErrorCode.NoChildrenForEphemerals);
  return codes.add(ErrorCode.Ok);
}

function deleteAnswers(state: ModelState, path: string, version: number): ModelAnswers {
  const parent = state.get(parentOf(path));
  // That the system's znodes cannot be deleted is no matter of the state.
  if (parent === undefined || isSystemPath(path)) return null;
  if (parent === null) return new Set([ErrorCode.NoNode]);
  const codes = possible(parent.acl, DELETE);
  const node = state.get(path);
  if (node === undefined) return null;
  if (node === null) return codes.add(ErrorCode.NoNode);
  const fits = versionFits(node.version, version);
  if (fits === undefined) return null;
  if (!fits) return codes.add(ErrorCode.BadVersion);
  if (node.numChildren === undefined) return null;
  return codes.add(node.numChildren > 0 ? ErrorCode.NotEmpty : ErrorCode.Ok);
}

function changeAnswers(
  state: ModelState,
  request: { readonly path: string; readonly version: number },
  perms: number,
  field: "version" | "aversion",
): ModelAnswers {
  const node = state.get(request.path);
  if (node === undefined) return null;
  if (node === null) return new Set([ErrorCode.NoNode]);
  const codes = possible(node.acl, perms);
  const fits = versionFits(node[field], request.version);
  if (fits === undefined) return null;
  return codes.add(fits ? ErrorCode.Ok : ErrorCode.BadVersion);
}

function lookAnswers(state: ModelState, path: string, perms: number): ModelAnswers {
  const node = state.get(path);
  if (node === undefined) return null;
  if (node === null) return new Set([ErrorCode.NoNode]);
  return possible(node.acl, perms).add(ErrorCode.Ok);
}

function versionFits(has: number | undefined, wanted: number): boolean | undefined {
  if (wanted === -1) return true;
  return has === undefined ? undefined : has === wanted;
}
