/**
 * From a connect request to a session: a new one, or one that comes (back) to this server.
 */
import { formatZxid, NO_SESSION } from "../ids.ts";
import { type ConnectRequest, encodeConnectResponse } from "../wire/connect.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { ClientHost } from "./client-host.ts";

const NO_PASSWORD = Buffer.alloc(16);

/** Answers the request, now or when the leader has; a client ahead of this server is sent away. */
export function openSession(
  host: ClientHost,
  connection: ClientConnection,
  request: ConnectRequest,
): void {
  const applied = host.replica.appliedZxid;
  if (request.lastZxidSeen > applied) {
    host.stats.reconnectsFromTheFuture++;
    connection.sendAway(
      `the client has seen ${formatZxid(request.lastZxidSeen)}, this server is at ${formatZxid(applied)}`,
    );
    return;
  }
  const timeoutMs = host.negotiate(request.timeOut);
  if (request.sessionId === NO_SESSION) {
    const password = host.newPassword();
    connection.sessionId = host.newSessionId();
    host.createSession(connection, timeoutMs, password, {
      applied: () => accept(connection, request, timeoutMs, password),
      rejected: () => connection.close(),
    });
    return;
  }
  const password = request.passwd ?? NO_PASSWORD;
  const { sessionId } = request;
  const revalidated = (valid: boolean): void => {
    if (valid) {
      connection.sessionId = sessionId;
      accept(connection, request, timeoutMs, password);
    } else refuse(connection, request);
  };
  host.router.revalidate({ revalidated }, sessionId, Buffer.from(password), timeoutMs);
}

function accept(
  connection: ClientConnection,
  request: ConnectRequest,
  timeOut: number,
  passwd: Buffer,
): void {
  if (connection.isClosed) return;
  encodeConnectResponse(connection.out(), {
    protocolVersion: 0,
    timeOut,
    sessionId: connection.sessionId,
    passwd,
    readOnly: request.readOnly === null ? null : false,
  });
  connection.opened();
}

/** Expired, closed, unknown, or the wrong password: all zeroes, and the connection ends. */
function refuse(connection: ClientConnection, request: ConnectRequest): void {
  if (connection.isClosed) return;
  encodeConnectResponse(connection.out(), {
    protocolVersion: 0,
    timeOut: 0,
    sessionId: NO_SESSION,
    passwd: NO_PASSWORD,
    readOnly: request.readOnly === null ? null : false,
  });
  connection.close();
}
