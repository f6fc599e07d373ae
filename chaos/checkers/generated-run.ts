/**
 * Test support: the history of a correct ensemble, from a seed. Three servers apply one log, each at
 * its own pace; clients write, read, lose replies, move, queue for a lock, and end their sessions.
 */
import type { OpRecord, RunHistory, ServerTxn, ServerTxnPart } from "../../results/history.ts";
import { ErrorCode } from "../../server/errors.ts";
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

interface Actor {
  readonly client: StoryClient;
  server: number;
  seenZxid: number;
  contender: string | null;
  token: number;
  acquired: boolean;
}

const SERVERS = [1, 2, 3] as const;
/** As the stories' clients negotiate it. */
const SESSION_TIMEOUT_MS = 1_000;
/** Longer than any operation takes, so that each client has one at a time. */
const STEP_MS = 49.5;
const FAULT = { fromMs: 4_000, toMs: 6_000 };

export function generateRun(seed: number, steps = 400): RunHistory {
  return new Generator(seed).run(steps);
}

class Generator {
  readonly #random: () => number;
  readonly #story = new Story();
  readonly #log: ServerTxn[] = [];
  readonly #leader = new PlainTree();
  readonly #trees = new Map<number, PlainTree>(SERVERS.map((id) => [id, new PlainTree()]));
  readonly #applied = new Map<number, number>(SERVERS.map((id) => [id, 0]));
  readonly #actors: Actor[] = [];
  #gone: { readonly session: string; readonly sinceMs: number }[] = [];
  #nextClient = 1;
  #nowMs = 100;
  #epoch = 1;
  #counter = 0;
  #xid = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  run(steps: number): RunHistory {
    for (let i = 0; i < 5; i++) this.#join();
    for (const path of ["/data", "/lock"]) this.#create(this.#pick(this.#actors), path, 0);
    for (const server of SERVERS) this.#catchUp(server, Number.POSITIVE_INFINITY);
    for (let i = 0; i < steps; i++) {
      this.#nowMs = 200 + i * STEP_MS;
      if (i === steps / 4) this.#elect();
      for (const server of SERVERS) if (this.#chance(0.5)) this.#catchUp(server, 0);
      this.#expire();
      if (this.#chance(0.1)) this.#transact(this.#pick(this.#actors));
      this.#act(this.#pick(this.#actors));
      if (i % 10 === 0) this.#sampleAll();
    }
    for (const server of SERVERS) this.#catchUp(server, Number.POSITIVE_INFINITY);
    this.#sampleAll();
    this.#story.fault("partition-leader", FAULT.fromMs, FAULT.toMs);
    this.#story.run = { healedMs: FAULT.toMs, endMs: 300 + steps * STEP_MS };
    this.#story.log.push(...this.#log);
    return this.#story.history();
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }

  #elect(): void {
    this.#epoch++;
    this.#counter = 0;
  }

  #join(): void {
    const client = this.#story.client(this.#nextClient++);
    const server = this.#pick(SERVERS);
    const session = { session: client.session, cxid: 0 };
    const zxid = this.#commit({ type: "createSession", ...session }, server);
    client.on(server).opens(zxid, this.#nowMs + 0.5);
    this.#story.log.pop();
    const queue = { contender: null, token: 0, acquired: false };
    this.#actors.push({ client, server, seenZxid: zxid, ...queue });
  }

