import { expect, test } from "vitest";
import type { Zxid } from "../ids.ts";
import { EventType } from "../wire/opcodes.ts";
import type { DataTree } from "./data-tree.ts";
import { type Rewatch, rewatch, type WatchLists } from "./set-watches.ts";
import { create, remove, setData, TestLeader } from "./testing/leader.ts";

/** Zxids: 2 to 4 create /a, /b and /a/c; 5 sets /b; 6 creates and 7 deletes /gone; 8 is /a/d. */
function history(): TestLeader {
  const leader = new TestLeader();
  for (const path of ["/a", "/b", "/a/c"]) leader.run(create(path));
  leader.run(setData("/b", "new"));
  leader.run(create("/gone"));
  leader.run(remove("/gone"));
  leader.run(create("/a/d"));
  return leader;
}

function lists(
  relativeZxid: number,
  dataWatches: string[],
  existWatches: string[],
  childWatches: string[],
): WatchLists {
  return { relativeZxid: relativeZxid as Zxid, dataWatches, existWatches, childWatches };
}

/** What one is told who may read everything. */
function seen(tree: DataTree, watches: WatchLists): Rewatch {
  return rewatch(tree, watches, () => true);
}

test("a client that missed everything is told of everything, with the zxid of the cause", () => {
  const { missed, data, child } = seen(
    history().tree,
    lists(3, ["/b", "/gone"], ["/a/d", "/gone"], ["/a", "/gone"]),
  );
  expect(missed).toEqual([
    { type: EventType.dataChanged, path: "/b", zxid: 5 },
    { type: EventType.deleted, path: "/gone", zxid: -1 },
    { type: EventType.created, path: "/a/d", zxid: 8 },
    { type: EventType.childrenChanged, path: "/a", zxid: 8 },
  ]);
  expect(data).toEqual(["/gone"]);
  expect(child).toEqual([]);
});

test("a client that missed nothing is told nothing, and watches on", () => {
  const { missed, data, child } = seen(history().tree, lists(8, ["/b"], ["/none"], ["/a"]));
  expect(missed).toEqual([]);
  expect(data).toEqual(["/b", "/none"]);
  expect(child).toEqual(["/a"]);
});

test("what happened at the last zxid seen is not told again, what came after it is", () => {
  const { tree } = history();
  expect(seen(tree, lists(5, ["/b"], [], [])).missed).toEqual([]);
  expect(seen(tree, lists(4, ["/b"], [], [])).missed).toHaveLength(1);
  expect(seen(tree, lists(7, [], [], ["/a"])).missed).toHaveLength(1);
});

test("data does not count as a change of children, nor children as one of data", () => {
  const { tree } = history();
  expect(seen(tree, lists(4, [], [], ["/b"])).child).toEqual(["/b"]);
  expect(seen(tree, lists(4, ["/a"], [], [])).data).toEqual(["/a"]);
});

test("what the client may not read is not told, though it uses the watch up; a deleted znode is", () => {
  const { tree } = history();
  const watches = lists(0, ["/b", "/gone"], ["/a/d", "/none"], ["/a"]);
  const { missed, data, child } = rewatch(tree, watches, () => false);
  expect(missed).toEqual([{ type: EventType.deleted, path: "/gone", zxid: -1 }]);
  expect(data).toEqual(["/none"]);
  expect(child).toEqual([]);
});

test("the events come by list: data, exists, children; each list in its order", () => {
  const { tree } = history();
  const { missed } = seen(tree, lists(0, ["/b", "/a"], ["/a/c"], ["/a", "/"]));
  expect(missed.map(({ type, path }) => [type, path])).toEqual([
    [EventType.dataChanged, "/b"],
    [EventType.dataChanged, "/a"],
    [EventType.created, "/a/c"],
    [EventType.childrenChanged, "/a"],
    [EventType.childrenChanged, "/"],
  ]);
});
