/**
 * The encoding of the link between two servers. A message is a frame of the client protocol's kind
 * (int32 length, then that many bytes):
 *
 * ```
 * message  byte type, the fields in the order of peer-message.ts and zab/messages.ts
 *          a membership: int64 version, vector<byte> voters, vector<byte> observers; one that may be
 *          missing has a bool before it
 *          zxid int64 · epoch, round, attempt int32 · request int64 · bytes: the rest of the frame
 * ```
 */
import type { ServerId, SessionId } from "../ids.ts";
import type { AuthId } from "../tree/acl.ts";
import { DecodeError, type JuteReader, type JuteWriter } from "../wire/jute.ts";
import type { Membership } from "../zab/membership.ts";
import type { ServerState } from "../zab/messages.ts";
import type { PeerMessage } from "./peer-message.ts";

const STATES: readonly ServerState[] = ["LOOKING", "FOLLOWING", "LEADING", "OBSERVING"];

const CODES = {
  notification: 1,
  followerInfo: 2,
  leaderInfo: 3,
  refused: 4,
  ackEpoch: 5,
  trunc: 6,
  snap: 7,
  proposal: 8,
  newLeader: 9,
  ackNewLeader: 10,
  upToDate: 11,
  ack: 12,
  commit: 13,
  ping: 14,
  pong: 15,
  request: 32,
  rejected: 33,
  sync: 34,
  synced: 35,
  revalidate: 36,
  revalidated: 37,
  moved: 38,
  touch: 39,
  keepalive: 40,
  ensemble: 41,
  digest: 42,
  diverged: 43,
  outvoted: 44,
} as const satisfies Record<PeerMessage["type"], number>;

const TYPES = new Map<number, PeerMessage["type"]>(
  Object.entries(CODES).map(([type, code]) => [code, type as PeerMessage["type"]]),
);

/** Appends the message, framed. */
export function writePeerMessage(writer: JuteWriter, message: PeerMessage): void {
  const frame = writer.reserveInt();
  writer.byte(CODES[message.type]);
  writeFields(writer, message);
  writer.endFrame(frame);
}

function writeFields(writer: JuteWriter, message: PeerMessage): void {
  switch (message.type) {
    case "proposal":
      writer.zxid(message.zxid);
      writer.raw(message.bytes);
      return;
    case "ack":
    case "commit":
    case "trunc":
      writer.zxid(message.zxid);
      return;
    case "ping":
    case "pong":
      writer.int(message.epoch);
      writer.int(message.round);
      return;
    case "notification":
      writer.int(message.round);
      writer.int(message.vote.leader);
      writer.zxid(message.vote.zxid);
      writer.int(message.vote.epoch);
      writer.byte(STATES.indexOf(message.state));
      writeMembership(writer, message.active);
      writer.bool(message.pending !== null);
      if (message.pending) writeMembership(writer, message.pending);
      return;
    case "followerInfo":
      writer.int(message.attempt);
      writer.int(message.acceptedEpoch);
      return;
    case "leaderInfo":
      writer.int(message.attempt);
      writer.int(message.epoch);
      writer.bool(message.voting);
      return;
    case "refused":
      writer.int(message.attempt);
      return;
    case "ackEpoch":
      writer.bool(message.promised);
      writer.int(message.currentEpoch);
      writer.zxid(message.lastZxid);
      writer.bool(message.wantSnapshot);
      return;
    case "snap":
      writer.zxid(message.zxid);
      writer.bool(message.last);
      writer.raw(message.bytes);
      return;
    case "newLeader":
    case "ackNewLeader":
      writer.int(message.epoch);
      return;
    case "upToDate":
      writer.zxid(message.committed);
      return;
    case "request":
      writer.longNumber(message.request);
      writer.long(message.sessionId);
      writer.int(message.cxid);
      writer.int(message.opcode);
      writeAuthIds(writer, message.authIds);
      writer.bool(message.afresh);
      writer.raw(message.body);
      return;
    case "rejected":
      writer.longNumber(message.request);
      writer.int(message.code);
      return;
    case "sync":
    case "synced":
      writer.longNumber(message.request);
      return;
    case "revalidate":
      writer.longNumber(message.request);
      writer.long(message.sessionId);
      writer.buffer(message.password);
      writer.int(message.timeoutMs);
      return;
    case "revalidated":
      writer.longNumber(message.request);
      writer.bool(message.valid);
      return;
    case "moved":
      writer.long(message.sessionId);
      return;
    case "touch":
      writer.int(message.sessions.length);
      for (const session of message.sessions) writer.long(session);
      return;
    case "ensemble":
      writer.string(message.text);
      return;
    case "digest":
    case "diverged":
    case "outvoted":
      writer.zxid(message.zxid);
      writer.longNumber(message.digest);
      return;
    case "keepalive":
      return;
    default:
      message satisfies never;
  }
}

/**
 * Reads one message from a frame; buffers in it are parts of the frame. Throws a `DecodeError` when
 * the frame is not what its type says, or longer.
 */