  /** Commits a transaction; the server that is to answer has applied it. */
  #commit(txn: Partial<ServerTxn> & Pick<ServerTxn, "type">, server: number): number {
    const zxid = z(++this.#counter, this.#epoch);
    const rest = { session: "0x0", cxid: 0, timeMs: this.#nowMs, path: "", ...txn };
    const whole: ServerTxn = { zxid, hash: `${zxid}`, ...rest };
    this.#log.push(whole);
    this.#leader.apply(whole);
    this.#catchUp(server, zxid);
    return zxid;
  }

  /** Applies at least up to the zxid, and a few more by chance. */
  #catchUp(server: number, zxid: number): void {
    const tree = this.#trees.get(server) as PlainTree;
    let next = this.#applied.get(server) ?? 0;
    while (next < this.#log.length) {
      const txn = this.#log[next] as ServerTxn;
      if (txn.zxid > zxid && !this.#chance(0.5)) break;
      tree.apply(txn);
      next++;
    }
    this.#applied.set(server, next);
  }

  #sampleAll(): void {
    const committedZxid = this.#leader.appliedZxid;
    this.#catchUp(1, committedZxid);
    for (const server of SERVERS) {
      const { appliedZxid } = this.#trees.get(server) as PlainTree;
      const state = server === 1 ? "LEADING" : "FOLLOWING";
      const sample = { state, epoch: this.#epoch, appliedZxid, committedZxid } as const;
      this.#story.sample(server, this.#nowMs + 3, sample);
    }
  }

  #expire(): void {
    const due = this.#gone.filter(({ sinceMs }) => this.#nowMs - sinceMs > SESSION_TIMEOUT_MS);
    for (const { session } of due) {
      const removed = this.#leader.owned(session);
      this.#commit({ type: "closeSession", session, removed }, 1);
    }
    this.#gone = this.#gone.filter((one) => !due.includes(one));
  }

