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
import { OpCode } from "../wire/opcodes.ts";
import { beginReply, encodePath, encodePathAndStat, encodeStat } from "../wire/replies.ts";
import { decodeRequest } from "../wire/requests.ts";
import { openSession } from "./client-handshake.ts";
import type { ClientHost } from "./client-host.ts";
import { answerEmpty, answerRead, answerSetWatches, type Reader } from "./client-reads.ts";
import { type PendingOwner, PendingQueue, PendingRequest } from "./pending-queue.ts";
import type { ReplySink } from "./reply-out.ts";

/** Requests in flight on one connection; beyond it, reading stops until half are answered. */
const MAX_PENDING = 2_000;
/** Replies that the client does not take; beyond it, reading stops until half of them are gone. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
const HEADER_BYTES = 8;
const NOTHING = Buffer.alloc(0);

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
  readonly collected: Buffer[] = [];
  /** Something was heard since the last time that heartbeats were gathered. */
  heard = false;
  /** Called when the session is asked for, or the connection is over before that. */
  onceOpen: (() => void) | null = null;

  readonly #host: ClientHost;
  readonly #connection: Connection;
  readonly #splitter: FrameSplitter;
  readonly #reader = new JuteReader(NOTHING);
  readonly #pending = new PendingQueue();
  #state: "new" | "opening" | "open" | "closed" = "new";
  #paused = false;

  constructor(host: ClientHost, connection: Connection) {
    this.#host = host;
    this.#connection = connection;
    this.clientIp = connection.remote.slice(0, connection.remote.lastIndexOf(":"));
    this.authIds = [{ scheme: "ip", id: this.clientIp }];
    this.#splitter = new FrameSplitter(host.maxFrameBytes);
    connection.handle({
      data: (chunk) => host.input(() => this.#data(chunk)),
      drain: () => this.#resumeIfDrained(),
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

  sendReplies(): void {
    for (const piece of this.collected) {
      this.#host.stats.bytesSent += piece.length;
      this.#connection.write(piece);
    }
    this.collected.length = 0;
    if (this.#connection.bufferedBytes > MAX_UNREAD_BYTES) this.#pause();
  }

  /** The session is there: go on with what came after the connect request. */
  opened(): void {
    this.#state = "open";
    this.#host.sessionOpened(this);
    this.#connection.resume();
    this.#data(NOTHING);
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
    try {
      this.#splitter.push(chunk, (buffer, start, end) => {
        this.#frame(buffer, start, end);
        return this.#state === "open";
      });
    } catch (error) {
      if (error instanceof FrameError || error instanceof DecodeError) this.#malformed(error);
      else throw error;
    }
    if (this.#pending.length > MAX_PENDING) this.#pause();
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
      this.#pending.push(new PendingRequest(this, xid, opcode, buffer.subarray(start, end)));
    else this.#answer(xid, opcode);
  }

  // --- what the leader orders --------------------------------------------------------------------

  #write(kind: RequestKind, xid: number, opcode: number): void {
    this.#host.stats.requests[kind]++;
    this.#host.router.write(
      this.#pending.push(new PendingRequest(this, xid, opcode, null)),
      this.sessionId,
      xid,
      opcode,
      this.clientIp,
      this.#reader.readRest(),
    );
  }

  #sync(xid: number): void {
    this.#host.stats.requests.sync++;
    const request = decodeRequest(this.#reader, OpCode.sync);
    const path = request?.type === "sync" ? request.path : "";
    this.#host.router.sync(
      this.#pending.push(new PendingRequest(this, xid, OpCode.sync, null, path)),
    );
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
    if (request.opcode === OpCode.closeSession) this.close();
  }

  requestSynced(request: PendingRequest): void {
    if (this.#state !== "closed") this.#finish(request);
  }

  /** Not proposed: the session moved away, or the record was broken. Either ends the connection. */
  requestRejected(_request: PendingRequest, code: number): void {
    if (code === ErrorCode.MarshallingError) this.refuse("a request that cannot be decoded");
    else this.close();
  }

  /** The outcome of a request is known: give every reply that is due now, in order. */
  #finish(request: PendingRequest): void {
    request.done = true;
    for (let head = this.#pending.head; head !== null; head = this.#pending.head) {
      if (head.frame === null && !head.done) break;
      this.#pending.shift();
      if (head.frame !== null) this.#replay(head.xid, head.opcode, head.frame);
      else if (head.opcode === OpCode.sync) this.#answerSync(head);
      else if (head.reply !== null) this.out().raw(head.reply);
      if (this.isClosed) return;
    }
    this.#resumeIfDrained();
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
    try {
      this.#answer(xid, opcode);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.refuse(error.message);
    }
  }

  // --- what this server answers itself -------------------------------------------------------------

  #answer(xid: number, opcode: number): void {
    const { replica, stats } = this.#host;
    const request = decodeRequest(this.#reader, opcode);
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
        answerEmpty(this, xid, replica.appliedZxid, ErrorCode.Ok);
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

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#host.stats.backpressurePauses++;
    this.#connection.pause();
  }

  #resumeIfDrained(): void {
    if (!this.#paused || this.#pending.length > MAX_PENDING / 2) return;
    if (this.#connection.bufferedBytes > MAX_UNREAD_BYTES / 2) return;
    this.#paused = false;
    this.#connection.resume();
  }

  #over(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.onceOpen?.();
    this.#host.connectionClosed(this);
  }
}

function writeReply(
  writer: JuteWriter,
  request: PendingRequest,
  txn: Txn,
  result: ApplyResult,
): void {
  const { opcode } = request;
  const frame = beginReply(writer, request.xid, txn.header.zxid, result.code);
  if (result.code === ErrorCode.Ok && result.path !== null) {
    if (opcode === OpCode.create) encodePath(writer, result.path);
    else if (result.node && opcode === OpCode.create2)
      encodePathAndStat(writer, result.path, result.node);
    else if (result.node && opcode === OpCode.setData) encodeStat(writer, result.node);
  }
  writer.endFrame(frame);
}
