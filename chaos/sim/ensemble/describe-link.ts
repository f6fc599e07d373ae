/** What servers say to each other, in words, for the trace. */
import { formatZxid } from "../../../server/ids.ts";
import type { PeerMessage } from "../../../server/net/peer-message.ts";
import { readPeerMessage } from "../../../server/net/peer-codec.ts";
import { DecodeError, JuteReader } from "../../../server/wire/jute.ts";

/** What the frames of a handshake begin with, and messages do not. */
const MAGIC = 0x514c4142;
/** A proof is so long, and a hello is not. */
const PROOF_BYTES = 36;

/**
 * The messages in what one server wrote to another at once, which is always a number of whole frames:
 * `PROPOSAL 0x100000003, COMMIT 0x100000003`.
 */
export function describeLinkBytes(data: Buffer): string {
  const said: string[] = [];
  for (let start = 0; start + 4 <= data.length;) {
    const length = data.readInt32BE(start);
    said.push(describeFrame(data, start + 4, start + 4 + length));
    start += 4 + length;
  }
  return said.join(", ");
}

function describeFrame(data: Buffer, start: number, end: number): string {
  if (end - start >= 4 && data.readInt32BE(start) === MAGIC)
    return end - start === PROOF_BYTES ? "PROOF" : "HELLO";
  const reader = new JuteReader(Buffer.alloc(0));
  reader.reset(data, start, end);
  try {
    return describe(readPeerMessage(reader));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return `not understood: ${error.message}`;
  }
}

function describe(message: PeerMessage): string {
  const name = message.type.toUpperCase();
  switch (message.type) {
    case "proposal":
    case "ack":
    case "trunc":
    case "commit":
      return `${name} ${formatZxid(message.zxid)}`;
    case "snap":
      return `${name} ${formatZxid(message.zxid)}${message.last ? " (end)" : ""}`;
    case "notification": {
      const { vote, state } = message;
      return `VOTE for ${vote.leader} at ${formatZxid(vote.zxid)} in epoch ${vote.epoch}, ${state}`;
    }
    case "leaderInfo":
    case "newLeader":
    case "ackNewLeader":
      return `${name} epoch ${message.epoch}`;
    case "followerInfo":
      return `${name} accepted epoch ${message.acceptedEpoch}`;
    case "ackEpoch":
      return `${name} history to ${formatZxid(message.lastZxid)} of epoch ${message.currentEpoch}`;
    case "upToDate":
      return `${name} committed ${formatZxid(message.committed)}`;
    default:
      return name;
  }
}