  #act(actor: Actor): void {
    this.#nowMs += 5;
    const dice = this.#random();
    if (dice < 0.3) this.#write(actor);
    else if (dice < 0.65) this.#read(actor);
    else if (dice < 0.75) this.#move(actor);
    else if (dice < 0.93) this.#queueUp(actor);
    else if (dice < 0.95) this.#leave(actor);
    else this.#loseReply(actor);
  }

  #timed(op: StoryOp): StoryOp {
    const durationMs = 0.2 + this.#random() * 4;
    return op
      .unlogged()
      .with({ xid: this.#xid })
      .at(this.#nowMs, this.#nowMs + durationMs);
  }

  /** A write's transaction, as the request that it comes from. */
  #commitFor(actor: Actor, txn: Partial<ServerTxn> & Pick<ServerTxn, "type">): number {
    const request = { session: actor.client.session, cxid: ++this.#xid };
    const zxid = this.#commit({ ...request, ...txn }, actor.server);
    actor.seenZxid = zxid;
    return zxid;
  }

  #create(actor: Actor, path: string, flags: number): number {
    const created = (flags & 2) === 0 ? path : path + this.#sequence(path);
    const ephemeralOwner = (flags & 1) === 0 ? "0x0" : actor.client.session;
    const value = `c${this.#xid}`;
    const body = { path: created, value, version: 0, ephemeralOwner };
    const zxid = this.#commitFor(actor, { type: "create", ...body });
    this.#timed(actor.client.create(path, value, flags)).ok(zxid, { created });
    return zxid;
  }

  #sequence(path: string): string {
    const parent = this.#leader.nodes.get(path.slice(0, path.lastIndexOf("/")));
    return String(parent?.creations ?? 0).padStart(10, "0");
  }

  #write(actor: Actor): void {
    const path = `/data/${Math.floor(this.#random() * 6)}`;
    const node = this.#leader.nodes.get(path);
    if (this.#chance(0.15)) {
      const code = ErrorCode.NoNode;
      const zxid = this.#commitFor(actor, { type: "error", code });
      this.#timed(actor.client.delete("/none")).fails(code, zxid);
    } else if (node === undefined) {
      this.#create(actor, path, 0);
    } else if (this.#chance(0.2)) {
      const zxid = this.#commitFor(actor, { type: "delete", path });
      this.#timed(actor.client.delete(path)).ok(zxid);
    } else {
      const value = `v${this.#xid}`;
      const body = { path, value, version: node.version + 1 };
      const zxid = this.#commitFor(actor, { type: "setData", ...body });
      this.#timed(actor.client.set(path, value)).ok(zxid);
    }
  }

  /** Multis whose replies were lost, and a container that the leader removes: the log alone has them. */
  #transact(actor: Actor): void {
    if (this.#leader.nodes.has("/data/box")) {
      this.#commit({ type: "delete", path: "/data/box" }, actor.server);
      return;
    }
    const path = `/data/${Math.floor(this.#random() * 6)}`;
    const version = this.#leader.nodes.get(path)?.version;
    const again: ServerTxnPart[] = [
      { type: "create", path, value: "m", version: 0, ephemeralOwner: "0x0" },
      { type: "setData", path, value: `m${this.#xid}`, version: 1 },
    ];
    const before: ServerTxnPart[] =
      version === undefined
        ? []
        : [
            { type: "check", path, version },
            { type: "setData", path, value: "gone at once", version: version + 1 },
            { type: "delete", path },
          ];
    const ephemeralOwner = "0x8000000000000000";
    const box: ServerTxnPart = { type: "create", path: "/data/box", value: "", ephemeralOwner };
    this.#commitFor(actor, { type: "multi", parts: [...before, ...again, box] });
  }

  #read(actor: Actor): void {
    const tree = this.#trees.get(actor.server) as PlainTree;
    this.#xid++;
    actor.seenZxid = tree.appliedZxid;
    const zxid = tree.appliedZxid;
    if (this.#chance(0.3)) {
      const path = this.#pick(["/lock", "/data"]);
      this.#timed(actor.client.list(path)).ok(zxid, { children: tree.children(path) });
      return;
    }
    const path = `/data/${Math.floor(this.#random() * 6)}`;
    const node = tree.nodes.get(path);
    const stat = tree.stat(path);
    const op = this.#timed(actor.client.get(path));
    if (node === undefined || stat === null) op.fails(ErrorCode.NoNode, zxid);
    else op.ok(zxid, { value: node.value, stat });
  }

  /** The same session on another server, which must have what the session has seen. */
  #move(actor: Actor): void {
    actor.client.disconnects(this.#nowMs - 4);
    actor.server = this.#pick(SERVERS);
    this.#catchUp(actor.server, actor.seenZxid);
    actor.client.on(actor.server).reconnects(this.#nowMs - 2, actor.seenZxid);
    this.#read(actor);
  }

  #loseReply(actor: Actor): void {
    const path = "/data/lost";
    const exists = this.#leader.nodes.has(path);
    const applied = this.#chance(0.5);
    const zxid = applied
      ? this.#commitFor(actor, { type: exists ? "delete" : "create", path, value: null })
      : (this.#xid++, null);
    const op = exists ? actor.client.delete(path) : actor.client.create(path, "", 0);
    this.#timed(op.with({ value: null })).lost(zxid);
    this.#nowMs += 5;
    this.#move(actor);
  }

  #queueUp(actor: Actor): void {
    if (actor.contender === null) {
      actor.token = this.#create(actor, "/lock/c-", 3);
      actor.contender = this.#log.at(-1)?.path ?? null;
      return;
    }
    const tree = this.#trees.get(actor.server) as PlainTree;
    const [first] = tree.children("/lock");
    if (actor.acquired) {
      const zxid = this.#commitFor(actor, { type: "delete", path: actor.contender });
      this.#timed(actor.client.delete(actor.contender)).ok(zxid);
      Object.assign(actor, { contender: null, acquired: false });
      return;
    }
    this.#xid++;
    const shown: Partial<OpRecord> = { children: tree.children("/lock") };
    this.#timed(actor.client.list("/lock")).ok(tree.appliedZxid, shown);
    actor.seenZxid = tree.appliedZxid;
    if (`/lock/${first ?? ""}` !== actor.contender) return;
    actor.acquired = true;
    actor.client.acquires("L", actor.token, this.#nowMs + 4.5);
    actor.client.fenced("L", actor.token, true, this.#nowMs + 4.6);
  }

  /** Closes the session, or lets it expire; another client comes. */
  #leave(actor: Actor): void {
    const { session } = actor.client;
    const removed = this.#leader.owned(session);
    if (this.#chance(0.5)) {
      const zxid = this.#commitFor(actor, { type: "closeSession", removed });
      this.#timed(actor.client.closes()).ok(zxid);
    } else {
      actor.client.disconnects(this.#nowMs);
      this.#gone.push({ session, sinceMs: this.#nowMs });
    }
    this.#actors.splice(this.#actors.indexOf(actor), 1);
    this.#join();
  }
}
