/**
 * From a connect request to a session: a new one, or one that comes (back) to this server.
 */
import { formatZxid, NO_SESSION, type SessionId } from "../ids.ts";
import { type ConnectRequest, encodeConnectResponse } from "../wire/connect.ts";
import { OpCode } from "../wire/opcodes.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { ClientHost } from "./client-host.ts";

const NO_PASSWORD = Buffer.alloc(16);

/**
 * Answers the request, now or when the leader has. Sent away without an answer are a client ahead of
 * this server and, in read-only mode, one that must not be served so, or that has a session of the
 * ensemble: nobody would hear of its heartbeats.
 */
export function openSession(
  host: ClientHost,
  connection: ClientConnection,
  request: ConnectRequest,
): void {
  const { sessionId, lastZxidSeen } = request;
  const applied = host.replica.appliedZxid;
  const { readOnly } = host;
  if (readOnly && (request.readOnly !== true || host.replica.tree.sessions.has(sessionId))) {
    connection.close();
    return;
  }
  if (lastZxidSeen > applied) {
    host.stats.reconnectsFromTheFuture++;
    connection.sendAway(
      `the client has seen ${formatZxid(lastZxidSeen)}, this server is at ${formatZxid(applied)}`,
    );
    return;
  }
  const timeoutMs = host.negotiate(request.timeOut);
  if (sessionId === NO_SESSION) {
    const newId = host.newSessionId();
    if (newId === null) connection.sendAway("no session id can be had now");
    else create(host, connection, request, newId, timeoutMs);
    return;
  }
  const password = request.passwd ?? NO_PASSWORD;
  const revalidated = (valid: boolean): void => {
    if (valid) {
      connection.sessionId = sessionId;
      accept(host, connection, request, timeoutMs, password);
    } else refuse(host, connection, request);
  };
  host.sessionAsked(sessionId, password);
  host.router.revalidate({ revalidated }, sessionId, Buffer.from(password), timeoutMs);
}

function create(
  host: ClientHost,
  connection: ClientConnection,
  request: ConnectRequest,
  sessionId: SessionId,
  timeoutMs: number,
): void {
  const password = host.newPassword();
  connection.sessionId = sessionId;
  connection.noteRequest(0, OpCode.createSession);
  if (host.readOnly) {
    host.readOnly.createSession(sessionId, timeoutMs, password);
    accept(host, connection, request, timeoutMs, password);
    return;
  }
  host.createSession(connection, timeoutMs, password, {
    applied: () => accept(host, connection, request, timeoutMs, password),
    rejected: () => connection.close(),
  });
}

function accept(
  host: ClientHost,
  connection: ClientConnection,
  request: ConnectRequest,
  timeOut: number,
  passwd: Buffer,
): void {
  if (connection.isClosed) return;
  connection.timeoutMs = timeOut;
  connection.password = Buffer.from(passwd);
  encodeConnectResponse(connection.out(), {
    protocolVersion: 0,
    timeOut,
    sessionId: connection.sessionId,
    passwd,
    readOnly: request.readOnly === null ? null : host.readOnly !== null,
  });
  connection.opened();
}

/** Expired, closed, unknown, or the wrong password: all zeroes, and the connection ends. */
function refuse(host: ClientHost, connection: ClientConnection, request: ConnectRequest): void {
  if (connection.isClosed) return;
  encodeConnectResponse(connection.out(), {
    protocolVersion: 0,
    timeOut: 0,
    sessionId: NO_SESSION,
    passwd: NO_PASSWORD,
    readOnly: request.readOnly === null ? null : host.readOnly !== null,
  });
  connection.close();
}
