/** What a request over HTTP is answered with, and which status stands for which error of the protocol. */
import { ErrorCode, errorName } from "../../errors.ts";

export interface Answer {
  readonly status: number;
  /** Sent as JSON; null: there is no body. */
  readonly body: object | null;
  readonly headers?: Readonly<Record<string, string>>;
}

const STATUS: ReadonlyMap<number, number> = new Map([
  [ErrorCode.NoNode, 404],
  [ErrorCode.NodeExists, 409],
  [ErrorCode.NotEmpty, 409],
  [ErrorCode.NoChildrenForEphemerals, 409],
  [ErrorCode.BadVersion, 412],
  [ErrorCode.NoAuth, 403],
  [ErrorCode.BadArguments, 400],
  [ErrorCode.InvalidAcl, 400],
  [ErrorCode.MarshallingError, 400],
  [ErrorCode.QuotaExceeded, 507],
  [ErrorCode.ThrottledOp, 503],
  [ErrorCode.SessionExpired, 410],
  [ErrorCode.SessionMoved, 410],
]);

export function refused(status: number, error: string, headers: Answer["headers"] = {}): Answer {
  return { status, body: { error }, headers };
}

/** The answer to who asked for something that the server refused with this code. */
export function refusedBy(code: number, path: string, isKnown: boolean): Answer {
  const error = `${errorName(code)}: ${path}`;
  if (code === ErrorCode.NoAuth && !isKnown) {
    return refused(401, error, { "WWW-Authenticate": 'Basic realm="znodes (scheme digest)"' });
  }
  return refused(STATUS.get(code) ?? 500, error, code === ErrorCode.ThrottledOp ? RETRY : {});
}

export const RETRY = { "Retry-After": "1" } as const;
