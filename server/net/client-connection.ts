/**
 * One client's connection: frames in, replies and events out, in the order that the protocol promises.
 *
 * Writes go to the leader as soon as they are read; a read waits behind the session's own writes, so
 * that replies come in the order of the requests and a session sees what it wrote (CommitProcessor).
 */
import type { Connection } from "../env.ts";
import { ErrorCode } from "../errors.ts";
import { formatSession, NO_SESSION, type SessionId } from "../ids.ts";
import type { RequestKind } from "../stats.ts";
import type { AuthId } from "../tree/acl.ts";
import type { ApplyResult } from "../tree/data-tree.ts";
import type { Txn } from "../tree/txn.ts";
import { decodeConnectRequest } from "../wire/connect.ts";
import { FrameError, FrameSplitter, fourLetterWord } from "../wire/frames.ts";
import { DecodeError, JuteReader, JuteWriter } from "../wire/jute.ts";
import { OpCode, Xid } from "../wire/opcodes.ts";
import { beginReply, encodePath } from "../wire/replies.ts";
import type { Request } from "../wire/request-types.ts";
import { decodeRequest } from "../wire/requests.ts";
import { openSession } from "./client-handshake.ts";
import type { ClientHost } from "./client-host.ts";
import { answerEmpty, answerRead, answerSetWatches, type Reader } from "./client-reads.ts";
import { Outgoing } from "./outgoing.ts";
import { type PendingOwner, PendingQueue, PendingRequest } from "./pending-queue.ts";
import type { ReplySink } from "./reply-out.ts";
import { writeReply } from "./write-reply.ts";

