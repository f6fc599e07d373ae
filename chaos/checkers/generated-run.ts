/**
 * Test support: the history of a correct ensemble, from a seed. Three servers apply one log, each at
 * its own pace; clients write, read, watch, sync, lose replies, move, queue for a lock, and end their
 * sessions.
 */
import type { OpRecord, RunHistory } from "../../results/history.ts";
import { GeneratedEnsemble, SERVERS } from "./generated-ensemble.ts";
import type { Actor } from "./generated-ensemble.ts";
import { GeneratedWatches } from "./generated-watches.ts";
import { create, loseReply, multi, read, sync, transact, write } from "./generated-requests.ts";

export { seededRandom } from "./generated-ensemble.ts";

/** As the stories' clients negotiate it. */
const SESSION_TIMEOUT_MS = 1_000;
/** Longer than any operation takes, so that each client has one at a time. */
const STEP_MS = 49.5;
const FAULT = { fromMs: 4_000, toMs: 6_000 };
const CLIENTS = 5;

/** How much there is of what makes a history long or hard to judge. */
export interface GeneratedMix {
  /** Of the requests about watches, those that set one that goes on telling; from 0 to 0.2. */
  readonly lastingWatchShare: number;
  /** Of the moves and lost replies that there may be, those that there are; from 0 to 1. */
  readonly disturbedShare: number;
}

/** So much that all of it is in a few hundred operations. */
const DENSE: GeneratedMix = { lastingWatchShare: 0.1, disturbedShare: 1 };

/** `steps`: about how many operations it has. */
export function generateRun(seed: number, steps = 400, mix: GeneratedMix = DENSE): RunHistory {
  return new Generator(seed, mix).run(steps);
}

class Generator {
  readonly #ensemble: GeneratedEnsemble;
  readonly #watches: GeneratedWatches;
  readonly #mix: GeneratedMix;
  readonly #actors: Actor[] = [];
  #gone: { readonly session: string; readonly sinceMs: number }[] = [];
  #nextClient = 1;

  constructor(seed: number, mix: GeneratedMix) {
    this.#mix = mix;
    this.#ensemble = new GeneratedEnsemble(seed);
    this.#watches = new GeneratedWatches(this.#ensemble, mix.lastingWatchShare);
  }

  run(steps: number): RunHistory {
    const e = this.#ensemble;
    for (let i = 0; i < CLIENTS; i++) this.#join();
    for (const path of ["/data", "/lock"]) {
      e.nowMs += 10;
      create(e, e.pick(this.#actors), path, 0);
    }
    for (const server of SERVERS) e.catchUp(server, Number.POSITIVE_INFINITY);
    for (let i = 0; i < steps; i++) {
      e.nowMs = 200 + i * STEP_MS;
      if (i === Math.floor(steps / 4)) e.elect();
      for (const server of SERVERS) if (e.chance(0.5)) e.catchUp(server, 0);
      this.#expire();
      if (e.chance(0.1)) transact(e, e.pick(this.#actors));
      this.#act(e.pick(this.#actors));
      if (i % 10 === 0) e.sampleAll();
    }
    e.settle();
    e.story.fault("partition-leader", FAULT.fromMs, FAULT.toMs);
    e.story.run = { healedMs: FAULT.toMs, endMs: 300 + steps * STEP_MS };
    return e.story.history();
  }

  #join(): void {
    const e = this.#ensemble;
    const client = e.story.client(this.#nextClient++);
    const server = e.pick(SERVERS);
    const session = { session: client.session, cxid: 0 };
    const zxid = e.commit({ type: "createSession", ...session }, server);
    client.on(server).opens(zxid, e.nowMs + 0.5);
    const queue = { contender: null, token: 0, acquired: false };
    this.#actors.push({ client, server, seenZxid: zxid, ...queue });
  }

  #expire(): void {
    const e = this.#ensemble;
    const due = this.#gone.filter(({ sinceMs }) => e.nowMs - sinceMs > SESSION_TIMEOUT_MS);
    for (const { session } of due) {
      const removed = e.leader.owned(session);
      e.commit({ type: "closeSession", session, removed }, 1);
    }
    this.#gone = this.#gone.filter((one) => !due.includes(one));
  }

  #act(actor: Actor): void {
    const e = this.#ensemble;
    e.nowMs += 5;
    const dice = e.random();
    if (dice < 0.26) write(e, actor);
    else if (dice < 0.3) multi(e, actor);
    else if (dice < 0.45) this.#watches.ask(actor);
    else if (dice < 0.6) read(e, actor);
    else if (dice < 0.65) sync(e, actor);
    else if (dice < 0.75) this.#disturb(actor, () => this.#move(actor));
    else if (dice < 0.93) this.#queueUp(actor);
    else if (dice < 0.95) this.#leave(actor);
    else
      this.#disturb(actor, () => {
        loseReply(e, actor);
        e.nowMs += 5;
        this.#move(actor);
      });
  }

  #disturb(actor: Actor, disturb: () => void): void {
    const { disturbedShare } = this.#mix;
    if (disturbedShare === 1 || this.#ensemble.chance(disturbedShare)) disturb();
    else read(this.#ensemble, actor);
  }

  /** The same session on another server, which must have what the session has seen. */
  #move(actor: Actor): void {
    const e = this.#ensemble;
    actor.client.disconnects(e.nowMs - 4);
    this.#watches.disconnected(actor);
    actor.server = e.pick(SERVERS);
    e.catchUp(actor.server, actor.seenZxid);
    actor.client.on(actor.server).reconnects(e.nowMs - 2, actor.seenZxid);
    this.#watches.reconnected(actor, e.nowMs - 1);
    read(e, actor);
  }

  #queueUp(actor: Actor): void {
    const e = this.#ensemble;
    const { client } = actor;
    if (actor.contender === null) {
      actor.token = create(e, actor, "/lock/c-", 3);
      actor.contender = e.last?.path ?? null;
      return;
    }
    if (actor.acquired) {
      const zxid = e.commitFor(actor, { type: "delete", path: actor.contender });
      e.timed(client.delete(actor.contender)).ok(zxid);
      Object.assign(actor, { contender: null, acquired: false });
      return;
    }
    const tree = e.look(actor);
    const children = tree.children("/lock");
    const shown: Partial<OpRecord> = { children };
    e.timed(client.list("/lock")).ok(tree.appliedZxid, shown);
    if (`/lock/${children[0] ?? ""}` !== actor.contender) return;
    actor.acquired = true;
    client.acquires("L", actor.token, e.nowMs + 4.5);
    client.fenced("L", actor.token, true, e.nowMs + 4.6);
  }

  /** Closes the session, or lets it expire; another client comes. */
  #leave(actor: Actor): void {
    const e = this.#ensemble;
    const { session } = actor.client;
    if (e.chance(0.5)) {
      const removed = e.leader.owned(session);
      const zxid = e.commitFor(actor, { type: "closeSession", removed });
      e.timed(actor.client.closes()).ok(zxid);
    } else {
      actor.client.disconnects(e.nowMs);
      this.#gone.push({ session, sinceMs: e.nowMs });
    }
    this.#watches.leave(actor);
    this.#actors.splice(this.#actors.indexOf(actor), 1);
    this.#join();
  }
}
