import type { Outcome } from "../../server/errors.ts";
import type { JuteWriter } from "../../server/wire/jute.ts";
import type {
  AddWatchRequest,
  ReadRequest,
  WatchesRequest,
} from "../../server/wire/request-types.ts";

/** A request whose answer says which watches the connection has. */
export type WatchingRequest = ReadRequest | AddWatchRequest | WatchesRequest;

/**
 * One operation on its way through a client. Made by the caller, who may use it again once it has
 * ended: the client keeps nothing of it. The fields are the client's to set, the caller's to read
 * when the operation has ended.
 */
export abstract class Op {
  /** The session that carried it, hexadecimal; "0x0" if it was not sent and there was none. */
  session = "0x0";
  /** The server that it was sent to; 0 if it was not sent. */
  server = 0;
  /** Its xid on the wire; 0 if it was not sent. */
  xid = 0;
  /** When it was sent (`env.clock.nowMs`); −1 if it was not. */
  sentMs = -1;
  /** When it ends at the latest (`env.clock.nowMs`). */
  deadlineMs = Number.POSITIVE_INFINITY;

  /** The request that leaves or removes a watch when it is answered; null for all else. */
  watch: WatchingRequest | null = null;

  /** It changes state: when its answer gets lost, it may have been applied. */
  abstract get isWrite(): boolean;

  /** Writes one whole frame: length, request header with `xid`, request. */
  abstract encode(writer: JuteWriter, xid: number): void;

  /**
   * The end, told exactly once for every time it was given to a client. With outcome `ok` the reply's
   * body lies in `buffer` from `start` to `end`, valid during this call only; it is the caller's
   * choice whether to decode it. Without a reply `zxid` is −1. Must not throw.
   */
  abstract done(
    outcome: Outcome,
    code: number,
    zxid: number,
    buffer: Buffer,
    start: number,
    end: number,
  ): void;
}

/** Stands for the body where there is none. */
export const NO_BODY = Buffer.alloc(0);
