/**
 * Test support: tells a run's history in a few lines.
 *
 *   story.client(1).on(2).create("/a", "x").at(10, 12).ok(z(1));
 *
 * An acknowledged write goes into the final log of every server, unless the story says otherwise.
 */
import type {
  FaultRecord,
  HistoryRecord,
  OpName,
  OpPartRecord,
  OpRecord,
  RunHistory,
  ServerFinal,
  ServerSample,
  ServerTxn,
  SessionRecord,
  WatchRecord,
} from "../../results/history.ts";
import { makeZxid } from "../../server/ids.ts";
import { StoryOp } from "./story-op.ts";
import { changesOf, isSessionOwner } from "./txn-changes.ts";

/** The zxid of a counter in an epoch. */
export function z(counter: number, epoch = 1): number {
  return makeZxid(epoch, counter);
}

export class Story {
  readonly records: HistoryRecord[] = [];
  readonly samples: ServerSample[] = [];
  readonly faults: FaultRecord[] = [];
  readonly crashes: { server: number; atMs: number; exit: string; lastLines: string[] }[] = [];
  readonly log: ServerTxn[] = [];
  /** Changes one server's final state. */
  readonly finals = new Map<number, (final: ServerFinal) => ServerFinal>();
  servers = 3;
  run: Partial<RunHistory> = {};

  client(id: number): StoryClient {
    return new StoryClient(this, id);
  }

  /** Puts a transaction into every server's final log. */
  logged(txn: Partial<ServerTxn> & Pick<ServerTxn, "zxid" | "type">): this {
    const whole = { session: "0x0", cxid: 0, timeMs: 0, path: "", ...txn };
    this.log.push({ hash: JSON.stringify(whole), ...whole });
    return this;
  }

  /** Changes what one server's disk holds at the end. */
  server(id: number, change: (final: ServerFinal) => Partial<ServerFinal>): this {
    this.finals.set(id, (final) => ({ ...final, ...change(final) }));
    return this;
  }

  sample(server: number, atMs: number, sample: Partial<ServerSample>): this {
    const zxids = { appliedZxid: 0, committedZxid: sample.appliedZxid ?? 0 };
    const state = { state: "FOLLOWING", epoch: 1, serving: true } as const;
    this.samples.push({
      server,
      sentMs: atMs,
      receivedMs: atMs + 1,
      ...state,
      ...zxids,
      ...sample,
    });
    return this;
  }

  /** `servers`: at which it was aimed. */
  fault(
    name: string,
    fromMs: number,
    toMs: number,
    noQuorum = false,
    servers: readonly number[] = [],
  ): this {
    const times = {
      requestedMs: fromMs,
      effectiveMs: fromMs,
      healRequestedMs: toMs,
      healedMs: toMs,
    };
    this.faults.push({ name, description: name, servers, links: [], ...times, noQuorum });
    return this;
  }

  history(): RunHistory {
    const log = this.log.toSorted((a, b) => a.zxid - b.zxid);
    const finals: ServerFinal[] = [];
    for (let server = 1; server <= this.servers; server++) {
      const final = finalOf(server, log);
      finals.push(this.finals.get(server)?.(final) ?? final);
    }
    return {
      records: this.records,
      finals,
      samples: this.samples,
      faults: this.faults,
      crashes: this.crashes,
      healedMs: 0,
      endMs: 60_000,
      livenessBoundMs: 10_000,
      tickMs: 100,
      ...this.run,
    };
  }
}

function finalOf(server: number, log: readonly ServerTxn[]): ServerFinal {
  const ephemerals: Record<string, string[]> = {};
  const sessions = new Set<string>();
  for (const txn of log.flatMap(changesOf)) {
    if (txn.type === "createSession") sessions.add(txn.session);
    if (txn.type === "closeSession") {
      sessions.delete(txn.session);
      delete ephemerals[txn.session];
    }
    if (txn.type === "create" && isSessionOwner(txn.ephemeralOwner ?? "0x0")) {
      (ephemerals[txn.ephemeralOwner ?? ""] ??= []).push(txn.path);
    }
    if (txn.type !== "delete") continue;
    for (const [owner, paths] of Object.entries(ephemerals)) {
      ephemerals[owner] = paths.filter((path) => path !== txn.path);
    }
  }
  const appliedZxid = log.at(-1)?.zxid ?? 0;
  const state = { treeDigest: "same", ephemerals, sessions: [...sessions] };
  return { server, logFromZxid: 0, log, appliedZxid, ...state };
}

