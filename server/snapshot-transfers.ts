/**
 * Brings snapshots to servers that were away too long, some znodes and then some pieces in a turn of the
 * event loop: a leader with a million znodes goes on serving meanwhile. What Zab has for such a server
 * waits until the snapshot is sent, so that all leaves in the order in which it was said.
 */
import type { Env } from "./env.ts";
import type { ServerId, Zxid } from "./ids.ts";
import type { PeerLinks } from "./net/peer-links.ts";
import type { ZabMessage } from "./zab/messages.ts";

const PIECE_BYTES = 256 * 1024;
/** A megabyte: a millisecond's worth. */
const PIECES_PER_TURN = 4;
/** What may wait behind a snapshot: as much as may be queued for a link. */
const BEHIND_MAX_BYTES = 256 * 1024 * 1024;
/** With more than this on its way the next pieces wait until all of it is taken. */
const QUEUED_MAX_BYTES = 8 * 1024 * 1024;

interface Transfer {
  readonly zxid: Zxid;
  /** Null: not whole yet. */
  pieces: Iterator<Buffer> | null;
  readonly behind: ZabMessage[];
  behindBytes: number;
  /** It goes on when the link has taken what was sent. */
  waits: boolean;
  /** Given up: nothing is sent over this link any more. */
  isOver: boolean;
}

/** Of the links to other servers. */
export type TransferLinks = Pick<PeerLinks, "send" | "drop" | "queuedBytes">;

export class SnapshotTransfers {
  readonly #env: Pick<Env, "timers">;
  readonly #links: TransferLinks;
  readonly #input: (run: () => void) => void;
  readonly #transfers = new Map<ServerId, Transfer>();

  /** `input` runs what a timer sets off, as other inputs of the server are run. */
  constructor(env: Pick<Env, "timers">, links: TransferLinks, input: (run: () => void) => void) {
    this.#env = env;
    this.#links = links;
    this.#input = input;
  }

  /**
   * Sends Zab's message, behind the snapshot if one is on its way to that server. When too much waits
   * there the link is dropped: the server has to begin anew.
   */
  send(to: ServerId, message: ZabMessage): void {
    const transfer = this.#transfers.get(to);
    if (transfer === undefined) {
      this.#links.send(to, message);
      return;
    }
    if (transfer.isOver) return;
    transfer.behind.push(message);
    if (message.type === "proposal") transfer.behindBytes += message.bytes.length;
    if (transfer.behindBytes > BEHIND_MAX_BYTES) this.#giveUp(to, transfer);
  }

  /**
   * From now on messages to the server wait for the snapshot of the state at `zxid`. Returns who is to be
   * given its bytes when they are there, or null when it will never be whole: then the link is dropped.
   * It is dropped, too, when an earlier one is still on its way: the server has to begin anew.
   */
  begin(to: ServerId, zxid: Zxid): (chunks: readonly Buffer[] | null) => void {
    const earlier = this.#transfers.get(to);
    if (earlier !== undefined) {
      this.#giveUp(to, earlier);
      return () => undefined;
    }
    const transfer: Transfer = {
      zxid,
      pieces: null,
      behind: [],
      behindBytes: 0,
      waits: false,
      isOver: false,
    };
    this.#transfers.set(to, transfer);
    return (chunks) => {
      if (this.#transfers.get(to) !== transfer || transfer.isOver) return;
      if (chunks === null) {
        this.#giveUp(to, transfer);
        return;
      }
      transfer.pieces = piecesOf(chunks);
      this.#sendOn(to, transfer);
    };
  }

  /** The link has taken what was queued. */
  drained(peer: ServerId): void {
    const transfer = this.#transfers.get(peer);
    if (transfer?.waits !== true || transfer.isOver) return;
    transfer.waits = false;
    this.#sendOn(peer, transfer);
  }

  /** The link to the server is gone, and what was on its way with it. */
  linkDown(peer: ServerId): void {
    this.#transfers.delete(peer);
  }

  /** This server leads no more: whoever waits for the rest of a snapshot is told by the end of its link. */
  stop(): void {
    for (const [to, transfer] of this.#transfers) this.#giveUp(to, transfer);
  }

  /** What comes for the server until its link is down would come without the snapshot: it is lost. */
  #giveUp(to: ServerId, transfer: Transfer): void {
    if (transfer.isOver) return;
    transfer.isOver = true;
    transfer.behind.length = 0;
    transfer.pieces = null;
    // Not from within what Zab does now: the end of a link is an input of its own.
    this.#env.timers.soon(() => this.#links.drop(to, "gave up sending a snapshot"));
  }

  #sendOn(to: ServerId, transfer: Transfer): void {
    const { zxid, pieces, behind } = transfer;
    for (let left = PIECES_PER_TURN; left > 0; left--) {
      const next = pieces?.next();
      if (next === undefined || next.done === true) {
        this.#transfers.delete(to);
        this.#links.send(to, { type: "snap", zxid, last: true, bytes: NOTHING });
        for (const message of behind) this.#links.send(to, message);
        return;
      }
      this.#links.send(to, { type: "snap", zxid, last: false, bytes: next.value });
    }
    if (this.#links.queuedBytes(to) > QUEUED_MAX_BYTES) {
      transfer.waits = true;
      return;
    }
    this.#env.timers.soon(() =>
      this.#input(() => {
        if (this.#transfers.get(to) === transfer && !transfer.isOver) this.#sendOn(to, transfer);
      }),
    );
  }
}

const NOTHING = Buffer.alloc(0);

function* piecesOf(chunks: readonly Buffer[]): Generator<Buffer> {
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      yield chunk.subarray(at, at + PIECE_BYTES);
    }
  }
}
