import { ErrorCode, type Outcome } from "../../server/errors.ts";
import { DecodeError, JuteReader, type JuteWriter } from "../../server/wire/jute.ts";
import {
  decodeChildren,
  decodeData,
  decodePath,
  decodeStat,
  type Stat,
} from "../../server/wire/replies.ts";
import type {
  BareRequest,
  CreateRequest,
  DeleteRequest,
  ReadRequest,
  SetDataRequest,
  PathRequest,
} from "../../server/wire/request-types.ts";
import { encodeRequest } from "../../server/wire/requests.ts";
import type { Acl } from "../../server/wire/acl.ts";
import { Op } from "./op.ts";

/** What a client can ask for by `RequestOp`. */
export type ClientRequest =
  | (CreateRequest & { readonly type: "create" | "create2" })
  | DeleteRequest
  | ReadRequest
  | SetDataRequest
  | (PathRequest & { readonly type: "sync" })
  | (BareRequest & { readonly type: "ping" | "closeSession" });

/** Everybody may do everything: what a load's znodes are created with. */
export const OPEN_ACL: readonly Acl[] = [{ perms: 31, scheme: "world", id: "anyone" }];

/** How an operation ended, decoded. Errors are values: nothing is thrown for them. */
export interface OpResult {
  readonly outcome: Outcome;
  /** ZooKeeper's error code; 0 for ok. */
  readonly code: number;
  /** The zxid of the reply's header; −1 without a reply. */
  readonly zxid: number;
  /** create: the path that was created; sync: the path. "" otherwise. */
  readonly path: string;
  /** getData: the data, a part of what was received; null also where there is none. */
  readonly data: Buffer | null;
  /** exists, getData, setData, getChildren2: the Stat. */
  readonly stat: Stat | null;
  readonly children: readonly string[] | null;
}

type Body = Pick<OpResult, "path" | "data" | "stat" | "children">;
const EMPTY: Body = { path: "", data: null, stat: null, children: null };
/** One reader for all: bodies are decoded one at a time. */
const reader = new JuteReader(Buffer.alloc(0));

/** One request whose reply is decoded into an `OpResult`. */
export class RequestOp extends Op {
  readonly request: ClientRequest;
  readonly #done: (result: OpResult, op: RequestOp) => void;

  constructor(request: ClientRequest, done: (result: OpResult, op: RequestOp) => void) {
    super();
    this.request = request;
    this.#done = done;
    if ("watch" in request && request.watch) this.watch = request;
  }

  override get isWrite(): boolean {
    switch (this.request.type) {
      case "create":
      case "create2":
      case "delete":
      case "setData":
      case "closeSession":
        return true;
      case "exists":
      case "getData":
      case "getChildren":
      case "getChildren2":
      case "sync":
      case "ping":
        return false;
    }
  }

  override encode(writer: JuteWriter, xid: number): void {
    encodeRequest(writer, xid, this.request);
  }

  override done(
    outcome: Outcome,
    code: number,
    zxid: number,
    buffer: Buffer,
    start: number,
    end: number,
  ): void {
    if (outcome !== "ok") {
      this.#done({ outcome, code, zxid, ...EMPTY }, this);
      return;
    }
    reader.reset(buffer, start, end);
    let body: Body;
    try {
      body = decodeBody(this.request, reader);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      // The header said ok: a write was applied, though what the server says of it is unreadable.
      const unreadable = this.isWrite ? "info" : "fail";
      this.#done({ outcome: unreadable, code: ErrorCode.MarshallingError, zxid, ...EMPTY }, this);
      return;
    }
    this.#done({ outcome, code, zxid, ...body }, this);
  }
}

function decodeBody(request: ClientRequest, body: JuteReader): Body {
  switch (request.type) {
    case "create":
    case "sync":
      return { ...EMPTY, path: decodePath(body) };
    case "create2":
      return { ...EMPTY, path: decodePath(body), stat: decodeStat(body) };
    case "exists":
    case "setData":
      return { ...EMPTY, stat: decodeStat(body) };
    case "getData":
      return { ...EMPTY, ...decodeData(body) };
    case "getChildren":
      return { ...EMPTY, children: decodeChildren(body) };
    case "getChildren2":
      return { ...EMPTY, children: decodeChildren(body), stat: decodeStat(body) };
    case "delete":
    case "closeSession":
    case "ping":
      return EMPTY;
  }
}
