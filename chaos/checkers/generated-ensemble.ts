/**
 * Test support: a correct ensemble of three servers that apply one log, each at its own pace, and the
 * story of what is seen of it.
 */
import type { ServerTxn } from "../../results/history.ts";
import { PlainTree } from "./generated-tree.ts";
import { Story, z } from "./story.ts";
import type { StoryClient } from "./story.ts";
import type { StoryOp } from "./story-op.ts";

/** mulberry32: uniform in [0, 1), the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A client with its session, and its place in the queue for the lock. */
export interface Actor {
  readonly client: StoryClient;
  server: number;
  seenZxid: number;
  contender: string | null;
  token: number;
  acquired: boolean;
}

/** What a transaction is made of; the rest is the ensemble's. */
export type TxnBody = Partial<ServerTxn> & Pick<ServerTxn, "type">;

export const SERVERS = [1, 2, 3] as const;

export class GeneratedEnsemble {
  readonly story = new Story();
  /** What the leader knows: all that is in the log. */
  readonly leader = new PlainTree();
  nowMs = 100;
  /** Told of everything that a server applies, when its tree shows it. */
  onApply: ((server: number, txn: ServerTxn) => void) | null = null;
  /** Of the last request. */
  xid = 0;
  readonly #random: () => number;
  readonly #log: ServerTxn[] = [];
  readonly #trees = new Map<number, PlainTree>(SERVERS.map((id) => [id, new PlainTree()]));
  readonly #applied = new Map<number, number>(SERVERS.map((id) => [id, 0]));
  #epoch = 1;
  #counter = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  random(): number {
    return this.#random();
  }
  chance(probability: number): boolean {
    return this.#random() < probability;
  }
  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }

  get last(): ServerTxn | undefined {
    return this.#log.at(-1);
  }
  tree(server: number): PlainTree {
    return this.#trees.get(server) as PlainTree;
  }

  elect(): void {
    this.#epoch++;
    this.#counter = 0;
  }

  /** Commits a transaction; the server that is to answer has applied it. */
  commit(body: TxnBody, server: number): number {
    const zxid = z(++this.#counter, this.#epoch);
    const rest = { session: "0x0", cxid: 0, timeMs: Math.round(this.nowMs), path: "" };
    const txn: ServerTxn = { zxid, hash: `${zxid}`, ...rest, ...body };
    this.#log.push(txn);
    this.leader.apply(txn);
    this.catchUp(server, zxid);
    return zxid;
  }

  /** A write's transaction, as the request that it comes from. */
  commitFor(actor: Actor, body: TxnBody): number {
    const request = { session: actor.client.session, cxid: ++this.xid };
    const zxid = this.commit({ ...request, ...body }, actor.server);
    actor.seenZxid = zxid;
    return zxid;
  }

  /** A read or sync: it shows the tree of the actor's server. */
  look(actor: Actor): PlainTree {
    this.xid++;
    const tree = this.tree(actor.server);
    actor.seenZxid = tree.appliedZxid;
    return tree;
  }

  /** The operation, sent now under the last xid. */
  timed(op: StoryOp): StoryOp {
    const durationMs = 0.2 + this.#random() * 4;
    return op
      .unlogged()
      .with({ xid: this.xid })
      .at(this.nowMs, this.nowMs + durationMs);
  }

  /** Applies at least up to the zxid, and a few more by chance. */
  catchUp(server: number, zxid: number): void {
    const tree = this.tree(server);
    let next = this.#applied.get(server) ?? 0;
    while (next < this.#log.length) {
      const txn = this.#log[next] as ServerTxn;
      if (txn.zxid > zxid && !this.chance(0.5)) break;
      tree.apply(txn);
      this.#applied.set(server, ++next);
      this.onApply?.(server, txn);
    }
  }

  sampleAll(): void {
    // After the operation of this step.
    this.nowMs += 5;
    const committedZxid = this.leader.appliedZxid;
    this.catchUp(1, committedZxid);
    for (const server of SERVERS) {
      const { appliedZxid } = this.tree(server);
      const state = server === 1 ? "LEADING" : "FOLLOWING";
      const sample = { state, epoch: this.#epoch, appliedZxid, committedZxid } as const;
      this.story.sample(server, this.nowMs + 3, sample);
    }
  }

  /** Puts the log on every server's disk. */
  settle(): void {
    this.nowMs += 5;
    for (const server of SERVERS) this.catchUp(server, Number.POSITIVE_INFINITY);
    this.sampleAll();
    this.story.log.length = 0;
    for (const txn of this.#log) this.story.log.push(txn);
  }
}
