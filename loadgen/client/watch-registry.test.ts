import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../server/errors.ts";
import type { Zxid } from "../../server/ids.ts";
import { AddWatchMode, WatcherType } from "../../server/wire/opcodes.ts";
import type { WatchingRequest } from "./op.ts";
import { WatchRegistry, type WatchKind } from "./watch-registry.ts";

const ZXID = 0x1_0000_0007 as Zxid;
const KINDS: readonly WatchKind[] = ["data", "exist", "child", "persistent", "recursive"];

const leaves: Readonly<Record<WatchKind, readonly [WatchingRequest, number]>> = {
  data: [{ type: "getData", path: "/a", watch: true }, ErrorCode.Ok],
  exist: [{ type: "exists", path: "/a", watch: true }, ErrorCode.NoNode],
  child: [{ type: "getChildren2", path: "/a", watch: true }, ErrorCode.Ok],
  persistent: [{ type: "addWatch", path: "/a", mode: AddWatchMode.persistent }, ErrorCode.Ok],
  recursive: [
    { type: "addWatch", path: "/a", mode: AddWatchMode.persistentRecursive },
    ErrorCode.Ok,
  ],
};

/** One watch of each kind on `/a`. */
function full(): WatchRegistry {
  const registry = new WatchRegistry();
  for (const kind of KINDS) registry.answered(...leaves[kind]);
  return registry;
}
function kinds(registry: WatchRegistry, path = "/a"): WatchKind[] {
  return KINDS.filter((kind) => registry.has(kind, path));
}

describe("an answer", () => {
  test.each(KINDS)("leaves a watch of the kind %s and no other", (kind) => {
    const registry = new WatchRegistry();
    registry.answered(...leaves[kind]);
    expect(kinds(registry)).toEqual([kind]);
    expect(registry.size).toBe(1);
  });

  test.each<[WatchingRequest, number]>([
    [{ type: "getData", path: "/a", watch: true }, ErrorCode.NoNode],
    [{ type: "getChildren", path: "/a", watch: true }, ErrorCode.NoAuth],
    [{ type: "exists", path: "/a", watch: true }, ErrorCode.SessionMoved],
    [{ type: "addWatch", path: "/a", mode: 7 }, ErrorCode.MarshallingError],
    [{ type: "checkWatches", path: "/a", watcherType: WatcherType.any }, ErrorCode.Ok],
  ])("of %j with code %i leaves none", (request, code) => {
    const registry = new WatchRegistry();
    registry.answered(request, code);
    expect(registry.size).toBe(0);
  });

  test.each<[keyof typeof WatcherType, WatchKind[]]>([
    ["children", ["data", "exist", "persistent", "recursive"]],
    ["data", ["child", "persistent", "recursive"]],
    ["any", []],
    ["persistent", ["data", "exist", "child", "recursive"]],
    ["persistentRecursive", ["data", "exist", "child", "persistent"]],
  ])("to the removal of %s watches leaves the others, and those of other paths", (type, left) => {
    const registry = full();
    registry.answered({ type: "getData", path: "/a/b", watch: true }, ErrorCode.Ok);
    const request = { type: "removeWatches", path: "/a", watcherType: WatcherType[type] } as const;
    registry.answered(request, ErrorCode.NoWatcher);
    expect(kinds(registry)).toEqual(KINDS);
    registry.answered(request, ErrorCode.Ok);
    expect(kinds(registry)).toEqual(left);
    expect(kinds(registry, "/a/b")).toEqual(["data"]);
  });
});

test.each([
  ["created", ["child", "persistent", "recursive"]],
  ["dataChanged", ["child", "persistent", "recursive"]],
  ["deleted", ["persistent", "recursive"]],
  ["childrenChanged", ["data", "exist", "persistent", "recursive"]],
] as const)("%s uses up one-time watches only", (type, left) => {
  const registry = full();
  registry.fired(type, "/a/b");
  expect(kinds(registry)).toEqual(KINDS);
  registry.fired(type, "/a");
  expect(kinds(registry)).toEqual(left);
});

describe("what sets the watches again", () => {
  test("is nothing when there are none", () => {
    expect(new WatchRegistry().requests(ZXID)).toEqual([]);
  });

  test("is setWatches as long as all are one-time watches", () => {
    const registry = full();
    for (const type of [WatcherType.persistent, WatcherType.persistentRecursive]) {
      registry.answered({ type: "removeWatches", path: "/a", watcherType: type }, ErrorCode.Ok);
    }
    expect(registry.requests(ZXID)).toEqual([
      {
        type: "setWatches",
        relativeZxid: ZXID,
        dataWatches: ["/a"],
        existWatches: ["/a"],
        childWatches: ["/a"],
      },
    ]);
  });

  test("is setWatches2 when there are persistent ones", () => {
    expect(full().requests(ZXID)).toEqual([
      {
        type: "setWatches2",
        relativeZxid: ZXID,
        dataWatches: ["/a"],
        existWatches: ["/a"],
        childWatches: ["/a"],
        persistentWatches: ["/a"],
        persistentRecursiveWatches: ["/a"],
      },
    ]);
  });

  test("comes in requests that fit into frames, each watch once, and only the last is setWatches2", () => {
    const registry = full();
    const paths = Array.from({ length: 5_000 }, (_, index) => `/load/${"x".repeat(30)}${index}`);
    for (const path of paths) {
      registry.answered({ type: "getData", path, watch: true }, ErrorCode.Ok);
    }
    const requests = registry.requests(ZXID);
    expect(requests.length).toBeGreaterThan(3);
    expect(requests.flatMap(({ dataWatches }) => dataWatches)).toEqual(["/a", ...paths]);
    for (const { dataWatches } of requests) {
      expect(dataWatches.join("").length).toBeLessThan(100_000);
    }
    const types = requests.map(({ type }) => type);
    expect(types.slice(0, -1).every((type) => type === "setWatches")).toBe(true);
    expect(types.at(-1)).toBe("setWatches2");
  });
});
