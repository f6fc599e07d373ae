/**
 * Brings what only the leader can do to the leader, wherever it is, and its outcome back to the
 * connection that asked: writes, syncs, and the taking over of sessions.
 */
import type { Env } from "./env.ts";
import { ErrorCode } from "./errors.ts";
import type { ServerId, SessionId } from "./ids.ts";
import type { LeaderService } from "./leader-service.ts";
import type { ServiceMessage } from "./net/peer-message.ts";
import type { ReadOnlyMode } from "./read-only.ts";
import type { AuthId } from "./tree/acl.ts";
import type { ApplyResult } from "./tree/data-tree.ts";
import type { Txn } from "./tree/txn.ts";

/** Whoever waits for the outcome of a request. Exactly one of these is called, once. */
export interface Waiting {
  /** The write is committed and applied here. */
  applied?(txn: Txn, result: ApplyResult): void;
  /** It was not proposed, and never will be. */
  rejected?(code: number): void;
  synced?(): void;
  revalidated?(valid: boolean): void;
  /** What it holds in memory on its way, about. */
  readonly bytes?: number;
}

export interface RouterPorts {
  readonly env: Env;
  readonly sid: ServerId;
  /** The leader's service while this server leads. */
  leaderService(): LeaderService | null;
  /** The leader while this server follows one and serves. */
  leader(): ServerId | null;
  /** Serves what can be served without a leader. */
  readonly readOnly: ReadOnlyMode;
  send(to: ServerId, message: ServiceMessage): void;
}

/** Room for request numbers of one process: drawn anew at each start, so that none comes twice. */
const REQUESTS_PER_RUN = 2 ** 32;

/** What all requests on their way may hold; beyond it, clients wait until half of it is answered. */
const MAX_OUTSTANDING_BYTES = 128 * 1024 * 1024;
/** What a request takes besides its record, about. */
const REQUEST_BYTES = 256;

export class RequestRouter {
  /** Called when half of what was too much is answered. */
  relieved: (() => void) | null = null;
  readonly #ports: RouterPorts;
  readonly #waiting = new Map<number, Waiting>();
  #lastRequest: number;
  #bytes = 0;
  #overloaded = false;

  constructor(ports: RouterPorts) {
    this.#ports = ports;
    this.#lastRequest = Math.floor(ports.env.random.float() * 2 ** 20) * REQUESTS_PER_RUN;
  }

  get outstanding(): number {
    return this.#waiting.size;
  }
  /** No more requests should be taken until `relieved` is called. */
  get isOverloaded(): boolean {
    return this.#overloaded;
  }

  /**
   * A write of a client, with the record as the client sent it. `afresh`: its client was told of a refusal
   * before, and of everything that came before that.
   */
  write(
    waiting: Waiting,
    sessionId: SessionId,
    cxid: number,
    opcode: number,
    authIds: readonly AuthId[],
    body: Buffer,
    afresh: boolean,
  ): void {
    const request = this.#number(waiting);
    const service = this.#ports.leaderService();
    const from = this.#ports.sid;
    const asked = { request, sessionId, cxid, opcode, authIds, body, afresh };
    if (service) service.request({ from, ...asked });
    else if (this.#isAlone)
      this.#ports.readOnly.request(this.#take(request) ?? waiting, sessionId, opcode);
    else this.#toLeader({ type: "request", ...asked });
  }

  sync(waiting: Waiting): void {
    const request = this.#number(waiting);
    const service = this.#ports.leaderService();
    if (service) service.sync(this.#ports.sid, request);
    else if (this.#isAlone) this.rejected(request, ErrorCode.NotReadOnly);
    else this.#toLeader({ type: "sync", request });
  }

  revalidate(waiting: Waiting, sessionId: SessionId, password: Buffer, timeoutMs: number): void {
    const request = this.#number(waiting);
    const service = this.#ports.leaderService();
    if (service) service.revalidate(this.#ports.sid, request, sessionId, password, timeoutMs);
    else if (this.#isAlone) {
      const valid = this.#ports.readOnly.revalidate(sessionId, password, timeoutMs);
      this.revalidated(request, valid);
    } else this.#toLeader({ type: "revalidate", request, sessionId, password, timeoutMs });
  }

  /** A transaction that came in here as a request was applied. */
  applied(txn: Txn, result: ApplyResult): void {
    if (txn.header.originSid === this.#ports.sid)
      this.#take(txn.header.originRequest)?.applied?.(txn, result);
  }
  rejected(request: number, code: number): void {
    this.#take(request)?.rejected?.(code);
  }
  synced(request: number): void {
    this.#take(request)?.synced?.();
  }
  revalidated(request: number, valid: boolean): void {
    this.#take(request)?.revalidated?.(valid);
  }

  /** The leader is lost: nothing that waits will be answered (its connections are closed). */
  forgetAll(): void {
    this.#waiting.clear();
    this.#bytes = 0;
    this.#relieve();
  }

  /** Clients are served without a leader: what needs one is refused. */
  get #isAlone(): boolean {
    return this.#ports.readOnly.isOpen;
  }

  #number(waiting: Waiting): number {
    const request = ++this.#lastRequest;
    this.#waiting.set(request, waiting);
    this.#bytes += REQUEST_BYTES + (waiting.bytes ?? 0);
    if (this.#bytes > MAX_OUTSTANDING_BYTES) this.#overloaded = true;
    return request;
  }

  #take(request: number): Waiting | undefined {
    const waiting = this.#waiting.get(request);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(request);
    this.#bytes -= REQUEST_BYTES + (waiting.bytes ?? 0);
    if (this.#overloaded && this.#bytes <= MAX_OUTSTANDING_BYTES / 2) this.#relieve();
    return waiting;
  }

  #relieve(): void {
    if (!this.#overloaded) return;
    this.#overloaded = false;
    this.relieved?.();
  }

  #toLeader(message: ServiceMessage): void {
    const leader = this.#ports.leader();
    if (leader !== null) this.#ports.send(leader, message);
  }
}
