/**
 * The state file: whose directory this is, what the server promised, and which history is in force.
 * Lines of text, so that an operator can read it; replaced atomically, always as a whole.
 *
 *     quorum-lab server state, format 1
 *     sid 1
 *     acceptedEpoch 3
 *     currentEpoch 3
 *     history 0
 *     baseZxid 0x0
 *     checksum 89abcdef        (of everything above this line)
 */
import { formatZxid, MAX_EPOCH } from "../ids.ts";
import type { ServerId, Zxid } from "../ids.ts";
import { checksum } from "./checksum.ts";
import { StorageError } from "./storage.ts";
import type { Epochs } from "./storage.ts";

export interface ServerState {
  readonly sid: ServerId;
  readonly epochs: Epochs;
  /** The number of the history in force; it rises by one when another server's state is installed. */
  readonly history: number;
  /** The zxid of the snapshot that the history began with, 0 for a history from the beginning. */
  readonly baseZxid: Zxid;
}

const FORMAT = new RegExp(
  "^(quorum-lab server state, format 1\nsid (\\d{1,3})\nacceptedEpoch (\\d{1,7})\n" +
    "currentEpoch (\\d{1,7})\nhistory (\\d{1,15})\nbaseZxid 0x([0-9a-f]{1,14})\n)" +
    "checksum ([0-9a-f]{8})\n$",
);

export function encodeState(state: ServerState): Buffer {
  const text =
    `quorum-lab server state, format 1\nsid ${state.sid}\n` +
    `acceptedEpoch ${state.epochs.accepted}\ncurrentEpoch ${state.epochs.current}\n` +
    `history ${state.history}\nbaseZxid ${formatZxid(state.baseZxid)}\n`;
  return Buffer.from(`${text}checksum ${digest(text)}\n`);
}

/** What an operator is told about a state file that cannot be read. */
export const STATE_REMEDY =
  "It holds the epochs this server has promised to follow: restore it from a copy; a server must not " +
  "run without them";

/** Reads a state file's content. Throws a `StorageError` that names `path`. */
export function decodeState(content: Buffer, path: string): ServerState {
  const state = readState(content);
  if (typeof state !== "string") return state;
  throw new StorageError(`${path}: ${state}. ${STATE_REMEDY}`);
}

/** The state in a state file's content, or what is wrong with it, as a clause. */
export function readState(content: Buffer): ServerState | string {
  const match = FORMAT.exec(content.toString("latin1"));
  if (match === null) return `damaged (not in the format expected, ${content.length} bytes)`;
  if (digest(match[1] ?? "") !== match[7]) {
    return `damaged (checksum mismatch, ${content.length} bytes)`;
  }
  return {
    sid: Number(match[2]) as ServerId,
    epochs: { accepted: Number(match[3]), current: Number(match[4]) },
    history: Number(match[5]),
    baseZxid: Number.parseInt(match[6] ?? "", 16) as Zxid,
  };
}

/** What is wrong with new epochs, given those in force; null if they may be stored. */
export function epochsProblem(next: Epochs, before: Epochs): string | null {
  for (const [name, value] of Object.entries(next)) {
    if (!Number.isInteger(value) || value < 0 || value > MAX_EPOCH) {
      return `${name} epoch ${value}: must be an integer from 0 to ${MAX_EPOCH}`;
    }
  }
  if (next.current > next.accepted) {
    return `current epoch ${next.current} is above accepted epoch ${next.accepted}`;
  }
  if (next.accepted < before.accepted || next.current < before.current) {
    return (
      `epochs must not go back: accepted ${before.accepted} to ${next.accepted}, ` +
      `current ${before.current} to ${next.current}`
    );
  }
  return null;
}

function digest(text: string): string {
  return checksum(Buffer.from(text), 0).toString(16).padStart(8, "0");
}
