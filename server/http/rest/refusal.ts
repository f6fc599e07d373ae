/**
 * What a request over HTTP is refused with: the status codes of the specification that comes with
 * ZooKeeper's REST gateway, and the body that every refusal has.
 */
import { ErrorCode, errorName, outcomeOf } from "../../errors.ts";

/** After so long it is worth another try: an election takes about this long, or less. */
const RETRY_AFTER_SECONDS = 1;

/** The operation ended with one of ZooKeeper's codes. */
export class CodeError extends Error {
  override readonly name = "CodeError";
  /** See `ErrorCode`. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The body of every refusal. */
export interface RefusalBody {
  /** Method and target, as they came; shortened when they are very long. */
  readonly request: string;
  /** What is wrong, and what would be right. */
  readonly message: string;
  /** ZooKeeper's name of the error (`NoNode`); null: the request did not get as far as that. */
  readonly error: string | null;
  /** True: nothing was changed, and nothing will be. False: it may have happened all the same. */
  readonly definite: boolean;
}

export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly error: string | null;
  readonly definite: boolean;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    details: {
      readonly error?: string;
      readonly definite?: boolean;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.status = status;
    this.error = details.error ?? null;
    this.definite = details.definite ?? true;
    const retry = status === 503 ? { "Retry-After": String(RETRY_AFTER_SECONDS) } : {};
    this.headers = { ...retry, ...details.headers };
  }

  body(request: string): RefusalBody {
    const { message, error, definite } = this;
    return { request, message, error, definite };
  }
}

/** What makes a browser, or curl, ask for a name and a password. */
export const CHALLENGE = { "WWW-Authenticate": 'Basic realm="znodes", charset="UTF-8"' } as const;

/** What the operation was that failed, as far as that changes the status. */
export interface Attempt {
  readonly isCreate: boolean;
  readonly isAuthenticated: boolean;
}

/** The refusal that an error code of ZooKeeper stands for. */
export function refusalOf({ code, message }: CodeError, attempt: Attempt): Refusal {
  const details = { error: errorName(code), definite: outcomeOf(code) !== "info" };
  const status = statusOf(code, attempt);
  return new Refusal(
    status,
    message,
    status === 401 ? { ...details, headers: CHALLENGE } : details,
  );
}

function statusOf(code: number, { isCreate, isAuthenticated }: Attempt): number {
  switch (code) {
    case ErrorCode.BadArguments:
    case ErrorCode.InvalidAcl:
      return 400;
    case ErrorCode.AuthFailed:
      return 401;
    case ErrorCode.NoAuth:
      // The specification leaves authentication open: who has said who he is needs not be asked again.
      return isAuthenticated ? 403 : 401;
    case ErrorCode.NoNode:
      return isCreate ? 409 : 404;
    case ErrorCode.NodeExists:
    case ErrorCode.NotEmpty:
      return 409;
    case ErrorCode.BadVersion:
      return 412;
    case ErrorCode.SessionExpired:
    case ErrorCode.SessionMoved:
    case ErrorCode.ConnectionLoss:
    case ErrorCode.ThrottledOp:
      return 503;
    case ErrorCode.OperationTimeout:
      return 504;
    default:
      return 502;
  }
}
