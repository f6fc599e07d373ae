/**
 * ZooKeeper's error codes (KeeperException.Code), and what each says about the operation that got it.
 */
export const ErrorCode = {
  Ok: 0,
  SystemError: -1,
  RuntimeInconsistency: -2,
  DataInconsistency: -3,
  ConnectionLoss: -4,
  MarshallingError: -5,
  Unimplemented: -6,
  OperationTimeout: -7,
  BadArguments: -8,
  UnknownSession: -12,
  NewConfigNoQuorum: -13,
  ReconfigInProgress: -14,
  NoNode: -101,
  NoAuth: -102,
  BadVersion: -103,
  NoChildrenForEphemerals: -108,
  NodeExists: -110,
  NotEmpty: -111,
  SessionExpired: -112,
  InvalidCallback: -113,
  InvalidAcl: -114,
  AuthFailed: -115,
  SessionMoved: -118,
  NotReadOnly: -119,
  EphemeralOnLocalSession: -120,
  NoWatcher: -121,
  RequestTimeout: -122,
  ReconfigDisabled: -123,
  SessionClosedRequireSaslAuth: -124,
  QuotaExceeded: -125,
  ThrottledOp: -127,
} as const;

export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/**
 * Codes after which the operation may have been applied all the same: the answer got lost, not the
 * question. Every other non-zero code is definite: the operation was not applied and never will be.
 */
const INDEFINITE: ReadonlySet<number> = new Set([
  ErrorCode.ConnectionLoss,
  ErrorCode.OperationTimeout,
  ErrorCode.SystemError,
  ErrorCode.RuntimeInconsistency,
  ErrorCode.DataInconsistency,
]);

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(ErrorCode).map(([name, code]) => [code, name]),
);

/** How an operation ended: applied, definitely not applied, or not known (design.md §5). */
export type Outcome = "ok" | "fail" | "info";

/** The outcome that an error code stands for; 0 is `ok`, an unknown code is `info`. */
export function outcomeOf(code: number): Outcome {
  if (code === ErrorCode.Ok) return "ok";
  return INDEFINITE.has(code) || !NAMES.has(code) ? "info" : "fail";
}

/** The code's name (`NoNode`), or `Error(n)` for one that is not known. */
export function errorName(code: number): string {
  return NAMES.get(code) ?? `Error(${code})`;
}

/**
 * A broken invariant: this server's state cannot be trusted any more. It is never caught to go on:
 * the server logs it and stops, since a coordination server that is wrong is worse than none.
 */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}
