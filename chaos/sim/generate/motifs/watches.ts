/** Watches, and changes that come at the same moment as reads, reconnects and removals. */
import type { Motifs } from "../motif.ts";
import type { SimRequest } from "../../plan.ts";
import type { Stage } from "../stage.ts";

/** Some read with watches and read again, some write, all at the same path and in the same moments. */
function setRacesGet(stage: Stage, fromMs: number): number {
  const { draw, keys, setting } = stage;
  const endMs = fromMs + stage.ticks(0.5, 3);
  const path = draw.pick(keys.hot);
  const readers = draw.several(setting.clients, draw.whole(1, 3));
  for (let left = draw.whole(3, 10); left > 0; left--) {
    const atMs = draw.between(fromMs, endMs);
    const spreadMs = draw.chance(0.3) ? 0 : draw.magnitude(0.1, 30);
    for (const client of readers) {
      for (let again = draw.whole(1, 4); again > 0; again--) {
        const type = draw.chance(0.8) ? "getData" : "exists";
        stage.op(client, atMs + draw.between(0, spreadMs), { type, path, watch: draw.chance(0.6) });
      }
    }
    stage.op(stage.client(), atMs + draw.between(0, spreadMs), change(stage, path));
  }
  return endMs;
}

/** Watches of all kinds, whose client loses its server, or moves, while what they watch changes. */
function watchesOnTheMove(stage: Stage, fromMs: number): number {
  const { draw, setting } = stage;
  const endMs = fromMs + stage.ticks(1, 5);
  const watchers = draw.several(setting.clients, draw.whole(1, 3));
  for (const client of watchers) {
    const watched = leaveWatches(stage, client, fromMs, endMs);
    const breakMs = draw.between(fromMs, endMs);
    for (const path of watched) {
      // Close to the break, before others change it, too.
      const nearMs = stage.ticks(0.1, 1);
      if (draw.chance(0.6)) changeNear(stage, path, Math.max(fromMs, breakMs - nearMs), breakMs);
      if (draw.chance(0.6)) changeNear(stage, path, breakMs, breakMs + nearMs);
    }
    const kind = draw.pick(["move", "takeOver", "reset", "cut-clients", "kill"] as const);
    if (kind === "move" || kind === "takeOver") {
      stage.op(client, breakMs, { type: kind, server: draw.pick(setting.members) });
    } else {
      stage.fault(breakMs, stage.ticks(0.2, 2), { type: kind, target: draw.pick(setting.members) });
    }
  }
  for (let left = draw.whole(4, 12); left > 0; left--) {
    stage.op(stage.client(), draw.between(fromMs, endMs), change(stage, somewhere(stage)));
  }
  return endMs;
}

/** The last thing that a client does before it goes to another server is what it then watches. */
function watchesOwnChange(stage: Stage, fromMs: number): number {
  const { draw, keys, setting } = stage;
  const endMs = fromMs + stage.ticks(1, 3);
  for (let left = draw.whole(2, 6); left > 0; left--) {
    const client = stage.client();
    const atMs = draw.between(fromMs, endMs);
    const [path, parent] = draw.chance(0.5)
      ? [draw.pick(keys.hot), null]
      : [draw.pick(keys.children), draw.pick(keys.directories)];
    stage.op(client, atMs, change(stage, path));
    const type = parent === null ? draw.pick(["getData", "exists"] as const) : "getChildren";
    stage.op(client, atMs, { type, path: parent ?? path, watch: true });
    const movesMs = atMs + draw.magnitude(0.3, 3) * 10 * setting.ensemble.latencyMs[1];
    stage.op(client, movesMs, { type: "move", server: draw.pick(setting.members) });
    if (draw.chance(0.5)) stage.op(stage.client(), movesMs, change(stage, path));
  }
  return endMs;
}

