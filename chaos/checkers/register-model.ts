/**
 * One znode by itself, as a register with a version: what an answer says of the state that it was given
 * in, and what an operation makes of that state.
 */
import { ErrorCode } from "../../server/errors.ts";

export interface RegisterState {
  /** null: not known. */
  readonly exists: boolean | null;
  /** The value's tag; undefined: not known. */
  readonly value: string | null | undefined;
  /** −1: not known. */
  readonly version: number;
}

/** `code` is that of the answer; fields that the answer did not tell are undefined. */
export interface RegisterStep {
  readonly type: "create" | "delete" | "setData" | "read" | "check";
  readonly code: number;
  /** create, setData: what was written; read: what was read. */
  readonly value?: string | null | undefined;
  /** setData, delete, check: the version that was asked for; −1 any. */
  readonly expectedVersion?: number | undefined;
  /** The version that the answer showed: after the operation. */
  readonly version?: number | undefined;
}

export const ABSENT: RegisterState = { exists: false, value: undefined, version: -1 };
export const UNKNOWN: RegisterState = { exists: null, value: undefined, version: -1 };

/** Codes that tell of the znode's state. With any other refusal nothing was done and nothing is told. */
export const TELLING_CODES: ReadonlySet<number> = new Set([
  ErrorCode.Ok,
  ErrorCode.NoNode,
  ErrorCode.NodeExists,
  ErrorCode.BadVersion,
  ErrorCode.NotEmpty,
]);

/** The state after the step; null when the answer cannot have been given in this state. */
export function stepRegister(state: RegisterState, step: RegisterStep): RegisterState | null {
  switch (step.code) {
    case ErrorCode.Ok:
      return applied(state, step);
    case ErrorCode.NoNode:
      // The parent of a znode that could not be created is another register.
      if (step.type === "create") return state;
      return state.exists === true ? null : ABSENT;
    case ErrorCode.BadVersion:
      if (step.expectedVersion === state.version) return null;
      return present(state);
    case ErrorCode.NodeExists:
    case ErrorCode.NotEmpty:
      return present(state);
    default:
      return state;
  }
}

function applied(state: RegisterState, step: RegisterStep): RegisterState | null {
  if (step.type === "create") {
    if (state.exists === true) return null;
    return { exists: true, value: step.value, version: step.version ?? 0 };
  }
  if (present(state) === null) return null;
  const { expectedVersion = -1 } = step;
  if (expectedVersion >= 0 && !agree(state.version, expectedVersion)) return null;
  const version = state.version >= 0 ? state.version : expectedVersion;
  switch (step.type) {
    case "delete":
      return ABSENT;
    case "check":
      return { exists: true, value: state.value, version };
    case "setData": {
      const after = version >= 0 ? version + 1 : -1;
      if (step.version !== undefined && !agree(after, step.version)) return null;
      return { exists: true, value: step.value, version: step.version ?? after };
    }
    case "read": {
      const { value = state.value } = step;
      if (state.value !== undefined && value !== state.value) return null;
      if (step.version !== undefined && !agree(version, step.version)) return null;
      return { exists: true, value, version: step.version ?? version };
    }
  }
}

function present(state: RegisterState): RegisterState | null {
  if (state.exists === false) return null;
  return state.exists === true ? state : { ...state, exists: true };
}

function agree(known: number, shown: number): boolean {
  return known < 0 || known === shown;
}
