/** What clients ask for: one kind of request each, with what it needs drawn. */
import type { SimMultiPart, SimRequest, SimVersion } from "../plan.ts";
import type { Draw } from "./draw.ts";
import { anyPath, type KeySpace } from "./key-space.ts";

export const EPHEMERAL = 1;
export const SEQUENTIAL = 2;
const CONTAINER = 4;
const WITH_TTL = 5;

/** Makes one request of a kind. */
export type RequestMaker = (draw: Draw, keys: KeySpace, servers: readonly number[]) => SimRequest;

/** Kinds of requests and how usual they are, where a seed has them at all. */
export const REQUEST_KINDS: readonly (readonly [RequestMaker, weight: number])[] = [
  [createChild, 6],
  [createHot, 3],
  [createSequential, 6],
  [createEphemeral, 6],
  [createContainer, 2],
  [createTimed, 2],
  [deleteAny, 6],
  [() => ({ type: "deleteOwn" }), 3],
  [setData, 12],
  [readAny, 14],
  [readChildren, 5],
  [syncAny, 4],
  [drawMulti, 6],
  [setAcl, 1],
  [(draw, keys) => ({ type: "getACL", path: anyPath(keys, draw) }), 1],
  [addWatch, 2],
  [removeWatches, 2],
  [(draw, _keys, servers) => ({ type: "move", server: draw.pick(servers) }), 3],
  [(draw, _keys, servers) => ({ type: "takeOver", server: draw.pick(servers) }), 1],
  [() => ({ type: "close" }), 1],
  [abandon, 1],
];

export function valueBytes(draw: Draw): number {
  return draw.weighted([
    [draw.whole(0, 40), 80],
    [draw.whole(40, 1_500), 20],
  ]);
}

function version(draw: Draw): SimVersion {
  return draw.weighted<SimVersion>([
    [-1, 60],
    ["seen", 32],
    ["wrong", 8],
  ]);
}

/** Mostly where children belong; but who knows what kind of znode a path leads to? */
function createChild(draw: Draw, keys: KeySpace): SimRequest {
  const path = draw.chance(0.8)
    ? draw.pick([...keys.children, ...keys.directories])
    : `${anyPath(keys, draw)}/n`;
  return { type: "create", path, flags: 0, valueBytes: valueBytes(draw) };
}

function createHot(draw: Draw, keys: KeySpace): SimRequest {
  return { type: "create", path: draw.pick(keys.hot), flags: 0, valueBytes: valueBytes(draw) };
}

export function createSequential(draw: Draw, keys: KeySpace): SimRequest {
  const flags = SEQUENTIAL + (draw.chance(0.4) ? EPHEMERAL : 0);
  return { type: "create", path: draw.pick(keys.sequences), flags, valueBytes: valueBytes(draw) };
}

export function createEphemeral(draw: Draw, keys: KeySpace): SimRequest {
  const path = draw.pick(keys.ephemerals);
  return { type: "create", path, flags: EPHEMERAL, valueBytes: valueBytes(draw) };
}

function createContainer(draw: Draw, keys: KeySpace): SimRequest {
  const container = draw.pick(keys.containers);
  if (draw.chance(0.4)) {
    return { type: "create", path: container, flags: CONTAINER, valueBytes: valueBytes(draw) };
  }
  return { type: "create", path: `${container}/n`, flags: 0, valueBytes: valueBytes(draw) };
}

function createTimed(draw: Draw, keys: KeySpace): SimRequest {
  const path = draw.pick(keys.timed);
  const ttlMs = Math.round(draw.magnitude(10, 20_000));
  return { type: "create", path, flags: WITH_TTL, valueBytes: valueBytes(draw), ttlMs };
}

function deleteAny(draw: Draw, keys: KeySpace): SimRequest {
  const extra = keys.containers.map((each) => `${each}/n`);
  const path = draw.chance(0.3) ? draw.pick(extra) : anyPath(keys, draw);
  return { type: "delete", path, version: version(draw) };
}

export function setData(draw: Draw, keys: KeySpace): SimRequest {
  const path = draw.chance(0.8) ? draw.pick(keys.hot) : anyPath(keys, draw);
  return { type: "setData", path, version: version(draw), valueBytes: valueBytes(draw) };
}