/** Two watches on one znode: the one fires, the client moves, and then there is something for the other. */
function halfFired(stage: Stage, fromMs: number): number {
  const { draw, keys, setting } = stage;
  let endMs = fromMs;
  for (let left = draw.whole(1, 4); left > 0; left--) {
    const client = stage.client();
    const path = draw.pick(keys.directories);
    const below = keys.children.filter((one) => one.startsWith(`${path}/`));
    const child = below.length > 0 ? draw.pick(below) : `${path}/half-fired`;
    const type = draw.chance(0.7) ? "getData" : "exists";
    stage.op(client, fromMs, { type: "getChildren", path, watch: true });
    stage.op(client, fromMs, { type, path, watch: true });
    const onItself = (atMs: number): void =>
      stage.op(stage.client(), atMs, { type: "setData", path, version: -1, valueBytes: 20 });
    // Whether it is there or not, one of the two changes the list.
    const onChildren = (atMs: number): void => {
      stage.op(client, atMs, { type: "create", path: child, flags: 0, valueBytes: 20 });
      stage.op(client, atMs, { type: "delete", path: child, version: -1 });
    };
    const changes = draw.chance(0.6) ? [onItself, onChildren] : [onChildren, onItself];
    const movesMs = fromMs + stage.ticks(0.6, 2);
    changes[0]?.(draw.between(fromMs + stage.tickMs * 0.3, movesMs));
    const how = draw.chance(0.8) ? "move" : "takeOver";
    stage.op(client, movesMs, { type: how, server: draw.pick(setting.members) });
    const laterMs = movesMs + stage.ticks(0.2, 1.5);
    changes[1]?.(laterMs);
    stage.op(client, laterMs + stage.tickMs * 0.5, { type: "getChildren", path, watch: false });
    endMs = Math.max(endMs, laterMs + stage.tickMs);
  }
  return endMs;
}

/** Returns the paths. Some are removed again before they have told anything, or after. */
function leaveWatches(stage: Stage, client: number, atMs: number, endMs: number): string[] {
  const { draw, keys } = stage;
  const watched: string[] = [];
  for (let left = draw.whole(2, 6); left > 0; left--) {
    const path = somewhere(stage);
    const kind = draw.pick([
      "getData",
      "exists",
      "getChildren",
      "persistent",
      "recursive",
    ] as const);
    const on =
      kind === "recursive"
        ? draw.pick([...keys.directories, ""])
        : kind === "getChildren"
          ? draw.pick(keys.directories)
          : path;
    watched.push(on);
    const both = kind === "getChildren" && draw.chance(0.6);
    if (kind === "persistent" || kind === "recursive") {
      stage.op(client, atMs, { type: "addWatch", path: on, mode: kind });
    } else {
      stage.op(client, atMs, { type: kind, path: on, watch: true });
      // Who waits for children often waits for the data of the same znode, too.
      if (both) stage.op(client, atMs, { type: "getData", path: on, watch: true });
    }
    if (!draw.chance(both ? 0.5 : 0.25)) continue;
    const kinds = { getData: "data", exists: "data", getChildren: "children" } as const;
    const others = both && draw.chance(0.5) ? "data" : null;
    const removed = kind === "persistent" || kind === "recursive" ? kind : (others ?? kinds[kind]);
    const whenMs = draw.chance(0.5) ? atMs : draw.between(atMs, endMs);
    const of = draw.chance(0.3) ? "any" : removed;
    stage.op(client, whenMs, { type: "removeWatches", path: on, kind: of });
  }
  return watched;
}

/** Somebody changes the znode, or one below it. */
function changeNear(stage: Stage, path: string, fromMs: number, toMs: number): void {
  const { draw, keys } = stage;
  const below = [...keys.children, ...keys.ephemerals].filter((one) => one.startsWith(`${path}/`));
  const atMs = draw.between(fromMs, toMs);
  if (below.length === 0 || draw.chance(0.5)) {
    const onItself: SimRequest = { type: "setData", path, version: -1, valueBytes: 20 };
    stage.op(stage.client(), atMs, below.length > 0 ? onItself : change(stage, path));
    return;
  }
  stage.op(stage.client(), atMs, change(stage, draw.pick(below)));
}

function somewhere({ draw, keys }: Stage): string {
  return draw.pick([...keys.hot, ...keys.children, ...keys.directories, ...keys.ephemerals]);
}

/** Something that a watch on this path, or on its parent, would tell of. */
function change({ draw }: Stage, path: string): SimRequest {
  return draw.weighted<SimRequest>([
    [{ type: "setData", path, version: -1, valueBytes: 20 }, 5],
    [{ type: "create", path, flags: 0, valueBytes: 20 }, 3],
    [{ type: "delete", path, version: -1 }, 2],
  ]);
}

export const WATCH_MOTIFS: Motifs = {
  "set races get": setRacesGet,
  "watches on the move": watchesOnTheMove,
  "watches own change": watchesOwnChange,
  "half fired": halfFired,
};
