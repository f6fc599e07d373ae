import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../server/errors.ts";
import { NO_SESSION, NO_ZXID } from "../../server/ids.ts";
import { JuteWriter } from "../../server/wire/jute.ts";
import {
  encodeMultiEnd,
  encodeMultiError,
  encodeMultiHeader,
  type MultiResult,
} from "../../server/wire/multi.ts";
import { OpCode } from "../../server/wire/opcodes.ts";
import { encodePath, encodePathAndStat, encodeStat, type Stat } from "../../server/wire/replies.ts";
import type { MultiOp } from "../../server/wire/request-types.ts";
import { RequestOp, type OpResult } from "./request-op.ts";

const STAT: Stat = {
  czxid: NO_ZXID,
  mzxid: NO_ZXID,
  pzxid: NO_ZXID,
  ctime: 1,
  mtime: 2,
  version: 3,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: NO_SESSION,
  dataLength: 0,
  numChildren: 0,
};
const ZXID = 0x1_0000_0009;
const made = { path: "/a", data: null, acl: [], flags: 0 } as const;
const OPS: readonly MultiOp[] = [
  { type: "create", ...made },
  { type: "createContainer", ...made, flags: 4 },
  { type: "setData", path: "/a", data: null, version: 2 },
  { type: "check", path: "/a", version: 3 },
  { type: "delete", path: "/a", version: -1 },
];

type Part = (writer: JuteWriter) => void;
const header =
  (opcode: number, body?: Part): Part =>
  (writer) => {
    encodeMultiHeader(writer, opcode, 0);
    body?.(writer);
  };
const created = header(OpCode.create, (writer) => encodePath(writer, "/a"));
const container = header(OpCode.create2, (writer) => encodePathAndStat(writer, "/c", STAT));
const set = header(OpCode.setData, (writer) => encodeStat(writer, STAT));
const checked = header(OpCode.check);
const deleted = header(OpCode.delete);
const error =
  (code: number): Part =>
  (writer) =>
    encodeMultiError(writer, code);

/** How a multi of `OPS` ends that is answered with these parts. */
function ended(...parts: Part[]): OpResult {
  const writer = new JuteWriter();
  for (const part of parts) part(writer);
  encodeMultiEnd(writer);
  const body = writer.bytes();
  let result: OpResult | null = null;
  const op = new RequestOp({ type: "multi", ops: OPS }, (given) => (result = given));
  op.done("ok", 0, ZXID, body, 0, body.length);
  if (result === null) throw new Error("the operation did not end");
  return result;
}

test("a multi that was done gives each part its result", () => {
  const parts: MultiResult[] = [
    { type: "create", path: "/a" },
    { type: "create2", path: "/c", stat: STAT },
    { type: "setData", stat: STAT },
    { type: "check" },
    { type: "delete" },
  ];
  const result = ended(created, container, set, checked, deleted);
  expect(result).toMatchObject({ outcome: "ok", code: 0, zxid: ZXID, parts });
});

test("a multi that failed ends with the first error of its parts, definitely, at its zxid", () => {
  const later = ErrorCode.RuntimeInconsistency;
  const result = ended(error(0), error(0), error(ErrorCode.BadVersion), error(later), error(later));
  expect(result).toMatchObject({ outcome: "fail", code: ErrorCode.BadVersion, zxid: ZXID });
  const codes = result.parts?.map((part) => (part.type === "error" ? part.err : null));
  expect(codes).toEqual([0, 0, ErrorCode.BadVersion, later, later]);
});

describe("of an answer that cannot be, nobody knows whether the multi was done", () => {
  test.each<[string, Part[]]>([
    ["a part too few", [created, container, set, checked]],
    ["a part too many", [created, container, set, checked, deleted, deleted]],
    ["a part of another kind", [created, container, deleted, checked, set]],
    ["an error without a code among results", [created, container, set, error(0), deleted]],
    ["a result beside an error", [created, container, set, checked, error(-101)]],
    ["nothing but rolled back parts", [error(0), error(0), error(0), error(0), error(0)]],
    ["an opcode that nobody knows", [created, container, set, checked, header(99)]],
  ])("%s", (_, parts) => {
    const result = ended(...parts);
    expect(result).toMatchObject({ outcome: "info", code: ErrorCode.MarshallingError });
    expect(result.parts).toBeNull();
  });
});

test("a multi without parts is done", () => {
  const writer = new JuteWriter();
  encodeMultiEnd(writer);
  const body = writer.bytes();
  const results: OpResult[] = [];
  const op = new RequestOp({ type: "multi", ops: [] }, (given) => results.push(given));
  op.done("ok", 0, ZXID, body, 0, body.length);
  expect(results).toMatchObject([{ outcome: "ok", parts: [] }]);
});
