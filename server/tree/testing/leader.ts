/**
 * A leader of one, for tests: prepares requests, and applies their transactions when told to, through
 * the same bytes that a log would hold.
 */
import type { SessionId, Zxid } from "../../ids.ts";
import type { CreateRequest, DeleteRequest, SetDataRequest } from "../../wire/request-types.ts";
import type { AuthId } from "../acl.ts";
import { OPEN_ACL } from "../acl.ts";
import type { ApplyResult } from "../data-tree.ts";
import { DataTree } from "../data-tree.ts";
import { Preparer } from "../prepare.ts";
import type { PrepareOptions, PrepareRequest } from "../prepare.ts";
import { decodeTxn, encodeTxn } from "../txn-codec.ts";
import type { TxnBody } from "../txn.ts";

export const SESSION = 0x1_0000_0000_0001n as SessionId;
const FIRST_TIME_MS = 1_700_000_000_000;

export class TestLeader {
  tree = new DataTree();
  preparer: Preparer;
  authIds: readonly AuthId[] = [{ scheme: "ip", id: "127.0.0.1" }];
  #zxid = 0;
  #inFlight: Buffer[] = [];

  /** Opens `SESSION`, with zxid 1. */
  constructor(options?: PrepareOptions) {
    this.preparer = new Preparer(this.tree, options);
    this.openSession(SESSION);
  }

  /** The zxid of the last transaction prepared. */
  get zxid(): Zxid {
    return this.#zxid as Zxid;
  }
  /** The leader's clock at a transaction: one millisecond for each. */
  timeMs(zxid: number): number {
    return FIRST_TIME_MS + zxid;
  }

  /** Prepares a request; it stays in flight. */
  propose(request: PrepareRequest, sessionId: SessionId = SESSION): TxnBody {
    this.#zxid++;
    const context = { zxid: this.zxid, timeMs: this.timeMs(this.#zxid), sessionId };
    const body = this.preparer.prepare(request, { ...context, authIds: this.authIds });
    this.#inFlight.push(encodeTxn({ ...context, cxid: 0, originSid: 1, originRequest: 0 }, body));
    return body;
  }
  /** Applies the oldest transaction in flight, if there is one. */
  applyOne(): ApplyResult | undefined {
    const bytes = this.#inFlight.shift();
    if (bytes === undefined) return undefined;
    const txn = decodeTxn(bytes);
    const result = this.tree.apply(txn);
    this.preparer.committed(txn.header.zxid);
    return result;
  }
  /** Applies all that is in flight; the last result. */
  applyAll(): ApplyResult {
    let last: ApplyResult | undefined;
    for (let result = this.applyOne(); result !== undefined; result = this.applyOne()) {
      last = result;
    }
    if (last === undefined) throw new Error("nothing in flight");
    return last;
  }
  /** Prepares and applies. */
  run(request: PrepareRequest, sessionId: SessionId = SESSION): ApplyResult {
    this.propose(request, sessionId);
    return this.applyAll();
  }

  openSession(sessionId: SessionId): ApplyResult {
    const password = Buffer.alloc(16, Number(sessionId & 0xffn));
    return this.run({ type: "createSession", timeoutMs: 4000, password }, sessionId);
  }
}

export function create(path: string, flags = 0, data: string | null = "x"): CreateRequest {
  return {
    type: "create",
    path,
    data: data === null ? null : Buffer.from(data),
    acl: OPEN_ACL,
    flags,
  };
}
export function remove(path: string, version = -1): DeleteRequest {
  return { type: "delete", path, version };
}
export function setData(path: string, data: string | null, version = -1): SetDataRequest {
  return { type: "setData", path, data: data === null ? null : Buffer.from(data), version };
}