export function readPeerMessage(reader: JuteReader): PeerMessage {
  const type = TYPES.get(reader.readByte());
  if (type === undefined) throw new DecodeError("a message of an unknown type");
  const message = readFields(reader, type);
  if (reader.remaining > 0) throw new DecodeError(`${reader.remaining} bytes after a ${type}`);
  return message;
}

function readFields(reader: JuteReader, type: PeerMessage["type"]): PeerMessage {
  switch (type) {
    case "proposal":
      return { type, zxid: reader.readZxid(), bytes: ownCopy(reader.readRest()) };
    case "ack":
    case "commit":
    case "trunc":
      return { type, zxid: reader.readZxid() };
    case "ping":
    case "pong":
      return { type, epoch: reader.readInt(), round: reader.readInt() };
    case "notification":
      return {
        type,
        round: reader.readInt(),
        vote: {
          leader: reader.readInt() as ServerId,
          zxid: reader.readZxid(),
          epoch: reader.readInt(),
        },
        state: readState(reader),
        active: readMembership(reader),
        pending: reader.readBool() ? readMembership(reader) : null,
      };
    case "followerInfo":
      return { type, attempt: reader.readInt(), acceptedEpoch: reader.readInt() };
    case "leaderInfo":
      return {
        type,
        attempt: reader.readInt(),
        epoch: reader.readInt(),
        voting: reader.readBool(),
      };
    case "refused":
      return { type, attempt: reader.readInt() };
    case "ackEpoch":
      return {
        type,
        promised: reader.readBool(),
        currentEpoch: reader.readInt(),
        lastZxid: reader.readZxid(),
        wantSnapshot: reader.readBool(),
      };
    case "snap":
      return {
        type,
        zxid: reader.readZxid(),
        last: reader.readBool(),
        bytes: ownCopy(reader.readRest()),
      };
    case "newLeader":
    case "ackNewLeader":
      return { type, epoch: reader.readInt() };
    case "upToDate":
      return { type, committed: reader.readZxid() };
    case "request":
      return {
        type,
        request: reader.readLongNumber(),
        sessionId: reader.readLong() as SessionId,
        cxid: reader.readInt(),
        opcode: reader.readInt(),
        authIds: readAuthIds(reader),
        afresh: reader.readBool(),
        body: reader.readRest(),
      };
    case "rejected":
      return { type, request: reader.readLongNumber(), code: reader.readInt() };
    case "sync":
    case "synced":
      return { type, request: reader.readLongNumber() };
    case "revalidate":
      return {
        type,
        request: reader.readLongNumber(),
        sessionId: reader.readLong() as SessionId,
        password: reader.readBuffer() ?? Buffer.alloc(0),
        timeoutMs: reader.readInt(),
      };
    case "revalidated":
      return { type, request: reader.readLongNumber(), valid: reader.readBool() };
    case "moved":
      return { type, sessionId: reader.readLong() as SessionId };
    case "touch":
      return { type, sessions: readSessions(reader) };
    case "digest":
    case "diverged":
    case "outvoted":
      return { type, zxid: reader.readZxid(), digest: reader.readLongNumber() };
    case "ensemble":
      return { type, text: reader.readString() ?? "" };
    case "keepalive":
      return { type };
    default:
      return type satisfies never;
  }
}

function readState(reader: JuteReader): ServerState {
  const state = STATES[reader.readByte()];
  if (state === undefined) throw new DecodeError("a server state that does not exist");
  return state;
}

function writeMembership(writer: JuteWriter, membership: Membership): void {
  writer.zxid(membership.version);
  writeServers(writer, membership.voters);
  writeServers(writer, membership.observers);
}

function readMembership(reader: JuteReader): Membership {
  return {
    version: reader.readZxid(),
    voters: readServers(reader),
    observers: readServers(reader),
  };
}

function writeServers(writer: JuteWriter, servers: readonly ServerId[]): void {
  writer.int(servers.length);
  for (const sid of servers) writer.byte(sid);
}

function readServers(reader: JuteReader): ServerId[] {
  const servers: ServerId[] = [];
  for (let left = reader.readCount(1); left > 0; left--)
    servers.push((reader.readByte() & 0xff) as ServerId);
  return servers;
}

/**
 * What outlives the frame gets memory of its own: a transaction stays in the log's tail, and its data
 * in the tree, where a part of a received chunk would keep the whole chunk from being freed.
 */
function ownCopy(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}

function writeAuthIds(writer: JuteWriter, authIds: readonly AuthId[]): void {
  writer.int(authIds.length);
  for (const { scheme, id } of authIds) {
    writer.string(scheme);
    writer.string(id);
  }
}

function readAuthIds(reader: JuteReader): AuthId[] {
  const authIds: AuthId[] = [];
  for (let left = reader.readCount(8); left > 0; left--)
    authIds.push({ scheme: reader.readString() ?? "", id: reader.readString() ?? "" });
  return authIds;
}

function readSessions(reader: JuteReader): SessionId[] {
  const sessions: SessionId[] = [];
  for (let left = reader.readCount(8); left > 0; left--)
    sessions.push(reader.readLong() as SessionId);
  return sessions;
}
