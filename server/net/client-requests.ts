/**
 * The requests of one connection, each on its way, and their replies in the order of the requests.
 *
 * Writes go to the leader as soon as they are read; a read waits behind the session's own writes, so
 * that replies come in the order of the requests and a session sees what it wrote (CommitProcessor).
 * What a session asked for earlier does not see what it wrote later, either: a write does not go out
 * while a sync, or very many reads, wait before it. An auth request counts for all that is read after
 * it, and for nothing before.
 */
import { ErrorCode } from "../errors.ts";
import { NO_ZXID } from "../ids.ts";
import type { AuthId } from "../tree/acl.ts";
import type { ApplyResult } from "../tree/data-tree.ts";
import type { Txn } from "../tree/txn.ts";
import { DecodeError, JuteReader, JuteWriter } from "../wire/jute.ts";
import { OpCode } from "../wire/opcodes.ts";
import { beginReply, encodePath } from "../wire/replies.ts";
import { decodeRequest } from "../wire/requests.ts";
import { answerRequest } from "./client-answers.ts";
import { authenticate } from "./client-auth.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { ClientFlow } from "./client-flow.ts";
import type { ClientHost } from "./client-host.ts";
import { kindOf, Way, wayOf } from "./client-opcodes.ts";
import { answerEmpty } from "./client-reads.ts";
import { type PendingOwner, type PendingQueue, PendingRequest } from "./pending-queue.ts";
import { writeReply } from "./write-reply.ts";

const HEADER_BYTES = 8;
/**
 * Reads that may wait before a write that is under way. They are answered when their turn has come,
 * whether the client takes replies or not: else they would be answered later, and see that write.
 */
const MAX_READS_BEFORE_WRITE = 128;
const NOTHING = Buffer.alloc(0);
const BROKEN = "a request whose record cannot be read";

export class ClientRequests implements PendingOwner {
  readonly #host: ClientHost;
  readonly #connection: ClientConnection;
  readonly #pending: PendingQueue;
  readonly #flow: ClientFlow;
  readonly #reader = new JuteReader(NOTHING);
  /** The last request that is answered: the client's close of its session, or one to be sent away for. */
  #last: PendingRequest | null = null;
  /** Why the connection is closed behind it, if not because the client wants it so. */
  #lastReason: string | null = null;
  /** Writes and syncs that wait with their frames, writes under way, syncs under way, reads that wait. */
  #held = 0;
  #writing = 0;
  #syncing = 0;
  #reading = 0;
  /** A write was refused for lack of room: those that were sent before its client can know are, too. */
  #refusing = false;
  /** Such a refusal was told, and no write has gone to the leader since. */
  #afresh = false;

  constructor(
    host: ClientHost,
    connection: ClientConnection,
    pending: PendingQueue,
    flow: ClientFlow,
  ) {
    this.#host = host;
    this.#connection = connection;
    this.#pending = pending;
    this.#flow = flow;
  }

  /** Nothing that comes from now on is looked at. */
  get isEnding(): boolean {
    return this.#last !== null;
  }
  /** The client has asked for the end of its session, and has no answer yet. */
  get isClosingSession(): boolean {
    return this.#last?.opcode === OpCode.closeSession;
  }

  /** Takes a request, the part from `start` to `end`: header and record. Throws a `DecodeError`. */
  take(buffer: Buffer, start: number, end: number): void {
    const reader = this.#reader;
    reader.reset(buffer, start, end);
    const xid = reader.readInt();
    const opcode = reader.readInt();
    this.#connection.noteRequest(xid, opcode);
    switch (wayOf(opcode)) {
      case Way.here:
        if (this.#pending.length === 0) this.#answer(this.#connection.authIds, xid, opcode);
        else {
          this.#reading++;
          this.#await(xid, opcode, end - start, buffer.subarray(start, end));
        }
        return;
      case Way.write:
      case Way.sync:
        this.#order(xid, opcode, buffer, start, end);
        return;
      case Way.auth:
        this.#auth(xid);
        return;
      case Way.refused:
        this.#host.stats.requests.other++;
        this.#sendAway(
          this.#await(xid, opcode, 0, null),
          ErrorCode.Unimplemented,
          `a request of opcode ${opcode}`,
        );
    }
  }

