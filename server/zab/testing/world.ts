/**
 * A small world for Zab alone: peers, links that keep order until they break, disks that forget what
 * was not synced, all driven by one seeded generator. Only for tests; the lab's simulator runs whole
 * servers.
 */
import { formatZxid, NO_ZXID, type ServerId, type Zxid } from "../../ids.ts";
import type { Epochs, LogEntry } from "../../storage/storage.ts";
import type { ZabOutput } from "../core.ts";
import type { Membership } from "../membership.ts";
import type { ZabMessage } from "../messages.ts";
import { ZabPeer } from "../peer.ts";

const STEP_MS = 1;
/** How often servers that know of each other try to link, ms. */
const DIAL_MS = 10;
/** Entries that propose a membership begin like this; the rest is its JSON. */
const MEMBERSHIP_MARK = "members ";

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

export interface Node {
  readonly sid: ServerId;
  /** The members as the server's configuration file says. */
  readonly file: Membership;
  /** Servers whose addresses this one knows, by its file, its log, or from those it is linked to. */
  readonly knows: Set<ServerId>;
  peer: ZabPeer | null;
  /** What survives a crash. */
  disk: Disk;
  /** Operations that were asked and are not durable yet, in order. */
  writing: DiskOp[];
  /** Delivered entries, as this incarnation applied them: zxid and payload. */
  delivered: LogEntry[];
  /** The latest epoch that was established anywhere when this server sent each of its pings. */
  pings: Map<number, number>;
}

/** The servers of a world: founders, which the files of all name, and others that wait to join. */
export interface Cast {
  readonly voters: number;
  readonly observers?: number;
  readonly spares?: number;
  /** The files of the others name themselves as voters too, as ZooKeeper's joiners do. */
  readonly sparesNameThemselves?: boolean;
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
  /** Links on which nothing arrives for now. */
  readonly #stalled = new Set<string>();
  /** Who sent NEWLEADER in each epoch: discovery lets one server do so. */
  readonly #discovered = new Map<number, ServerId>();
  #payload = 0;

