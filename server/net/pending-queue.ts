/**
 * The requests of one connection that are not answered yet, in the order they came.
 */
import type { Waiting } from "../request-router.ts";
import type { AuthId } from "../tree/acl.ts";
import type { ApplyResult } from "../tree/data-tree.ts";
import type { Txn } from "../tree/txn.ts";

export interface PendingOwner {
  requestApplied(request: PendingRequest, txn: Txn, result: ApplyResult): void;
  requestRejected(request: PendingRequest, code: number): void;
  requestSynced(request: PendingRequest): void;
}

/** A request that waits: for the leader, or behind one that does. */
export class PendingRequest implements Waiting {
  readonly xid: number;
  readonly opcode: number;
  /** Whole milliseconds of the host's clock. */
  readonly receivedMs: number;
  /** Who the client was when it asked. */
  readonly authIds: readonly AuthId[];
  /** What it holds in memory, about: here, or on its way to the leader. */
  readonly bytes: number;
  /** The whole frame (header and record) of a request that is held; null when it is at the leader. */
  frame: Buffer | null;
  /** The path of a sync that is at the leader, which its reply repeats. */
  path = "";
  /** The outcome is there: `reply` if the request's turn had not come then, else `code`. */
  done = false;
  reply: Buffer | null = null;
  code = 0;
  readonly #owner: PendingOwner;

  constructor(
    owner: PendingOwner,
    xid: number,
    opcode: number,
    receivedMs: number,
    authIds: readonly AuthId[],
    bytes: number,
    frame: Buffer | null,
  ) {
    this.#owner = owner;
    this.xid = xid;
    this.opcode = opcode;
    this.receivedMs = receivedMs;
    this.authIds = authIds;
    this.bytes = bytes;
    this.frame = frame;
  }

  applied(txn: Txn, result: ApplyResult): void {
    this.#owner.requestApplied(this, txn, result);
  }
  rejected(code: number): void {
    this.#owner.requestRejected(this, code);
  }
  synced(): void {
    this.#owner.requestSynced(this);
  }
}

/** A first-in first-out queue that neither moves its items nor grows while it is short. */
export class PendingQueue {
  #items: (PendingRequest | null)[] = [];
  #head = 0;
  #bytes = 0;

  /** What all of them hold in memory, about. */
  get bytes(): number {
    return this.#bytes;
  }
  get length(): number {
    return this.#items.length - this.#head;
  }
  get head(): PendingRequest | null {
    return this.#items[this.#head] ?? null;
  }

  /** From the head on. Neither push nor shift meanwhile. */
  *[Symbol.iterator](): IterableIterator<PendingRequest> {
    for (let at = this.#head; at < this.#items.length; at++) {
      const request = this.#items[at];
      if (request) yield request;
    }
  }

  push(request: PendingRequest): PendingRequest {
    this.#items.push(request);
    this.#bytes += request.bytes;
    return request;
  }

  shift(): void {
    this.#bytes -= this.#items[this.#head]?.bytes ?? 0;
    this.#items[this.#head++] = null;
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }
}
