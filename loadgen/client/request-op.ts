import { ErrorCode, type Outcome } from "../../server/errors.ts";
import { DecodeError, JuteReader, type JuteWriter } from "../../server/wire/jute.ts";
import type { MultiResult } from "../../server/wire/multi.ts";
import type { AddWatchMode, WatcherType } from "../../server/wire/opcodes.ts";
import {
  decodeAclAndStat,
  decodeChildren,
  decodeClientInfos,
  decodeData,
  decodePath,
  decodeStat,
  type ClientInfo,
  type Stat,
} from "../../server/wire/replies.ts";
import type {
  AddWatchRequest,
  BareRequest,
  CreateRequest,
  CreateTtlRequest,
  DeleteRequest,
  MultiOp,
  MultiRequest,
  PathRequest,
  ReadRequest,
  ReconfigRequest,
  SetAclRequest,
  SetDataRequest,
  WatchesRequest,
} from "../../server/wire/request-types.ts";
import { encodeRequest } from "../../server/wire/requests.ts";
import type { Acl } from "../../server/wire/acl.ts";
import { decodeMultiReply, firstError } from "./multi-reply.ts";
import { Op } from "./op.ts";

/** What a client can ask for by `RequestOp`. */
export type ClientRequest =
  | CreateRequest
  | CreateTtlRequest
  | DeleteRequest
  | ReadRequest
  | SetDataRequest
  | SetAclRequest
  | MultiRequest
  | ReconfigRequest
  | PathRequest
  | (AddWatchRequest & { readonly mode: (typeof AddWatchMode)[keyof typeof AddWatchMode] })
  | (WatchesRequest & { readonly type: "removeWatches"; readonly watcherType: WatcherType })
  | BareRequest;

/** Everybody may do everything: what a load's znodes are created with. */
export const OPEN_ACL: readonly Acl[] = [{ perms: 31, scheme: "world", id: "anyone" }];

/** How an operation ended, decoded. Errors are values: nothing is thrown for them. */
export interface OpResult {
  readonly outcome: Outcome;
  /** ZooKeeper's error code; 0 for ok. */
  readonly code: number;
  /** The zxid of the reply's header; −1 without a reply. */
  readonly zxid: number;
  /** Of every kind of create: the path that was created; sync: the path. "" otherwise. */
  readonly path: string;
  /** getData, reconfig: the data, a part of what was received; null also where there is none. */
  readonly data: Buffer | null;
  /** Of all that answer with one: not create, delete, sync, getChildren, multi, those about watches. */
  readonly stat: Stat | null;
  /** getChildren: names; getEphemerals: whole paths. */
  readonly children: readonly string[] | null;
  /** getACL: the list. */
  readonly acl: readonly Acl[] | null;
  /** multi: one for each part; errors only, with outcome `fail`, when it changed nothing. */
  readonly parts: readonly MultiResult[] | null;
  /** getAllChildrenNumber; 0 otherwise. */
  readonly count: number;
  /** whoAmI: the client's address, then what was authenticated. */
  readonly identities: readonly ClientInfo[] | null;
}

/** While it is filled: one object for each operation, and no copies of it. */
type Filling = { -readonly [Field in keyof OpResult]: OpResult[Field] };

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
    if ("watch" in request) {
      if (request.watch) this.watch = request;
    } else if (request.type === "addWatch" || request.type === "removeWatches") {
      this.watch = request;
    }
  }

  override get isWrite(): boolean {
    switch (this.request.type) {
      case "create":
      case "create2":
      case "createContainer":
      case "createTTL":
      case "delete":
      case "setData":
      case "setACL":
      case "multi":
      case "reconfig":
      case "closeSession":
        return true;
      case "exists":
      case "getData":
      case "getChildren":
      case "getChildren2":
      case "getACL":
      case "sync":
      case "addWatch":
      case "removeWatches":
      case "getEphemerals":
      case "getAllChildrenNumber":
      case "whoAmI":
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
    const result = emptyResult(outcome, code, zxid);
    if (outcome !== "ok") return this.#done(result, this);
    reader.reset(buffer, start, end);
    try {
      fill(result, this.request, reader);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      // The header said ok: a write was applied, though what the server says of it is unreadable.
      const unreadable = this.isWrite ? "info" : "fail";
      return this.#done(emptyResult(unreadable, ErrorCode.MarshallingError, zxid), this);
    }
    this.#done(result, this);
  }
}

function emptyResult(outcome: Outcome, code: number, zxid: number): Filling {
  return {
    outcome,
    code,
    zxid,
    path: "",
    data: null,
    stat: null,
    children: null,
    acl: null,
    parts: null,
    count: 0,
    identities: null,
  };
}

/** Puts in what the body says. Throws a `DecodeError`. */
function fill(result: Filling, request: ClientRequest, body: JuteReader): void {
  switch (request.type) {
    case "create":
    case "sync":
      result.path = decodePath(body);
      return;
    case "create2":
    case "createContainer":
    case "createTTL":
      result.path = decodePath(body);
      result.stat = decodeStat(body);
      return;
    case "exists":
    case "setData":
    case "setACL":
      result.stat = decodeStat(body);
      return;
    case "getData":
    case "reconfig": {
      const { data, stat } = decodeData(body);
      result.data = data;
      result.stat = stat;
      return;
    }
    case "getACL": {
      const { acl, stat } = decodeAclAndStat(body);
      result.acl = acl;
      result.stat = stat;
      return;
    }
    case "getChildren":
    case "getEphemerals":
      result.children = decodeChildren(body);
      return;
    case "getAllChildrenNumber":
      result.count = body.readInt();
      return;
    case "whoAmI":
      result.identities = decodeClientInfos(body);
      return;
    case "getChildren2":
      result.children = decodeChildren(body);
      result.stat = decodeStat(body);
      return;
    case "multi":
      fillMulti(result, request.ops, body);
      return;
    case "delete":
    case "addWatch":
    case "removeWatches":
    case "closeSession":
    case "ping":
      return;
  }
}

/** A multi that failed was answered without an error in the header: nothing of it was done. */
function fillMulti(result: Filling, ops: readonly MultiOp[], body: JuteReader): void {
  const parts = decodeMultiReply(ops, body);
  const failed = firstError(parts);
  result.parts = parts;
  if (failed === ErrorCode.Ok) return;
  result.outcome = "fail";
  result.code = failed;
}
