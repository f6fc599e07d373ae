/**
 * The operations of a history, parted by znode: what each did to its one register, and when it may have
 * taken effect.
 */
import type { OpPartRecord, OpRecord } from "../../results/history.ts";
import { TELLING_CODES } from "./register-model.ts";
import type { RegisterStep } from "./register-model.ts";

export interface RegisterOperation {
  readonly op: OpRecord;
  readonly invokeMs: number;
  /** Infinity: it may take effect at any time after its invocation, or never. */
  readonly returnMs: number;
  /** Done at once, in this order. */
  readonly steps: readonly RegisterStep[];
}

export interface Register {
  readonly path: string;
  /** In the order of invocation. */
  readonly operations: RegisterOperation[];
  /** It was created in the history, and so was not there before. */
  created: boolean;
}

export interface RegisterOptions {
  /** Reads show the state between their invocation and their answer; else they are left out. */
  readonly reads: boolean;
}

const EPHEMERAL = 1;
const SEQUENTIAL = 2;
/** Flags from here on ask for containers and times to live: such znodes go by themselves. */
const MORTAL_FLAGS = 4;
const SEQUENCE_DIGITS = 10;

const NEVER_ANSWERED = { returnMs: Number.POSITIVE_INFINITY } as const;
/** The znode goes by itself, or does not. */
const MAY_GO: Pick<RegisterOperation, "returnMs" | "steps"> = {
  ...NEVER_ANSWERED,
  steps: [{ type: "delete", code: 0 }],
};

/**
 * A multi counts as one operation on each of its znodes: that it was atomic over them is not judged.
 * Znodes that go with their sessions, or when their time is over, may go at any time from the last
 * sign of life on.
 */
export function partByRegister(
  operations: readonly OpRecord[],
  options: RegisterOptions,
): Register[] {
  const registers = new Map<string, Register>();
  const add = (path: string, operation: RegisterOperation): void => {
    let register = registers.get(path);
    if (register === undefined) {
      register = { path, operations: [], created: false };
      registers.set(path, register);
    }
    register.operations.push(operation);
    register.created ||= operation.steps.some((step) => step.type === "create");
  };
  const lastSigns = signsOfLife(operations);
  const namelessCreates: OpRecord[] = [];
  for (const op of operations) {
    const times = timesOf(op);
    if (times === null) continue;
    if (isNameless(op)) namelessCreates.push(op);
    else for (const [path, steps] of stepsOf(op, options)) add(path, { op, ...times, steps });
    for (const { path, flags } of createdBy(op)) {
      const goneMs = earliestEndMs(op, flags, lastSigns);
      if (goneMs !== null) add(path, { op, invokeMs: goneMs, ...MAY_GO });
    }
  }
  for (const op of namelessCreates) addNameless(op, registers, add);
  for (const { operations: list } of registers.values()) {
    list.sort((a, b) => a.invokeMs - b.invokeMs);
  }
  return [...registers.values()];
}

/** When it may have taken effect; null when it did not, or tells nothing. */
function timesOf(op: OpRecord): { invokeMs: number; returnMs: number } | null {
  const { invokeMs, completeMs } = op;
  if (op.outcome === "info") return { invokeMs, ...NEVER_ANSWERED };
  if (!TELLING_CODES.has(op.code)) return null;
  return { invokeMs, returnMs: completeMs };
}

/** A sequential create whose answer was lost: nobody knows the znode's name. */
function isNameless(op: OpRecord): boolean {
  return op.op === "create" && ((op.flags ?? 0) & SEQUENTIAL) !== 0 && op.created === undefined;
}

function stepsOf(op: OpRecord, { reads }: RegisterOptions): [string, RegisterStep[]][] {
  const code = op.outcome === "info" ? 0 : op.code;
  if (!TELLING_CODES.has(code)) return [];
  if (op.outcome === "info" && isRead(op)) return [];
  const { value, expectedVersion } = op;
  const version = op.stat?.version;
  switch (op.op) {
    case "create":
      return [[op.created ?? op.path, [{ type: "create", code, value, version }]]];
    case "setData":
      return [[op.path, [{ type: "setData", code, value, expectedVersion, version }]]];
    case "delete":
      return [[op.path, [{ type: "delete", code, expectedVersion }]]];
    case "getData":
      return reads ? [[op.path, [{ type: "read", code, value, version }]]] : [];
    case "exists":
      return reads ? [[op.path, [{ type: "read", code, version }]]] : [];
    case "multi":
      return op.outcome === "fail" ? [] : partsByPath(op.parts ?? []);
    case "getChildren":
    case "connect":
    case "close":
    case "sync":
    case "setACL":
    case "getACL":
    case "reconfig":
    case "addWatch":
    case "removeWatches":
      return [];
  }
}

function isRead(op: OpRecord): boolean {
  return op.op === "getData" || op.op === "exists";
}

function partsByPath(parts: readonly OpPartRecord[]): [string, RegisterStep[]][] {
  const byPath = new Map<string, RegisterStep[]>();
  for (const part of parts) {
    const path = part.created ?? part.path;
    const { type, value, expectedVersion } = part;
    const steps = byPath.get(path) ?? [];
    steps.push({ type, code: 0, value, expectedVersion, version: part.stat?.version });
    byPath.set(path, steps);
  }
  return [...byPath];
}

/** Per session, when the last operation was sent that it was alive to do. */
function signsOfLife(operations: readonly OpRecord[]): Map<string, number> {
  const signs = new Map<string, number>();
  for (const op of operations) {
    if (op.outcome !== "ok" || op.op === "close" || op.op === "connect") continue;
    signs.set(op.session, Math.max(signs.get(op.session) ?? 0, op.invokeMs));
  }
  return signs;
}

/** The znodes that it created, or may have created, as far as their names are known. */
function createdBy(op: OpRecord): { readonly path: string; readonly flags: number }[] {
  if (op.outcome === "fail" || isNameless(op)) return [];
  const creates = op.op === "create" ? [op] : (op.parts ?? []).filter(isCreate);
  return creates.map(({ path, created, flags }) => ({ path: created ?? path, flags: flags ?? 0 }));
}

function isCreate(part: OpPartRecord): boolean {
  return part.type === "create";
}

/** From when on a znode may go by itself; null when it may not. */
function earliestEndMs(
  op: OpRecord,
  flags: number,
  lastSigns: ReadonlyMap<string, number>,
): number | null {
  const { session, invokeMs } = op;
  if (flags >= MORTAL_FLAGS) return invokeMs;
  if ((flags & EPHEMERAL) === 0) return null;
  return Math.max(invokeMs, lastSigns.get(session) ?? 0);
}

/** It may be any znode of that kind of name that somebody has found. */
function addNameless(
  op: OpRecord,
  registers: ReadonlyMap<string, Register>,
  add: (path: string, operation: RegisterOperation) => void,
): void {
  if (op.outcome !== "info") return;
  const { invokeMs, value } = op;
  for (const path of registers.keys()) {
    if (path.length !== op.path.length + SEQUENCE_DIGITS || !path.startsWith(op.path)) continue;
    if (!/^\d+$/.test(path.slice(op.path.length))) continue;
    const steps: RegisterStep[] = [{ type: "create", code: 0, value }];
    add(path, { op, invokeMs, ...NEVER_ANSWERED, steps });
    if (op.flags !== SEQUENTIAL) add(path, { op, invokeMs, ...MAY_GO });
  }
}
