/**
 * What is done with each opcode that a client may send.
 */
import type { RequestKind } from "../stats.ts";
import { OpCode } from "../wire/opcodes.ts";

/** Who answers a request. */
export const Way = {
  /** Nobody: an opcode that is unknown, or that servers alone may use. */
  refused: 0,
  /** This server, from its own state, behind the session's own writes. */
  here: 1,
  /** The leader proposes it. */
  write: 2,
  /** The leader confirms that it leads. */
  sync: 3,
  /** This server, before it looks at what comes next. */
  auth: 4,
} as const;

export type Way = (typeof Way)[keyof typeof Way];

interface Handling {
  readonly way: Way;
  /** What it is counted as. */
  readonly kind: RequestKind;
  /** What the four-letter command `cons` calls it (FinalRequestProcessor's lastOp). */
  readonly shortName: string;
}

const HANDLING: ReadonlyMap<number, Handling> = new Map<number, Handling>([
  [OpCode.create, { way: Way.write, kind: "create", shortName: "CREA" }],
  [OpCode.create2, { way: Way.write, kind: "create", shortName: "CREA" }],
  [OpCode.createContainer, { way: Way.write, kind: "create", shortName: "CREA" }],
  [OpCode.createTTL, { way: Way.write, kind: "create", shortName: "CREA" }],
  [OpCode.delete, { way: Way.write, kind: "delete", shortName: "DELE" }],
  [OpCode.setData, { way: Way.write, kind: "setData", shortName: "SETD" }],
  [OpCode.setACL, { way: Way.write, kind: "setACL", shortName: "SETA" }],
  [OpCode.multi, { way: Way.write, kind: "multi", shortName: "MULT" }],
  [OpCode.reconfig, { way: Way.write, kind: "reconfig", shortName: "RECO" }],
  [OpCode.closeSession, { way: Way.write, kind: "closeSession", shortName: "CLOS" }],
  [OpCode.createSession, { way: Way.refused, kind: "createSession", shortName: "SESS" }],
  [OpCode.sync, { way: Way.sync, kind: "sync", shortName: "SYNC" }],
  [OpCode.auth, { way: Way.auth, kind: "auth", shortName: "NA" }],
  [OpCode.exists, { way: Way.here, kind: "exists", shortName: "EXIS" }],
  [OpCode.getData, { way: Way.here, kind: "getData", shortName: "GETD" }],
  [OpCode.getACL, { way: Way.here, kind: "getACL", shortName: "GETA" }],
  [OpCode.getChildren, { way: Way.here, kind: "getChildren", shortName: "GETC" }],
  [OpCode.getChildren2, { way: Way.here, kind: "getChildren", shortName: "GETC" }],
  [OpCode.getEphemerals, { way: Way.here, kind: "getEphemerals", shortName: "GETE" }],
  [
    OpCode.getAllChildrenNumber,
    { way: Way.here, kind: "getAllChildrenNumber", shortName: "GETACN" },
  ],
  [OpCode.multiRead, { way: Way.here, kind: "multiRead", shortName: "MLTR" }],
  [OpCode.ping, { way: Way.here, kind: "ping", shortName: "PING" }],
  [OpCode.whoAmI, { way: Way.here, kind: "whoAmI", shortName: "HOMI" }],
  [OpCode.sasl, { way: Way.here, kind: "auth", shortName: "NA" }],
  [OpCode.setWatches, { way: Way.here, kind: "setWatches", shortName: "SETW" }],
  [OpCode.setWatches2, { way: Way.here, kind: "setWatches", shortName: "STW2" }],
  [OpCode.addWatch, { way: Way.here, kind: "addWatch", shortName: "ADDW" }],
  [OpCode.checkWatches, { way: Way.here, kind: "checkWatches", shortName: "CHKW" }],
  [OpCode.removeWatches, { way: Way.here, kind: "removeWatches", shortName: "REMW" }],
]);

/** Opcodes below it, and from 0, are looked up in a table. */
const TABLE_SIZE = 128;
const WAYS = Uint8Array.from({ length: TABLE_SIZE }, (_, opcode) => HANDLING.get(opcode)?.way ?? 0);

/** Any number may be asked for. */
export function wayOf(opcode: number): Way {
  if (opcode >= 0 && opcode < TABLE_SIZE) return WAYS[opcode] as Way;
  return HANDLING.get(opcode)?.way ?? Way.refused;
}

export function kindOf(opcode: number): RequestKind {
  return HANDLING.get(opcode)?.kind ?? "other";
}

export function shortNameOf(opcode: number): string {
  return HANDLING.get(opcode)?.shortName ?? "NA";
}