/** Requests in flight on one connection; beyond either, reading stops until half are answered. */
const MAX_PENDING = 2_000;
const MAX_PENDING_BYTES = 8 * 1024 * 1024;
/** Replies that the client does not take; beyond it, reading stops until half of them are gone. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
const HEADER_BYTES = 8;
const NOTHING = Buffer.alloc(0);
const BROKEN = "a request whose record cannot be read";

const WRITES: ReadonlyMap<number, RequestKind> = new Map([
  [OpCode.create, "create"],
  [OpCode.create2, "create"],
  [OpCode.delete, "delete"],
  [OpCode.setData, "setData"],
  [OpCode.closeSession, "closeSession"],
]);

export class ClientConnection implements ReplySink, Reader, PendingOwner {
  sessionId: SessionId = NO_SESSION;
  readonly clientIp: string;
  readonly authIds: readonly AuthId[];
  /** Something was heard since the last time that heartbeats were gathered. */
  heard = false;
  /** Called when the session is asked for, or the connection is over before that. */
  onceOpen: (() => void) | null = null;

  readonly #host: ClientHost;
  readonly #connection: Connection;
  readonly #splitter: FrameSplitter;
  readonly #reader = new JuteReader(NOTHING);
  readonly #pending = new PendingQueue();
  readonly #outgoing: Outgoing;
  /** What came behind the connect request although reading was stopped. */
  #early: Buffer = NOTHING;
  #state: "new" | "opening" | "open" | "closed" = "new";
  #paused = false;
  /** The last request that is answered: the client's own close of its session, or a broken one. */
  #closing: PendingRequest | null = null;
  #brokenReason: string | null = null;

  constructor(host: ClientHost, connection: Connection) {
    this.#host = host;
    this.#connection = connection;
    this.#outgoing = new Outgoing(connection);
    this.clientIp = connection.remote.slice(0, connection.remote.lastIndexOf(":"));
    this.authIds = [{ scheme: "ip", id: this.clientIp }];
    this.#splitter = new FrameSplitter(host.maxFrameBytes);
    connection.handle({
      data: (chunk) => host.input(() => this.#data(chunk)),
      drain: () => {
        this.#outgoing.drained();
        host.input(() => this.goOn());
      },
      closed: () => this.#over(),
    });
  }

  get remote(): string {
    return this.#connection.remote;
  }
  /** No session was asked for yet. */
  get isNew(): boolean {
    return this.#state === "new";
  }
  get isClosed(): boolean {
    return this.#state === "closed";
  }
  get pendingRequests(): number {
    return this.#pending.length;
  }

  out(): JuteWriter {
    this.#host.stats.packetsSent++;
    return this.#host.out.to(this);
  }

  collect(piece: Buffer): void {
    this.#outgoing.collect(piece);
  }

  sendReplies(): void {
    this.#host.stats.bytesSent += this.#outgoing.send();
    this.goOn();
  }

  /** The session is there: go on with what came after the connect request, when this input is over. */
  opened(): void {
    this.#state = "open";
    this.#host.sessionOpened(this);
    this.#host.soon(() => {
      const early = this.#early;
      this.#early = NOTHING;
      if (!this.isClosed) this.#split(early);
      if (!this.#paused && !this.isClosed) this.#connection.resume();
    });
  }

  /** The session is over: so is the connection, as soon as a close that was asked for is answered. */
  sessionEnded(): void {
    if (this.#closing === null) this.close();
  }

  /** Sends what is written, then closes. */
  close(): void {
    if (this.#state === "closed") return;
    this.#host.out.flush(this);
    this.#connection.close();
    this.#over();
  }

  /** Closes a connection that broke the rules, with one line in the log. */
  refuse(reason: string): void {
    if (this.#state === "closed") return;
    this.#host.stats.connectionsMalformed++;
    this.sendAway(reason);
  }

  /** Closes a connection that cannot be served here, with one line in the log. */
  sendAway(reason: string): void {
    if (this.#state === "closed") return;
    this.#host.log.warn(
      { remote: this.remote, session: formatSession(this.sessionId), reason },
      "closed a client's connection",
    );
    this.close();
  }

  #data(chunk: Buffer): void {
    if (this.#state === "closed") return;
    this.heard = true;
    this.#host.stats.bytesReceived += chunk.length;
    if (this.#state === "opening") this.#early = Buffer.concat([this.#early, chunk]);
    else this.#split(chunk);
  }

  /** Takes requests out of what came, until there is no more or too much is under way already. */
  #split(chunk: Buffer): void {
    try {
      this.#splitter.push(chunk, (buffer, start, end) => {
        this.#frame(buffer, start, end);
        return this.#state === "open" && !this.#isFull();
      });
    } catch (error) {
      if (error instanceof FrameError || error instanceof DecodeError) this.#malformed(error);
      else throw error;
    }
    if (this.#isFull()) this.#pause();
  }

  #malformed(error: FrameError | DecodeError): void {
    const word =
      error instanceof FrameError && this.#state === "new" ? fourLetterWord(error.length) : null;
    this.refuse(word === null ? error.message : `four-letter command ${word} is not answered here`);
  }

  #frame(buffer: Buffer, start: number, end: number): void {
    this.#host.stats.packetsReceived++;
    this.#reader.reset(buffer, start, end);
    if (this.#state === "new") {
      this.#state = "opening";
      this.onceOpen?.();
      // What the client sends before it has its session waits in the splitter and in the socket.
      this.#connection.pause();
      openSession(this.#host, this, decodeConnectRequest(this.#reader));
      return;
    }
    const xid = this.#reader.readInt();
    const opcode = this.#reader.readInt();
    const write = WRITES.get(opcode);
    if (write) this.#write(write, xid, opcode);
    else if (opcode === OpCode.sync) this.#sync(xid);
    else if (this.#pending.length > 0)
      this.#pending.push(
        new PendingRequest(this, xid, opcode, end - start, buffer.subarray(start, end)),
      );
    else this.#answer(xid, opcode);
  }

  // --- what the leader orders --------------------------------------------------------------------

  #write(kind: RequestKind, xid: number, opcode: number): void {
    this.#host.stats.requests[kind]++;
    const body = this.#reader.readRest();
    const request = new PendingRequest(this, xid, opcode, body.length, null);
    if (opcode === OpCode.closeSession) this.#closing ??= request;
    this.#host.router.write(
      this.#pending.push(request),
      this.sessionId,
      xid,
      opcode,
      this.authIds,
      body,
    );
  }

  #sync(xid: number): void {
    this.#host.stats.requests.sync++;
    const path = this.#readPath();
    const request = new PendingRequest(this, xid, OpCode.sync, path?.length ?? 0, null, path ?? "");
    this.#pending.push(request);
    if (path === null) this.#broken(request);
    else this.#host.router.sync(request);
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
    if (this.#state === "closed") return;
    if (this.#pending.head === request) writeReply(this.out(), request, txn, result);
    else {
      // A sync before it is still under way: the reply is kept as it is now.
      const kept = new JuteWriter(256);
      writeReply(kept, request, txn, result);
      request.reply = kept.bytes();
    }
    this.#finish(request);
  }

  requestSynced(request: PendingRequest): void {
    if (this.#state !== "closed") this.#finish(request);
  }

  /** Not proposed: the session moved away, or the record was broken. Either ends the connection. */
  requestRejected(request: PendingRequest, code: number): void {
    if (code === ErrorCode.MarshallingError) this.#broken(request);
    else this.close();
  }

  /** Its record cannot be read: in its turn it is answered so, and the connection ends. */
  #broken(request: PendingRequest): void {
    if (this.#state === "closed") return;
    const kept = new JuteWriter(32);
    const zxid = this.#host.replica.appliedZxid;
    kept.endFrame(beginReply(kept, request.xid, zxid, ErrorCode.MarshallingError));
    request.reply = kept.bytes();
    this.#closing = request;
    this.#brokenReason = BROKEN;
    this.#finish(request);
  }

  /** The outcome of a request is known: give every reply that is due now, in order. */
  #finish(request: PendingRequest): void {
    request.done = true;
    this.#answerDue();
    this.goOn();
  }

  #answerDue(): void {
    for (let head = this.#pending.head; head !== null; head = this.#pending.head) {
      if (head.frame === null && !head.done) return;
      if (this.#outgoing.unreadBytes > MAX_UNREAD_BYTES) {
        this.#pause();
        return;
      }
      this.#pending.shift();
      if (head.frame !== null) this.#replay(head.xid, head.opcode, head.frame);
      else if (head.reply !== null) this.out().raw(head.reply);
      else if (head.opcode === OpCode.sync) this.#answerSync(head);
      // Nothing is answered behind the end of the session, or behind what cannot be understood.
      if (head === this.#closing) this.#end();
      if (this.isClosed) return;
    }
  }

  #end(): void {
    if (this.#brokenReason === null) this.close();
    else this.refuse(this.#brokenReason);
  }

  #answerSync({ xid, path }: PendingRequest): void {
    const writer = this.out();
    const frame = beginReply(writer, xid, this.#host.replica.appliedZxid, ErrorCode.Ok);
    encodePath(writer, path);
    writer.endFrame(frame);
  }

  /** Answers a request that was held behind others. */
  #replay(xid: number, opcode: number, frame: Buffer): void {
    this.#reader.reset(frame, HEADER_BYTES, frame.length);
    this.#answer(xid, opcode);
  }

  // --- what this server answers itself -------------------------------------------------------------

  #answer(xid: number, opcode: number): void {
    const { replica, stats } = this.#host;
    let request: Request | null;
    try {
      request = decodeRequest(this.#reader, opcode);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      answerEmpty(this, xid, replica.appliedZxid, ErrorCode.MarshallingError);
      this.refuse(BROKEN);
      return;
    }
    switch (request?.type) {
      case "getData":
      case "exists":
      case "getChildren":
      case "getChildren2":
        stats.requests[request.type === "getChildren2" ? "getChildren" : request.type]++;
        answerRead(replica, this, xid, request);
        return;
      case "ping":
        stats.requests.ping++;
        // Whatever the request's xid was, as ZooKeeper does.
        answerEmpty(this, Xid.ping, replica.appliedZxid, ErrorCode.Ok);
        return;
      case "setWatches":
        stats.requests.setWatches++;
        answerSetWatches(replica, this, xid, request);
        return;
      case "setWatches2":
        if (request.persistentWatches.length + request.persistentRecursiveWatches.length > 0) break;
        stats.requests.setWatches++;
        answerSetWatches(replica, this, xid, request);
        return;
      default:
        break;
    }
    stats.requests.other++;
    answerEmpty(this, xid, replica.appliedZxid, ErrorCode.Unimplemented);
  }

  // --- flow -----------------------------------------------------------------------------------------

  #isFull(): boolean {
    return (
      this.#pending.length > MAX_PENDING ||
      this.#pending.bytes > MAX_PENDING_BYTES ||
      this.#outgoing.unreadBytes > MAX_UNREAD_BYTES ||
      this.#host.isOverloaded(this)
    );
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#host.stats.backpressurePauses++;
    this.#connection.pause();
  }

  /** After a pause, when half of what was too much is gone: answers what waits, and reads on. */
  goOn(): void {
    if (!this.#paused || this.isClosed || this.#outgoing.unreadBytes > MAX_UNREAD_BYTES / 2) return;
    this.#answerDue();
    if (this.#pending.length > MAX_PENDING / 2 || this.#pending.bytes > MAX_PENDING_BYTES / 2)
      return;
    if (this.#outgoing.unreadBytes > MAX_UNREAD_BYTES / 2 || this.#host.isOverloaded(this)) return;
    this.#paused = false;
    this.#split(NOTHING);
    if (!this.#paused && !this.isClosed) this.#connection.resume();
  }

  #over(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.onceOpen?.();
    this.#host.connectionClosed(this);
  }
}
