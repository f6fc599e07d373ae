/**
 * Requests about the watches of the connection that they come from: addWatch, checkWatches,
 * removeWatches, setWatches, setWatches2.
 */
import { ErrorCode } from "../errors.ts";
import type { Zxid } from "../ids.ts";
import type { Replica } from "../replica.ts";
import { rewatch } from "../tree/set-watches.ts";
import { AddWatchMode, WatcherType } from "../wire/opcodes.ts";
import { beginReply, encodeWatcherEvent } from "../wire/replies.ts";
import type {
  AddWatchRequest,
  SetWatches2Request,
  SetWatchesRequest,
  WatchesRequest,
} from "../wire/request-types.ts";
import type { Reader } from "./client-reads.ts";

const WATCHER_TYPES: ReadonlyMap<number, WatcherType> = new Map(
  Object.values(WatcherType).map((type) => [type, type]),
);

/**
 * Leaves a persistent watch, whether the znode is there or not; nobody needs a permission for it, since
 * events are kept from those who may not read their znode. A path is taken as it is, and a mode that is
 * none of `AddWatchMode` is answered with MarshallingError, both as ZooKeeper does it.
 */
export function answerAddWatch<R extends Reader>(
  replica: Replica<R>,
  reader: R,
  xid: number,
  request: AddWatchRequest,
): void {
  const { path, mode } = request;
  if (mode === AddWatchMode.persistent) replica.watches.addPersistent(path, reader);
  else if (mode === AddWatchMode.persistentRecursive) replica.watches.addRecursive(path, reader);
  else {
    answerHeader(reader, xid, replica.appliedZxid, ErrorCode.MarshallingError);
    return;
  }
  const writer = reader.out();
  const frame = beginReply(writer, xid, replica.appliedZxid, ErrorCode.Ok);
  // Its body is an ErrorResponse, which says that there is none.
  writer.int(ErrorCode.Ok);
  writer.endFrame(frame);
}

/**
 * Answers checkWatches and removeWatches: Ok if this connection had such watches on this very path, and
 * NoWatcher if not. A type that is none of `WatcherType` is answered with MarshallingError.
 */
export function answerWatchesRequest<R extends Reader>(
  replica: Replica<R>,
  reader: R,
  xid: number,
  request: WatchesRequest,
): void {
  answerHeader(reader, xid, replica.appliedZxid, watchesError(replica, reader, request));
}

/**
 * Sends the events missed since `relativeZxid`, registers the other watches, then replies. Persistent
 * watches are registered and told of nothing that was missed, as in ZooKeeper.
 */
export function answerSetWatches<R extends Reader>(
  replica: Replica<R>,
  reader: R,
  xid: number,
  request: SetWatchesRequest | SetWatches2Request,
): void {
  const { watches } = replica;
  const { missed, data, child } = rewatch(replica.tree, request, (acl) =>
    replica.mayRead(reader, acl),
  );
  for (const path of data) watches.addData(path, reader);
  for (const path of child) watches.addChild(path, reader);
  if (request.type === "setWatches2") {
    for (const path of request.persistentWatches) watches.addPersistent(path, reader);
    for (const path of request.persistentRecursiveWatches) watches.addRecursive(path, reader);
  }
  for (const event of missed) encodeWatcherEvent(reader.out(), event.zxid, event.type, event.path);
  answerHeader(reader, xid, replica.appliedZxid, ErrorCode.Ok);
}

function watchesError<R extends Reader>(
  { watches }: Replica<R>,
  reader: R,
  { type, path, watcherType }: WatchesRequest,
): number {
  const known = WATCHER_TYPES.get(watcherType);
  if (known === undefined) return ErrorCode.MarshallingError;
  const found =
    type === "checkWatches"
      ? watches.has(path, reader, known)
      : watches.remove(path, reader, known);
  return found ? ErrorCode.Ok : ErrorCode.NoWatcher;
}

function answerHeader(reader: Reader, xid: number, zxid: Zxid, error: number): void {
  const writer = reader.out();
  writer.endFrame(beginReply(writer, xid, zxid, error));
}