  constructor(cast: Cast, random: () => number) {
    this.#random = random;
    const { voters: votes, observers: watching = 0, spares = 0 } = cast;
    const ids = Array.from({ length: votes + watching + spares }, (_, at) => (at + 1) as ServerId);
    const voters = ids.slice(0, votes);
    const observers = ids.slice(votes, votes + watching);
    for (const sid of ids) {
      const joins = sid > votes + watching && cast.sparesNameThemselves === true;
      const file = { version: NO_ZXID, voters: joins ? [...voters, sid] : voters, observers };
      const disk = {
        epochs: { accepted: 0, current: 0 },
        log: [],
        base: NO_ZXID,
        committed: NO_ZXID,
      };
      this.nodes.set(sid, {
        sid,
        file,
        knows: new Set([...voters, ...observers]),
        peer: null,
        disk,
        writing: [],
        delivered: [],
        pings: new Map(),
      });
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
        membership: node.file,
        membershipIn,
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
    node.pings.clear();
    this.#dial();
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

  /** Nothing passes between these servers and all others, until all is healed. */
  partition(side: ReadonlySet<ServerId>): void {
    for (const a of side) for (const b of this.sids) if (!side.has(b)) this.cut(a, b);
  }

  /** What is sent from one to the other waits, until all is healed. */
  stall(from: ServerId, to: ServerId): void {
    this.#stalled.add(key(from, to));
  }

  /**
   * Servers lead because some believe that they were elected, with no votes to it: that is safe, since
   * the election only proposes a leader. Discovery must keep out one that lacks something committed.
   */
  coup(usurpers: readonly ServerId[]): void {
    this.#log(`coup of ${usurpers.join(" and ")}`);
    for (const { sid, peer } of this.nodes.values()) {
      const chosen = usurpers.includes(sid)
        ? sid
        : usurpers[Math.floor(this.#random() * (usurpers.length + 0.5))];
      if (!peer || chosen === undefined) continue;
      const { election } = peer;
      election.decide = (nowMs) => {
        Reflect.deleteProperty(election, "decide");
        const reachable = sid === chosen || peer.core.connected.has(chosen);
        return reachable ? chosen : election.decide(nowMs);
      };
      peer.abdicate("a coup", this.nowMs);
    }
  }

  heal(): void {
    this.#cut.clear();
    this.#stalled.clear();
    this.#dial();
  }

  /** The last membership that any server delivered; null while that is still the files'. */
  lastMembership: Membership | null = null;
  /** How many memberships were committed. */
  reconfigurations = 0;

  /** Servers that lead and are in broadcast. */
  get leading(): ZabPeer[] {
    const peers = [...this.nodes.values()].flatMap(({ peer }) => (peer ? [peer] : []));
    return peers.filter((peer) => peer.leading?.phase === "BROADCAST");
  }

  /** Proposes what `next` makes of a leader's members, if that leader may; true if one did. */
  reconfigure(next: (now: Membership, leader: ServerId) => Omit<Membership, "version">): boolean {
    let proposed = false;
    for (const peer of this.leading) {
      const { voters, observers } = next(peer.membership, peer.core.sid);
      const members = { version: NO_ZXID, voters, observers };
      if (voters.length === 0 || peer.canReconfigure(members) !== "ok") continue;
      const zxid = peer.leading?.nextZxid() ?? null;
      if (zxid === null) continue;
      const bytes = Buffer.from(`${MEMBERSHIP_MARK}${JSON.stringify({ voters, observers })}`);
      this.#log(`${peer.core.sid} proposes ${formatZxid(zxid)}: ${bytes.toString()}`);
      peer.propose({ zxid, bytes }, this.nowMs);
      proposed = true;
    }
    return proposed;
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
      if (queue.length > 0 && !this.#stalled.has(link))
        choices.push(() => this.#arrive(link, queue));
    for (const node of this.nodes.values())
      if (node.writing.length > 0) choices.push(() => this.#persist(node));
    choices[Math.floor(this.#random() * choices.length)]?.();
  }

  #pass(): void {
    this.nowMs += STEP_MS;
    if (this.nowMs % DIAL_MS === 0) this.#dial();
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
      send: (to, message) => {
        if (message.type === "newLeader") this.#newLeader(node.sid, message.epoch);
        this.#links.get(key(node.sid, to))?.push(message);
      },
      broadcast: (to, message) => {
        if (message.type === "ping") node.pings.set(message.round, this.#latestEpoch());
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
        let membership: Membership | null = null;
        for (const entry of log) membership = membershipIn(entry) ?? membership;
        node.writing.push({
          apply: (disk) => {
            disk.log = [...log];
            disk.committed = zxid;
          },
          done: () => peer.peer?.replaced(zxid, generation, this.nowMs),
        });
        return membership;
      },
      membershipChanged: (active, pending) => this.#membershipChanged(node, active, pending),
      sendSnapshot: (to) => this.#sendSnapshot(node, to),
      deliver: (entry) => this.#deliver(node, entry),
      stateChanged: (state, leader, reason) =>
        this.#log(`${node.sid} ${state} ${leader ?? "-"} (${reason})`),
      serve: (epoch, leader) => this.#serve(node, epoch, leader),
      synchronizing: () => undefined,
      confirmed: (round) => this.#confirmed(node, round),
    };
  }

  #sendSnapshot(node: Node, to: ServerId): Zxid {
    const state = node.delivered.map(({ zxid, bytes }) => [zxid, bytes.toString()]);
    const bytes = Buffer.from(JSON.stringify(state));
    const zxid = node.delivered[node.delivered.length - 1]?.zxid ?? NO_ZXID;
    this.#links.get(key(node.sid, to))?.push({ type: "snap", zxid, last: true, bytes });
    return zxid;
  }

  /** The driver's duty: that the active membership is committed is made durable. */
  #membershipChanged(node: Node, active: Membership, pending: Membership | null): void {
    const shown = JSON.stringify({ active, pending });
    this.#log(`${node.sid} has members ${shown}`);
    const committed = node.peer?.core.committed ?? NO_ZXID;
    node.writing.push({
      apply: (disk) => {
        if (committed > disk.committed) disk.committed = committed;
      },
      done: () => undefined,
    });
  }

  #newLeader(leader: ServerId, epoch: number): void {
    const other = this.#discovered.get(epoch) ?? leader;
    if (other !== leader)
      throw new Error(`${leader} and ${other} both got past the discovery of epoch ${epoch}`);
    this.#discovered.set(epoch, leader);
  }

  #confirmed(node: Node, round: number): void {
    const epoch = node.peer?.leading?.epoch ?? 0;
    const established = node.pings.get(round) ?? 0;
    if (established > epoch)
      throw new Error(
        `${node.sid} confirms ping ${round} of epoch ${epoch}, sent after ${established} began`,
      );
  }

  #latestEpoch(): number {
    return Math.max(0, ...this.leaders.keys());
  }

  #deliver(node: Node, entry: LogEntry): void {
    const text = entry.bytes.toString();
    const known = this.committed.get(entry.zxid);
    if (known !== undefined && known !== text)
      throw new Error(`agreement: ${formatZxid(entry.zxid)} is ${known} and ${text}`);
    const last = node.delivered[node.delivered.length - 1];
    if (last && last.zxid >= entry.zxid) throw new Error(`${node.sid} delivers out of order`);
    if (known === undefined) this.#committed(entry);
    node.delivered.push(entry);
  }

  #committed(entry: LogEntry): void {
    this.committed.set(entry.zxid, entry.bytes.toString());
    const membership = membershipIn(entry);
    if (!membership) return;
    this.reconfigurations++;
    if (membership.version > (this.lastMembership?.version ?? NO_ZXID))
      this.lastMembership = membership;
  }

  #serve(node: Node, epoch: number, leader: ServerId): void {
    this.#log(`${node.sid} serves epoch ${epoch} of ${leader}`);
    const other = this.leaders.get(epoch);
    if (other !== undefined && other !== leader)
      throw new Error(`epoch ${epoch} has two leaders, ${other} and ${leader}`);
    this.leaders.set(epoch, leader);
    const known = node.peer?.membership.version ?? NO_ZXID;
    const last = this.lastMembership?.version ?? NO_ZXID;
    if (leader === node.sid && known < last)
      throw new Error(
        `${node.sid} is established by members ${formatZxid(known)}, but ${formatZxid(last)} is committed`,
      );
  }

  /** Links every two servers of which one knows the other, unless they are cut. */
  #dial(): void {
    for (const node of this.nodes.values()) {
      const { peer } = node;
      if (!peer) continue;
      const { latest, pending } = peer.core.ensemble;
      for (const { voters, observers } of pending ? [latest, pending] : [latest])
        for (const sid of [...voters, ...observers]) node.knows.add(sid);
    }
    for (const a of this.sids)
      for (const b of this.sids) {
        const [left, right] = [this.#node(a), this.#node(b)];
        if (this.#links.has(key(a, b))) for (const sid of right.knows) left.knows.add(sid);
        else if (left.knows.has(b)) this.#connect(a, b);
      }
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

export function membershipIn({ zxid, bytes }: LogEntry): Membership | null {
  const text = bytes.toString();
  if (!text.startsWith(MEMBERSHIP_MARK)) return null;
  const { voters, observers } = JSON.parse(text.slice(MEMBERSHIP_MARK.length)) as Membership;
  return { version: zxid, voters, observers };
}

function key(from: ServerId, to: ServerId): string {
  return `${from}>${to}`;
}
