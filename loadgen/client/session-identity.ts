import { formatSession, NO_SESSION, NO_ZXID, type SessionId, type Zxid } from "../../server/ids.ts";
import type { ConnectRequest, ConnectResponse } from "../../server/wire/connect.ts";

const NO_PASSWORD = Buffer.alloc(16);

/** A session to go on with, and what its client says to have seen in it. */
export interface SessionTicket {
  readonly id: SessionId;
  readonly password: Buffer;
  readonly lastZxid: number;
}

/** What a client must show a server to go on with its session, and what it has seen in it. */
export class SessionIdentity {
  #id: SessionId = NO_SESSION;
  #password: Buffer = NO_PASSWORD;
  /** Hexadecimal; "0x0" when there is none. */
  name = "0x0";
  /** As negotiated with the last server; 0 before there was one. */
  timeoutMs = 0;
  /** The last server that took the session has no quorum and answers reads only. */
  readOnly = false;
  /** The highest zxid seen, in replies and events. */
  lastZxid: Zxid = NO_ZXID;
  /** The last zxid of a reply: all events up to it have come, which setWatches relies on. */
  lastReplyZxid: Zxid = NO_ZXID;

  get exists(): boolean {
    return this.#id !== NO_SESSION;
  }

  /** What another client needs to go on with this session. */
  get ticket(): SessionTicket {
    return { id: this.#id, password: this.#password, lastZxid: this.lastZxid };
  }

  /** Goes on with a session that another client opened. */
  resume(ticket: SessionTicket): void {
    this.#id = ticket.id;
    this.name = formatSession(ticket.id);
    this.#password = ticket.password;
    this.lastZxid = this.lastReplyZxid = ticket.lastZxid as Zxid;
  }

  /** The server took the session, or gave a new one. */
  adopt(response: ConnectResponse): void {
    this.#id = response.sessionId;
    this.name = formatSession(response.sessionId);
    this.#password = response.passwd === null ? NO_PASSWORD : Buffer.from(response.passwd);
    this.timeoutMs = response.timeOut;
    this.readOnly = response.readOnly ?? false;
  }

  /** The session is gone: the next one begins from nothing. */
  forget(): void {
    this.#id = NO_SESSION;
    this.name = "0x0";
    this.#password = NO_PASSWORD;
    this.lastZxid = this.lastReplyZxid = NO_ZXID;
  }

  seenReply(zxid: number): void {
    if (zxid > this.lastReplyZxid) this.lastReplyZxid = zxid as Zxid;
    if (zxid > this.lastZxid) this.lastZxid = zxid as Zxid;
  }
  seenEvent(zxid: number): void {
    if (zxid > this.lastZxid) this.lastZxid = zxid as Zxid;
  }

  connectRequest(sessionTimeoutMs: number, readOnly: boolean): ConnectRequest {
    return {
      protocolVersion: 0,
      lastZxidSeen: this.lastZxid,
      timeOut: sessionTimeoutMs,
      sessionId: this.#id,
      passwd: this.#password,
      readOnly,
    };
  }
}
