/**
 * A small world for Zab alone: peers, links that keep order until they break, disks that forget what
 * was not synced, all driven by one seeded generator. Only for tests; the lab's simulator runs whole
 * servers.
 */
import { formatZxid, NO_ZXID, type ServerId, type Zxid } from "../../ids.ts";
import type { Epochs, LogEntry } from "../../storage/storage.ts";
import type { ZabOutput } from "../core.ts";
import type { ZabMessage } from "../messages.ts";
import { ZabPeer } from "../peer.ts";

const STEP_MS = 1;

interface DiskOp {
  readonly apply: (disk: Disk) => void;
  readonly done: (node: Node) => void;
}

interface Disk {
  epochs: Epochs;
  log: LogEntry[];
  base: Zxid;
  committed: Zxid;
}

interface Node {
  readonly sid: ServerId;
  peer: ZabPeer | null;
  /** What survives a crash. */
  disk: Disk;
  /** Operations that were asked and are not durable yet, in order. */
  writing: DiskOp[];
  /** Delivered entries, as this incarnation applied them: zxid and payload. */
  delivered: LogEntry[];
}

export class World {
  nowMs = 0;
  readonly nodes = new Map<ServerId, Node>();
  /** Every entry that any server ever delivered, by zxid: agreement is checked against it. */
  readonly committed = new Map<Zxid, string>();
  /** The leader of each epoch that was established. */
  readonly leaders = new Map<number, ServerId>();
  readonly trace: string[] = [];
  readonly #random: () => number;
  readonly #links = new Map<string, ZabMessage[]>();
  readonly #cut = new Set<string>();
  #payload = 0;

  constructor(servers: number, random: () => number) {
    this.#random = random;
    for (let sid = 1; sid <= servers; sid++) {
      const disk = {
        epochs: { accepted: 0, current: 0 },
        log: [],
        base: NO_ZXID,
        committed: NO_ZXID,
      };
      const node: Node = { sid: sid as ServerId, peer: null, disk, writing: [], delivered: [] };
      this.nodes.set(node.sid, node);
    }
    for (const node of this.nodes.values()) this.start(node.sid);
  }

  get sids(): ServerId[] {
    return [...this.nodes.keys()];
  }

  start(sid: ServerId): void {
    const node = this.#node(sid);
    if (node.peer) return;
    const { epochs, log, base, committed } = node.disk;
    node.delivered = log.filter(({ zxid }) => zxid <= committed);
    node.peer = new ZabPeer(
      {
        sid,
        membership: { version: NO_ZXID, voters: this.sids, observers: [] },
        membershipIn: () => null,
        tickMs: 20,
        initLimitTicks: 10,
        syncLimitTicks: 5,
        finalizeWaitMs: 5,
        history: { maxEntries: 8, maxBytes: 1_000 },
      },
      { epochs, committed, entries: [...log], base },
      this.#output(node),
    );
    this.#log(`${sid} starts: ${JSON.stringify(epochs)}, ${log.length} entries`);
    node.peer.start(this.nowMs);
    for (const other of this.sids) this.#connect(sid, other);
  }

