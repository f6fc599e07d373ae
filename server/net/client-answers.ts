/**
 * Which function answers which of the requests that a server answers from its own state.
 */
import { ErrorCode } from "../errors.ts";
import type { AuthId } from "../tree/acl.ts";
import { Xid } from "../wire/opcodes.ts";
import { beginReply } from "../wire/replies.ts";
import type { Request } from "../wire/request-types.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { ClientHost } from "./client-host.ts";
import {
  answerAcl,
  answerChildrenNumber,
  answerEphemerals,
  answerWhoAmI,
} from "./client-queries.ts";
import { answerEmpty, answerRead } from "./client-reads.ts";
import { answerAddWatch, answerSetWatches, answerWatchesRequest } from "./client-watches.ts";
import { answerMultiRead } from "./multi-read.ts";

/** With skipACL, who may do everything. */
const EVERYBODY: readonly AuthId[] = [{ scheme: "super", id: "" }];

/** Answers now; `authIds` is who the client was when it asked. */
export function answerRequest(
  host: ClientHost,
  connection: ClientConnection,
  authIds: readonly AuthId[],
  xid: number,
  request: Request,
): void {
  const { replica, stats, access } = host;
  const rights = access.skipAcl ? EVERYBODY : authIds;
  switch (request.type) {
    case "getData":
    case "exists":
    case "getChildren":
    case "getChildren2":
      stats.requests[request.type === "getChildren2" ? "getChildren" : request.type]++;
      answerRead(replica, connection, rights, xid, request);
      return;
    case "ping":
      stats.requests.ping++;
      // Whatever the request's xid was, as ZooKeeper does.
      answerEmpty(connection, Xid.ping, replica.appliedZxid, ErrorCode.Ok);
      return;
    case "setWatches":
    case "setWatches2":
      stats.requests.setWatches++;
      answerSetWatches(replica, connection, xid, request);
      return;
    case "addWatch":
      stats.requests.addWatch++;
      answerAddWatch(replica, connection, xid, request);
      return;
    case "checkWatches":
    case "removeWatches":
      stats.requests[request.type]++;
      answerWatchesRequest(replica, connection, xid, request);
      return;
    case "getACL":
      stats.requests.getACL++;
      answerAcl(replica, connection, rights, xid, request.path);
      return;
    case "getAllChildrenNumber":
      stats.requests.getAllChildrenNumber++;
      answerChildrenNumber(replica, connection, rights, xid, request.path);
      return;
    case "getEphemerals":
      stats.requests.getEphemerals++;
      answerEphemerals(replica, connection, connection.sessionId, xid, request.path);
      return;
    case "whoAmI":
      stats.requests.whoAmI++;
      answerWhoAmI(replica, connection, authIds, xid);
      return;
    case "multiRead":
      stats.requests.multiRead++;
      answerMultiRead(replica, connection, rights, xid, request);
      return;
    case "sasl":
      stats.requests.auth++;
      answerSasl(connection, xid);
      return;
    default:
      // Not answered here: client-opcodes.ts sends it another way.
      stats.requests.other++;
      answerEmpty(connection, xid, replica.appliedZxid, ErrorCode.Unimplemented);
  }
}

/** As a ZooKeeper without SASL: the token that the client waits for is null, and it is nobody new. */
function answerSasl(connection: ClientConnection, xid: number): void {
  const writer = connection.out();
  const frame = beginReply(writer, xid, 0, ErrorCode.Ok);
  writer.buffer(null);
  writer.endFrame(frame);
}