export function readAny(draw: Draw, keys: KeySpace): SimRequest {
  const type = draw.chance(0.65) ? "getData" : "exists";
  return { type, path: anyPath(keys, draw), watch: draw.chance(0.4) };
}

function readChildren(draw: Draw, keys: KeySpace): SimRequest {
  const path = draw.chance(0.85) ? draw.pick(keys.directories) : anyPath(keys, draw);
  return { type: "getChildren", path, watch: draw.chance(0.4) };
}

export function syncAny(draw: Draw, keys: KeySpace): SimRequest {
  return { type: "sync", path: anyPath(keys, draw) };
}

/** Whose process is gone, or whose machine is. */
export function abandon(draw: Draw): SimRequest {
  return { type: "abandon", ...(draw.chance(0.5) ? { silently: true } : {}) };
}

function setAcl(draw: Draw, keys: KeySpace): SimRequest {
  // Mostly of a znode that is written and read; of others those below it, or they themselves.
  const path = draw.chance(0.7)
    ? draw.pick(keys.hot)
    : draw.pick([...keys.directories, ...keys.children]);
  return { type: "setACL", path, perms: drawPerms(draw), version: version(draw) };
}

/** Some of the rights, or all. Whoever may administer a znode can give the others back. */
export function drawPerms(draw: Draw): number {
  return draw.pick([31, 31, 31, 17, 19, 25, 28, 30]);
}

function addWatch(draw: Draw, keys: KeySpace): SimRequest {
  const recursive = draw.chance(0.5);
  const path = recursive ? draw.pick([...keys.directories, ""]) : anyPath(keys, draw);
  return { type: "addWatch", path, mode: recursive ? "recursive" : "persistent" };
}

function removeWatches(draw: Draw, keys: KeySpace): SimRequest {
  const kind = draw.pick(["data", "children", "any", "persistent", "recursive"] as const);
  return { type: "removeWatches", path: anyPath(keys, draw), kind };
}

/** Some succeed; many fail in their last part, after others that would have changed something. */
export function drawMulti(draw: Draw, keys: KeySpace): SimRequest {
  const isSound = draw.chance(0.5);
  const parts = Array.from({ length: draw.whole(isSound ? 2 : 1, 4) }, () =>
    isSound ? drawSoundPart(draw, keys) : drawPart(draw, keys),
  );
  if (!isSound && draw.chance(0.5)) {
    const path = draw.pick(keys.hot);
    parts.push({ type: "check", path, version: draw.chance(0.7) ? "wrong" : "seen" });
  }
  return { type: "multi", parts };
}

/** Whatever others do, it mostly succeeds. */
function drawSoundPart(draw: Draw, keys: KeySpace): SimMultiPart {
  const bytes = valueBytes(draw);
  if (draw.chance(0.5)) {
    return { type: "setData", path: draw.pick(keys.hot), version: -1, valueBytes: bytes };
  }
  const flags = SEQUENTIAL + (draw.chance(0.3) ? EPHEMERAL : 0);
  return { type: "create", path: draw.pick(keys.sequences), flags, valueBytes: bytes };
}

function drawPart(draw: Draw, keys: KeySpace): SimMultiPart {
  const kind = draw.weighted([
    ["setData", 5],
    ["sequential", 3],
    ["create", 3],
    ["delete", 2],
    ["check", 1],
  ] as const);
  const bytes = valueBytes(draw);
  switch (kind) {
    case "setData":
      return { type: "setData", path: draw.pick(keys.hot), version: -1, valueBytes: bytes };
    case "sequential": {
      const flags = SEQUENTIAL + (draw.chance(0.3) ? EPHEMERAL : 0);
      return { type: "create", path: draw.pick(keys.sequences), flags, valueBytes: bytes };
    }
    case "create": {
      const flags = draw.chance(0.3) ? EPHEMERAL : 0;
      return { type: "create", path: draw.pick(keys.children), flags, valueBytes: bytes };
    }
    case "delete":
      return { type: "delete", path: draw.pick(keys.children), version: -1 };
    case "check":
      return { type: "check", path: draw.pick(keys.hot), version: version(draw) };
  }
}
