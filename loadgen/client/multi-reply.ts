/**
 * What a multi's reply says. One that failed is answered without an error in the header: its parts
 * are errors then, 0 before the one that failed and RuntimeInconsistency after it.
 */
import { ErrorCode } from "../../server/errors.ts";
import { DecodeError, type JuteReader } from "../../server/wire/jute.ts";
import { decodeMultiResults, type MultiResult } from "../../server/wire/multi.ts";
import type { MultiOp } from "../../server/wire/request-types.ts";

/**
 * Reads the results of these parts, one for each. Throws a `DecodeError` also for results that do not
 * answer what was asked.
 */
export function decodeMultiReply(ops: readonly MultiOp[], body: JuteReader): MultiResult[] {
  const results = decodeMultiResults(body);
  if (results.length !== ops.length) {
    throw new DecodeError(`${results.length} results of a multi with ${ops.length} parts`);
  }
  const failed = firstError(results) !== ErrorCode.Ok;
  for (const [index, { type }] of results.entries()) {
    const asked = (ops[index] as MultiOp).type;
    if (failed ? type === "error" : answers(type, asked)) continue;
    throw new DecodeError(`result ${type} of ${asked} in a multi${failed ? " that failed" : ""}`);
  }
  return results;
}

/** Why the multi failed: the first error of its parts; 0 if it did not. */
export function firstError(results: readonly MultiResult[]): number {
  for (const result of results) {
    if (result.type === "error" && result.err !== ErrorCode.Ok) return result.err;
  }
  return ErrorCode.Ok;
}

/** A server may answer any creation with the Stat, and leave it out of any but create2. */
function answers(result: MultiResult["type"], asked: MultiOp["type"]): boolean {
  switch (asked) {
    case "create":
    case "create2":
    case "createContainer":
    case "createTTL":
      return result === "create" || result === "create2";
    case "delete":
    case "setData":
    case "check":
      return result === asked;
  }
}