/** A client, its session, and the server it talks to. */
export class StoryClient {
  readonly #story: Story;
  readonly #id: number;
  #server = 1;

  constructor(story: Story, id: number) {
    this.#story = story;
    this.#id = id;
  }

  get session(): string {
    return `0x${(0x100 + this.#id).toString(16)}`;
  }

  on(server: number): this {
    this.#server = server;
    return this;
  }

  /** Gets a session (timeout 1 s), logged at the zxid. */
  opens(zxid: number, atMs: number): this {
    this.#story.logged({ zxid, type: "createSession", session: this.session });
    return this.#sessionEvent("created", atMs, 0);
  }

  reconnects(atMs: number, lastZxid = 0): this {
    return this.#sessionEvent("reconnected", atMs, lastZxid);
  }

  disconnects(atMs: number): this {
    return this.#sessionEvent("disconnected", atMs, 0);
  }

  #sessionEvent(event: SessionRecord["event"], atMs: number, lastZxid: number): this {
    const { session } = this;
    const who = { client: this.#id, session, server: this.#server };
    this.#story.records.push({ kind: "session", ...who, event, timeoutMs: 1_000, lastZxid, atMs });
    return this;
  }

  /** The session is gone: by the client, or as a server said. */
  ends(event: "closed" | "expired", atMs: number): this {
    return this.#sessionEvent(event, atMs, 0);
  }

  sees(type: WatchRecord["type"], path: string, zxid: number, atMs: number): this {
    const who = { client: this.#id, session: this.session, server: this.#server };
    this.#story.records.push({ kind: "watch", ...who, type, path, zxid, atMs });
    return this;
  }

  acquires(resource: string, token: number, atMs: number): this {
    const who = { client: this.#id, session: this.session };
    this.#story.records.push({ kind: "grant", ...who, resource, event: "acquired", token, atMs });
    return this;
  }

  fenced(resource: string, token: number, accepted: boolean, atMs: number): this {
    const client = this.#id;
    this.#story.records.push({ kind: "fence", client, resource, token, accepted, atMs });
    return this;
  }

  create(path: string, value: string, flags = 0): StoryOp {
    return this.#op("create", path, { value, flags });
  }
  set(path: string, value: string): StoryOp {
    return this.#op("setData", path, { value, expectedVersion: -1 });
  }
  delete(path: string): StoryOp {
    return this.#op("delete", path, {});
  }
  get(path: string): StoryOp {
    return this.#op("getData", path, {});
  }
  exists(path: string): StoryOp {
    return this.#op("exists", path, {});
  }
  list(path: string): StoryOp {
    return this.#op("getChildren", path, {});
  }
  watches(path: string, watchMode: "persistent" | "recursive"): StoryOp {
    return this.#op("addWatch", path, { watchMode });
  }
  unwatches(path: string, watchKind: NonNullable<OpRecord["watchKind"]>): StoryOp {
    return this.#op("removeWatches", path, { watchKind });
  }
  sync(path: string): StoryOp {
    return this.#op("sync", path, {});
  }
  multi(...parts: readonly OpPartRecord[]): StoryOp {
    return this.#op("multi", "", { parts });
  }
  setACL(path: string, acl: string, expectedVersion = -1): StoryOp {
    return this.#op("setACL", path, { acl, expectedVersion });
  }
  getACL(path: string): StoryOp {
    return this.#op("getACL", path, {});
  }
  closes(): StoryOp {
    return this.#op("close", "", {});
  }

  #op(op: OpName, path: string, fields: Partial<OpRecord>): StoryOp {
    const who = { client: this.#id, session: this.session, server: this.#server };
    return new StoryOp(this.#story, { ...who, op, path, ...fields });
  }
}