  #await(xid: number, opcode: number, bytes: number, frame: Buffer | null): PendingRequest {
    const { authIds } = this.#connection;
    const receivedMs = this.#host.clockMs();
    return this.#pending.push(
      new PendingRequest(this, xid, opcode, receivedMs, authIds, bytes, frame),
    );
  }

  // --- what the leader orders --------------------------------------------------------------------

  /** The reader is behind the header. */
  #order(xid: number, opcode: number, buffer: Buffer, start: number, end: number): void {
    this.#host.stats.requests[kindOf(opcode)]++;
    const hold = this.#held + this.#syncing > 0 || this.#reading > MAX_READS_BEFORE_WRITE;
    const frame = hold ? buffer.subarray(start, end) : null;
    const request = this.#await(xid, opcode, end - start, frame);
    if (opcode === OpCode.closeSession) this.#last = request;
    if (hold) this.#held++;
    else this.#start(request);
  }

  /** The reader is at the request's record. */
  #start(request: PendingRequest): void {
    const { router } = this.#host;
    const { xid, opcode, authIds } = request;
    if (opcode !== OpCode.sync) {
      this.#writing++;
      if (this.#refusing && opcode !== OpCode.closeSession) {
        this.requestRejected(request, ErrorCode.ThrottledOp);
        return;
      }
      const afresh = this.#afresh;
      this.#afresh = false;
      router.write(
        request,
        this.#connection.sessionId,
        xid,
        opcode,
        authIds,
        this.#reader.readRest(),
        afresh,
      );
      return;
    }
    this.#syncing++;
    const path = this.#readPath();
    request.path = path ?? "";
    if (path === null) this.#sendAway(request, ErrorCode.MarshallingError, BROKEN);
    else router.sync(request);
  }

  /** Starts what was held, as far as nothing that comes before it forbids it any more. */
  #startHeld(): void {
    for (let request = this.#nextHeld(); request !== null; request = this.#nextHeld()) {
      const frame = request.frame as Buffer;
      this.#held--;
      request.frame = null;
      this.#reader.reset(frame, HEADER_BYTES, frame.length);
      this.#start(request);
    }
  }

  #nextHeld(): PendingRequest | null {
    if (this.#held === 0 || this.#syncing > 0 || this.#connection.isClosed) return null;
    let reads = 0;
    for (const request of this.#pending) {
      if (request.frame === null) continue;
      if (wayOf(request.opcode) !== Way.here) return request;
      if (++reads > MAX_READS_BEFORE_WRITE || this.#flow.isClogged) return null;
    }
    return null;
  }

  /** Null: there is none that can be read. */
  #readPath(): string | null {
    try {
      return this.#reader.readString() ?? "";
    } catch (error) {
      if (error instanceof DecodeError) return null;
      throw error;
    }
  }

  requestApplied(request: PendingRequest, txn: Txn, result: ApplyResult): void {
    if (this.#connection.isClosed) return;
    if (this.#pending.head === request) writeReply(this.#connection.out(), request, txn, result);
    else {
      // Something before it has no outcome yet: the reply is kept as it is now.
      const kept = new JuteWriter(256);
      writeReply(kept, request, txn, result);
      request.reply = kept.bytes();
    }
    this.#writing--;
    this.#settle(request);
  }

  requestSynced(request: PendingRequest): void {
    if (this.#connection.isClosed) return;
    this.#syncing--;
    this.#settle(request);
  }

  /**
   * Not proposed. A session that moved away, or a broken record, ends the connection. Behind a write that
   * was refused for lack of room nothing is done that was sent before the client was told.
   */
  requestRejected(request: PendingRequest, code: number): void {
    if (this.#connection.isClosed) return;
    if (code === ErrorCode.SessionMoved) this.#connection.close();
    else if (code === ErrorCode.MarshallingError) this.#sendAway(request, code, BROKEN);
    else {
      request.code = code;
      if (request.opcode === OpCode.sync) this.#syncing--;
      else this.#writing--;
      if (code === ErrorCode.ThrottledOp) this.#refusing = true;
      this.#settle(request);
    }
  }

  // --- who the client is -------------------------------------------------------------------------

  #auth(xid: number): void {
    const { access, stats } = this.#host;
    const connection = this.#connection;
    stats.requests.auth++;
    const request = this.#await(xid, OpCode.auth, 0, null);
    const record = this.#decodeHere(OpCode.auth);
    if (record?.type !== "auth") {
      this.#sendAway(request, ErrorCode.MarshallingError, BROKEN);
      return;
    }
    const ids = authenticate(
      record.scheme,
      record.auth,
      connection.authIds,
      connection.peer,
      access,
    );
    if (ids === null) {
      const scheme = JSON.stringify(record.scheme.slice(0, 60));
      this.#sendAway(request, ErrorCode.AuthFailed, `it failed to authenticate, scheme ${scheme}`);
      return;
    }
    connection.authIds = ids;
    this.#settle(request);
  }

  // --- what this server answers itself, and everything in its turn -------------------------------

  #answer(authIds: readonly AuthId[], xid: number, opcode: number): void {
    const request = this.#decodeHere(opcode);
    if (request === null) {
      answerEmpty(
        this.#connection,
        xid,
        this.#host.replica.appliedZxid,
        ErrorCode.MarshallingError,
      );
      this.#connection.refuse(BROKEN);
      return;
    }
    answerRequest(this.#host, this.#connection, authIds, xid, request);
  }

  /** Null: it cannot be decoded. */
  #decodeHere(opcode: number): ReturnType<typeof decodeRequest> {
    try {
      return decodeRequest(this.#reader, opcode);
    } catch (error) {
      if (error instanceof DecodeError) return null;
      throw error;
    }
  }

  /** In its turn it is answered with the code, and the connection ends. */
  #sendAway(request: PendingRequest, code: number, reason: string): void {
    request.code = code;
    this.#last = request;
    this.#lastReason = reason;
    this.#settle(request);
  }

  /** The outcome of a request is known: give every reply that is due now, in order. */
  #settle(request: PendingRequest): void {
    request.done = true;
    this.goOn();
    this.#connection.goOn();
  }

  /** Answers what is due, and starts what was held behind it. */
  goOn(): void {
    this.#answerDue();
    if (this.#held > 0) this.#startHeld();
  }

  /** Answers what is at the head of the queue, until something has to be waited for. */
  #answerDue(): void {
    if (this.#pending.length === 0) return;
    const { stats } = this.#host;
    const nowMs = this.#host.clockMs();
    for (let head = this.#pending.head; head !== null; head = this.#pending.head) {
      const isRead = head.frame !== null;
      if (isRead ? wayOf(head.opcode) !== Way.here : !head.done) return;
      if (this.#writing === 0 && this.#flow.isClogged) {
        this.#flow.pause();
        return;
      }
      this.#pending.shift();
      if (isRead) this.#reading--;
      stats.requestLatency.observe(nowMs - head.receivedMs);
      this.#connection.latency.observe(nowMs - head.receivedMs);
      if (!isRead && wayOf(head.opcode) === Way.write) {
        stats.updateMs.observe(nowMs - head.receivedMs);
      }
      this.#answerHead(head);
      // Nothing is answered behind the end of the session, or behind what cannot be understood.
      if (head === this.#last) this.#end();
      if (this.#connection.isClosed) return;
    }
    if (!this.#refusing) return;
    this.#refusing = false;
    this.#afresh = true;
  }

  #answerHead(head: PendingRequest): void {
    const { frame, reply, code, xid, opcode } = head;
    if (frame !== null) {
      this.#reader.reset(frame, HEADER_BYTES, frame.length);
      this.#answer(head.authIds, xid, opcode);
    } else if (reply !== null) this.#connection.out().raw(reply);
    // It has seen no state: ZooKeeper says so too.
    else if (opcode === OpCode.auth) answerEmpty(this.#connection, xid, NO_ZXID, code);
    else if (code !== 0) answerEmpty(this.#connection, xid, this.#host.replica.appliedZxid, code);
    else if (opcode === OpCode.sync) this.#answerSync(head);
  }

  #answerSync({ xid, path }: PendingRequest): void {
    const writer = this.#connection.out();
    const frame = beginReply(writer, xid, this.#host.replica.appliedZxid, ErrorCode.Ok);
    encodePath(writer, path);
    writer.endFrame(frame);
  }

  #end(): void {
    if (this.#lastReason === null) this.#connection.close();
    else this.#connection.refuse(this.#lastReason);
  }
}
