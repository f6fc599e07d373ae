/**
 * Test support: the watches of a generated run, as naive as possible: what a correct ensemble tells of
 * them, also to clients that come back.
 */
import type { ServerTxn, WatchRecord } from "../../results/history.ts";
import { ErrorCode } from "../../server/errors.ts";
import type { Actor, GeneratedEnsemble } from "./generated-ensemble.ts";
import { somePath } from "./generated-requests.ts";
import { parentOf } from "./znode-path.ts";
import { changesOf } from "./txn-changes.ts";

type EventType = WatchRecord["type"];

/** Paths by kind, and how far the client has seen when it lost its connection (null: it has one). */
interface Held {
  readonly data: Set<string>;
  readonly exist: Set<string>;
  readonly child: Set<string>;
  readonly persistent: Set<string>;
  readonly recursive: Set<string>;
  goneAtZxid: number | null;
}

const EVENT_OF = { create: "created", setData: "dataChanged", delete: "deleted" } as const;

export class GeneratedWatches {
  readonly #ensemble: GeneratedEnsemble;
  readonly #held = new Map<Actor, Held>();
  readonly #lastingShare: number;

  /** Is told of all that servers apply from now on. `lastingShare`: of persistent watches among requests. */
  constructor(ensemble: GeneratedEnsemble, lastingShare: number) {
    this.#ensemble = ensemble;
    this.#lastingShare = lastingShare;
    ensemble.onApply = (server, txn) => this.#applied(server, txn);
  }

  leave(actor: Actor): void {
    this.#held.delete(actor);
  }

  disconnected(actor: Actor): void {
    this.#of(actor).goneAtZxid = actor.seenZxid;
  }

  /** Tells what was missed, at `atMs`, in the order of the watches; persistent ones are not told. */
  reconnected(actor: Actor, atMs: number): void {
    const held = this.#of(actor);
    const sinceZxid = held.goneAtZxid ?? 0;
    held.goneAtZxid = null;
    const { nodes } = this.#ensemble.tree(actor.server);
    const { data, exist, child } = held;
    for (const path of [...data, ...child]) {
      if (nodes.has(path) || (!data.has(path) && !child.has(path))) continue;
      this.#tell(actor, "deleted", path, -1, atMs);
    }
    for (const path of data) {
      const { mzxid = 0 } = nodes.get(path) ?? {};
      if (mzxid > sinceZxid) this.#tell(actor, "dataChanged", path, mzxid, atMs);
    }
    for (const path of exist) {
      const { czxid } = nodes.get(path) ?? {};
      if (czxid !== undefined) this.#tell(actor, "created", path, czxid, atMs);
    }
    for (const path of child) {
      const { pzxid = 0 } = nodes.get(path) ?? {};
      if (pzxid > sinceZxid) this.#tell(actor, "childrenChanged", path, pzxid, atMs);
    }
  }

  /** The actor sets a watch, or removes one, or loses the answer to that. */
  ask(actor: Actor): void {
    const e = this.#ensemble;
    const held = this.#of(actor);
    const tree = e.look(actor);
    const zxid = tree.appliedZxid;
    const path = somePath(e);
    const node = tree.nodes.get(path);
    const dice = e.random();
    if (dice < 0.3 && node !== undefined) {
      held.data.add(path);
      const shown = { value: node.value, ...statOf(tree.stat(path)) };
      e.timed(actor.client.get(path)).with({ watch: true }).ok(zxid, shown);
    } else if (dice < 0.6) {
      const op = e.timed(actor.client.exists(path)).with({ watch: true });
      (node === undefined ? held.exist : held.data).add(path);
      if (node === undefined) op.fails(ErrorCode.NoNode, zxid);
      else op.ok(zxid, statOf(tree.stat(path)));
    } else if (dice < 0.8) {
      held.child.add("/data");
      const op = e.timed(actor.client.list("/data")).with({ watch: true });
      op.ok(zxid, { children: tree.children("/data"), ...statOf(tree.stat("/data")) });
    } else if (dice < 0.8 + this.#lastingShare) {
      const mode = e.pick(["persistent", "recursive"] as const);
      const watched = mode === "persistent" ? e.pick([path, "/data"]) : e.pick(["/data", "/"]);
      held[mode].add(watched);
      e.timed(actor.client.watches(watched, mode)).ok(zxid);
    } else {
      this.#remove(actor, held, zxid);
    }
  }

  #remove(actor: Actor, held: Held, zxid: number): void {
    const e = this.#ensemble;
    const path = [...held.recursive, ...held.persistent, ...held.data, ...held.exist][0];
    if (path === undefined) {
      e.timed(actor.client.unwatches("/none", "any")).fails(ErrorCode.NoWatcher, zxid);
      return;
    }
    const { data, exist, child, persistent, recursive } = held;
    for (const paths of [data, exist, child, persistent, recursive]) paths.delete(path);
    e.timed(actor.client.unwatches(path, "any")).ok(zxid);
  }

  #of(actor: Actor): Held {
    let held = this.#held.get(actor);
    if (held === undefined) {
      held = {
        data: new Set(),
        exist: new Set(),
        child: new Set(),
        persistent: new Set(),
        recursive: new Set(),
        goneAtZxid: null,
      };
      this.#held.set(actor, held);
    }
    return held;
  }

  #applied(server: number, txn: ServerTxn): void {
    for (const change of changesOf(txn)) {
      const { type, path } = change;
      if (type === "closeSession") {
        for (const removed of change.removed ?? []) {
          this.#fire(server, "deleted", removed, txn.zxid);
        }
      } else if (type === "create" || type === "setData" || type === "delete") {
        this.#fire(server, EVENT_OF[type], path, txn.zxid);
      }
    }
  }

  #fire(server: number, type: EventType, path: string, zxid: number): void {
    const { nowMs } = this.#ensemble;
    for (const [actor, held] of this.#held) {
      if (actor.server !== server || held.goneAtZxid !== null) continue;
      const { data, exist, child, persistent, recursive } = held;
      const own = [data, exist, persistent, ...(type === "deleted" ? [child] : [])];
      const above = [...recursive].some(
        (root) => root === "/" || `${path}/`.startsWith(`${root}/`),
      );
      if (above || own.some((paths) => paths.has(path))) this.#tell(actor, type, path, zxid, nowMs);
      if (type === "dataChanged") continue;
      const parent = parentOf(path);
      if (!child.has(parent) && !persistent.has(parent)) continue;
      this.#tell(actor, "childrenChanged", parent, zxid, nowMs);
    }
  }

  #tell(actor: Actor, type: EventType, path: string, zxid: number, atMs: number): void {
    const { data, exist, child } = this.#of(actor);
    if (type !== "childrenChanged") {
      data.delete(path);
      exist.delete(path);
    }
    if (type === "childrenChanged" || type === "deleted") child.delete(path);
    actor.client.on(actor.server).sees(type, path, zxid, atMs);
    actor.seenZxid = Math.max(actor.seenZxid, zxid);
  }
}

function statOf<T>(stat: T | null): { readonly stat?: T } {
  return stat === null ? {} : { stat };
}