  /** Power cut: what is not durable is gone, but for a prefix that had reached the disk anyway. */
  crash(sid: ServerId): void {
    const node = this.#node(sid);
    if (!node.peer) return;
    this.#log(`${sid} crashes`);
    const kept = Math.floor(this.#random() * (node.writing.length + 1));
    for (const { apply } of node.writing.slice(0, kept)) apply(node.disk);
    node.writing = [];
    node.peer = null;
    for (const other of this.sids) this.#disconnect(sid, other);
  }

  /** Nothing passes between the two any more; both sides notice. */
  cut(a: ServerId, b: ServerId): void {
    this.#cut.add(key(a, b)).add(key(b, a));
    this.#disconnect(a, b);
  }

  heal(): void {
    this.#cut.clear();
    for (const a of this.sids) for (const b of this.sids) this.#connect(a, b);
  }

  /** Proposes a new entry at whoever leads now. */
  propose(): void {
    for (const node of this.nodes.values()) {
      const leader = node.peer?.leading;
      if (!node.peer || !leader || leader.phase !== "BROADCAST") continue;
      const zxid = leader.nextZxid();
      if (zxid === null) continue;
      const bytes = Buffer.from(`${node.sid}#${++this.#payload}`);
      this.#log(`${node.sid} proposes ${formatZxid(zxid)}`);
      node.peer.propose({ zxid, bytes }, this.nowMs);
    }
  }

  /** One thing happens: a message arrives, a disk operation ends, or time passes. */
  step(): void {
    const choices: (() => void)[] = [() => this.#pass()];
    for (const [link, queue] of this.#links)
      if (queue.length > 0) choices.push(() => this.#arrive(link, queue));
    for (const node of this.nodes.values())
      if (node.writing.length > 0) choices.push(() => this.#persist(node));
    choices[Math.floor(this.#random() * choices.length)]?.();
  }

  #pass(): void {
    this.nowMs += STEP_MS;
    for (const node of this.nodes.values()) {
      const wake = node.peer?.wakeAtMs ?? null;
      if (wake !== null && wake <= this.nowMs) node.peer?.tick(this.nowMs);
    }
  }

  #arrive(link: string, queue: ZabMessage[]): void {
    const message = queue.shift();
    const [from, to] = link.split(">").map(Number) as [ServerId, ServerId];
    if (message) this.#node(to).peer?.receive(from, message, this.nowMs);
  }

  #persist(node: Node): void {
    const operation = node.writing.shift();
    if (!operation) return;
    operation.apply(node.disk);
    operation.done(node);
  }

  #output(node: Node): ZabOutput {
    const peer = node;
    return {
      send: (to, message) => this.#links.get(key(node.sid, to))?.push(message),
      broadcast: (to, message) => {
        for (const sid of to) this.#links.get(key(node.sid, sid))?.push(message);
      },
      dropLink: (other) => this.#disconnect(node.sid, other),
      append: (entry, committed, generation) =>
        node.writing.push({
          apply: (disk) => {
            disk.log.push(entry);
            if (committed > disk.committed) disk.committed = committed;
          },
          done: () => peer.peer?.logged(entry.zxid, generation, this.nowMs),
        }),
      truncate: (zxid, generation) =>
        node.writing.push({
          apply: (disk) => {
            disk.log = disk.log.filter((entry) => entry.zxid <= zxid);
          },
          done: () => peer.peer?.replaced(zxid, generation, this.nowMs),
        }),
      saveEpochs: (epochs, token) =>
        node.writing.push({
          apply: (disk) => {
            const { accepted, current } = disk.epochs;
            if (epochs.accepted < accepted || epochs.current < current)
              throw new Error(`${node.sid} takes back a promise: ${JSON.stringify(epochs)}`);
            disk.epochs = epochs;
          },
          done: () => peer.peer?.epochsSaved(token, this.nowMs),
        }),
      installSnapshot: (zxid, chunks, generation) => {
        const state = JSON.parse(Buffer.concat(chunks).toString()) as [Zxid, string][];
        const log = state.map(([z, text]) => ({ zxid: z, bytes: Buffer.from(text) }));
        node.delivered = [...log];
        node.writing.push({
          apply: (disk) => {
            disk.log = [...log];
            disk.committed = zxid;
          },
          done: () => peer.peer?.replaced(zxid, generation, this.nowMs),
        });
        return null;
      },
      membershipChanged: () => undefined,
      sendSnapshot: (to) => this.#sendSnapshot(node, to),
      deliver: (entry) => this.#deliver(node, entry),
      stateChanged: (state, leader, reason) =>
        this.#log(`${node.sid} ${state} ${leader ?? "-"} (${reason})`),
      serve: (epoch, leader) => this.#serve(node, epoch, leader),
      synchronizing: () => undefined,
      confirmed: () => undefined,
    };
  }

  #sendSnapshot(node: Node, to: ServerId): Zxid {
    const state = node.delivered.map(({ zxid, bytes }) => [zxid, bytes.toString()]);
    const bytes = Buffer.from(JSON.stringify(state));
    const zxid = node.delivered[node.delivered.length - 1]?.zxid ?? NO_ZXID;
    this.#links.get(key(node.sid, to))?.push({ type: "snap", zxid, last: true, bytes });
    return zxid;
  }

  #deliver(node: Node, entry: LogEntry): void {
    const text = entry.bytes.toString();
    const known = this.committed.get(entry.zxid);
    if (known !== undefined && known !== text)
      throw new Error(`agreement: ${formatZxid(entry.zxid)} is ${known} and ${text}`);
    const last = node.delivered[node.delivered.length - 1];
    if (last && last.zxid >= entry.zxid) throw new Error(`${node.sid} delivers out of order`);
    this.committed.set(entry.zxid, text);
    node.delivered.push(entry);
  }

  #serve(node: Node, epoch: number, leader: ServerId): void {
    this.#log(`${node.sid} serves epoch ${epoch} of ${leader}`);
    const other = this.leaders.get(epoch);
    if (other !== undefined && other !== leader)
      throw new Error(`epoch ${epoch} has two leaders, ${other} and ${leader}`);
    this.leaders.set(epoch, leader);
  }

  #connect(a: ServerId, b: ServerId): void {
    if (a === b || this.#cut.has(key(a, b)) || this.#links.has(key(a, b))) return;
    const [left, right] = [this.#node(a).peer, this.#node(b).peer];
    if (!left || !right) return;
    this.#links.set(key(a, b), []).set(key(b, a), []);
    left.linkUp(b, this.nowMs);
    right.linkUp(a, this.nowMs);
  }

  #disconnect(a: ServerId, b: ServerId): void {
    if (!this.#links.delete(key(a, b))) return;
    this.#links.delete(key(b, a));
    this.#node(a).peer?.linkDown(b, this.nowMs);
    this.#node(b).peer?.linkDown(a, this.nowMs);
  }

  #node(sid: ServerId): Node {
    const node = this.nodes.get(sid);
    if (!node) throw new Error(`no server ${sid}`);
    return node;
  }

  #log(line: string): void {
    this.trace.push(`${this.nowMs} ms: ${line}`);
  }
}

function key(from: ServerId, to: ServerId): string {
  return `${from}>${to}`;
}
