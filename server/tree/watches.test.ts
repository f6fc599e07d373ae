import { describe, expect, test } from "vitest";
import type { Zxid } from "../ids.ts";
import { type EventType, WatcherType } from "../wire/opcodes.ts";
import { READ_ACL } from "./acl.ts";
import type { ChangeKind } from "./data-tree.ts";
import { NotificationCounts } from "./notification-counts.ts";
import type { Acl } from "./txn.ts";
import { WatchTable } from "./watches.ts";

interface Watcher {
  readonly name: string;
}
const AMY: Watcher = { name: "amy" };
const BOB: Watcher = { name: "bob" };
const EVENT_NAMES: Record<EventType, string> = {
  1: "created",
  2: "deleted",
  3: "data",
  4: "children",
};

/** A table, and the events that it delivered since they were last taken. */
function makeTable(): { table: WatchTable<Watcher>; take: () => string[] } {
  let events: string[] = [];
  const table = new WatchTable<Watcher>((watcher, type, path, zxid) => {
    events.push(`${watcher.name} ${EVENT_NAMES[type]} ${path} ${zxid}`);
    return true;
  });
  const take = (): string[] => {
    const taken = events;
    events = [];
    return taken;
  };
  return { table, take };
}

function trigger(table: WatchTable<Watcher>, change: ChangeKind, path: string, at: number): void {
  table.trigger(change, path, at as Zxid, null, null);
}

describe("a one-time watch", () => {
  test("fires once, and is gone", () => {
    const { table, take } = makeTable();
    table.addData("/a", AMY);
    table.addData("/a", AMY);
    expect(table.watchCount).toBe(1);
    trigger(table, "dataChanged", "/a", 5);
    trigger(table, "dataChanged", "/a", 6);
    expect(take()).toEqual(["amy data /a 5"]);
    expect([table.watchCount, table.countOf(AMY)]).toEqual([0, 0]);
  });

  test("set again while it is delivered waits for the next change", () => {
    const seen: number[] = [];
    const table: WatchTable<Watcher> = new WatchTable((watcher, _type, path, zxid) => {
      seen.push(zxid);
      table.addData(path, watcher);
      return true;
    });
    table.addData("/a", AMY);
    trigger(table, "dataChanged", "/a", 5);
    expect(seen).toEqual([5]);
    trigger(table, "dataChanged", "/a", 6);
    expect(seen).toEqual([5, 6]);
  });

  test("of children does not fire on data, and one of data not on children", () => {
    const { table, take } = makeTable();
    table.addChild("/a", AMY);
    table.addData("/a", BOB);
    trigger(table, "created", "/a/b", 5);
    expect(take()).toEqual(["amy children /a 5"]);
    table.addChild("/a", AMY);
    trigger(table, "dataChanged", "/a", 6);
    expect(take()).toEqual(["bob data /a 6"]);
    expect(table.watchCount).toBe(1);
  });

  test("of exists fires on creation", () => {
    const { table, take } = makeTable();
    table.addData("/a", AMY);
    table.addChild("/", BOB);
    trigger(table, "created", "/a", 5);
    expect(take()).toEqual(["amy created /a 5", "bob children / 5"]);
  });

  test("fires deleted once for a watcher of both kinds, then children on the parent", () => {
    const { table, take } = makeTable();
    table.addChild("/p/a", AMY);
    table.addData("/p/a", AMY);
    table.addChild("/p/a", BOB);
    table.addChild("/p", AMY);
    table.addData("/p", BOB);
    trigger(table, "deleted", "/p/a", 5);
    expect(take()).toEqual(["amy deleted /p/a 5", "bob deleted /p/a 5", "amy children /p 5"]);
    expect(table.watchCount).toBe(1);
  });
});

describe("which event reaches which kind of watch", () => {
  type Add = "addData" | "addChild" | "addPersistent" | "addRecursive";
  const kinds: Add[] = ["addData", "addChild", "addPersistent", "addRecursive"];
  // What a watch on /p hears of each change, by kind: data, child, persistent, recursive.
  test.each<[ChangeKind, string, (string | null)[]]>([
    ["created", "/p", ["created /p", null, "created /p", "created /p"]],
    ["dataChanged", "/p", ["data /p", null, "data /p", "data /p"]],
    ["deleted", "/p", ["deleted /p", "deleted /p", "deleted /p", "deleted /p"]],
    ["created", "/p/c", [null, "children /p", "children /p", "created /p/c"]],
    ["dataChanged", "/p/c", [null, null, null, "data /p/c"]],
    ["deleted", "/p/c", [null, "children /p", "children /p", "deleted /p/c"]],
    ["created", "/p/c/d", [null, null, null, "created /p/c/d"]],
    ["deleted", "/p/c/d", [null, null, null, "deleted /p/c/d"]],
    ["created", "/pp", [null, null, null, null]],
    ["dataChanged", "/", [null, null, null, null]],
  ])("%s %s", (change, path, heard) => {
    for (const [index, add] of kinds.entries()) {
      const { table, take } = makeTable();
      table[add]("/p", AMY);
      trigger(table, change, path, 5);
      const event = heard[index] ?? null;
      expect([add, take()]).toEqual([add, event === null ? [] : [`amy ${event} 5`]]);
      const stays = event === null || add === "addPersistent" || add === "addRecursive";
      expect([add, table.countOf(AMY) > 0]).toEqual([add, stays]);
    }
  });

  test("a recursive watch on the root hears of everything but of children", () => {
    const { table, take } = makeTable();
    table.addRecursive("/", AMY);
    trigger(table, "created", "/a", 5);
    trigger(table, "created", "/a/b", 6);
    trigger(table, "dataChanged", "/", 7);
    expect(take()).toEqual(["amy created /a 5", "amy created /a/b 6", "amy data / 7"]);
  });
});

describe("several kinds of watches of one watcher", () => {
  test("give one event, and the one-time ones are used up with it", () => {
    const { table, take } = makeTable();
    table.addRecursive("/", AMY);
    table.addRecursive("/p", AMY);
    table.addPersistent("/p", AMY);
    table.addData("/p", AMY);
    table.addChild("/p", AMY);
    trigger(table, "dataChanged", "/p", 5);
    expect(take()).toEqual(["amy data /p 5"]);
    expect(table.has("/p", AMY, WatcherType.data)).toBe(false);
    trigger(table, "created", "/p/c", 6);
    expect(take()).toEqual(["amy created /p/c 6", "amy children /p 6"]);
    expect(table.has("/p", AMY, WatcherType.children)).toBe(false);
    trigger(table, "deleted", "/p", 7);
    expect(take()).toEqual(["amy deleted /p 7"]);
  });

  test("a recursive watch above uses up a child watch without an event of its own", () => {
    const { table, take } = makeTable();
    table.addRecursive("/", AMY);
    table.addChild("/p", AMY);
    table.addChild("/p", BOB);
    trigger(table, "deleted", "/p", 5);
    expect(take()).toEqual(["amy deleted /p 5", "bob deleted /p 5"]);
    expect(table.watchCount).toBe(1);
  });
});

describe("checking and removing", () => {
  const { children, data, any, persistent, persistentRecursive } = WatcherType;
  const types = [children, data, any, persistent, persistentRecursive];
  function present(table: WatchTable<Watcher>, path = "/a"): WatcherType[] {
    return types.filter((type) => table.has(path, AMY, type));
  }
  function all(): WatchTable<Watcher> {
    const { table } = makeTable();
    for (const watcher of [AMY, BOB]) {
      table.addData("/a", watcher);
      table.addChild("/a", watcher);
      table.addPersistent("/a", watcher);
      table.addRecursive("/a", watcher);
    }
    return table;
  }

  test("a type means watches of that kind alone, and any means all", () => {
    const table = all();
    expect(present(table)).toEqual(types);
    expect(table.watchCount).toBe(10);
    expect(table.remove("/a", AMY, data)).toBe(true);
    expect(present(table)).toEqual([children, any, persistent, persistentRecursive]);
    expect(table.remove("/a", AMY, persistent)).toBe(true);
    expect(present(table)).toEqual([children, any, persistentRecursive]);
    expect(table.remove("/a", AMY, any)).toBe(true);
    expect(present(table)).toEqual([]);
    for (const type of types) expect(table.remove("/a", AMY, type)).toBe(false);
    expect([table.countOf(AMY), table.countOf(BOB), table.watchCount]).toEqual([0, 5, 5]);
  });

  test("a watch is where it was set: neither above nor below", () => {
    const table = all();
    expect(present(table, "/a/b")).toEqual([]);
    expect(present(table, "/")).toEqual([]);
  });

  test("what is removed fires no more", () => {
    const { table, take } = makeTable();
    table.addRecursive("/a", AMY);
    table.addRecursive("/", BOB);
    table.remove("/a", AMY, persistentRecursive);
    trigger(table, "created", "/a/b", 5);
    expect(take()).toEqual(["bob created /a/b 5"]);
    table.remove("/", BOB, any);
    trigger(table, "created", "/a/c", 6);
    expect(take()).toEqual([]);
  });

  test("a watcher that is gone has none, and others' stay", () => {
    const table = all();
    table.addData("/other", AMY);
    table.removeWatcher(AMY);
    expect([table.countOf(AMY), table.countOf(BOB), table.watchCount]).toEqual([0, 5, 5]);
  });
});

describe("who may not read", () => {
  test("is not told, uses the watch up, and does not count among the notifications", () => {
    const events: [string, readonly Acl[] | null][] = [];
    const table = new WatchTable<Watcher>((watcher, _type, path, _zxid, acl) => {
      if (watcher === BOB) return false;
      events.push([path, acl]);
      return true;
    });
    for (const watcher of [AMY, BOB]) {
      table.addData("/p/a", watcher);
      table.addChild("/p", watcher);
    }
    const own: readonly Acl[] = [];
    table.trigger("created", "/p/a", 5 as Zxid, own, READ_ACL);
    expect(events).toEqual([
      ["/p/a", own],
      ["/p", READ_ACL],
    ]);
    expect(table.watchCount).toBe(0);
    expect(table.topK(2).map(({ notifications }) => notifications)).toEqual([1, 1]);
  });
});

describe("hot paths", () => {
  test("are those with most watchers now, then those that fired most", () => {
    const { table } = makeTable();
    for (const path of ["/one", "/two", "/two-too", "/fired"]) table.addData(path, AMY);
    for (const path of ["/two", "/two-too"]) table.addChild(path, BOB);
    trigger(table, "dataChanged", "/fired", 1);
    expect(table.topK(3)).toEqual([
      { path: "/two", watchers: 2, notifications: 0 },
      { path: "/two-too", watchers: 2, notifications: 0 },
      { path: "/one", watchers: 1, notifications: 0 },
    ]);
    expect(table.topK(9).at(-1)).toEqual({ path: "/fired", watchers: 0, notifications: 1 });
    expect(table.topK(0)).toEqual([]);
  });

  test("count watches of all kinds; what a recursive watch hears counts for the changed znode", () => {
    const { table } = makeTable();
    table.addPersistent("/p", AMY);
    table.addRecursive("/p", AMY);
    trigger(table, "dataChanged", "/p/c", 1);
    expect(table.topK(3)).toEqual([
      { path: "/p", watchers: 3, notifications: 0 },
      { path: "/p/c", watchers: 0, notifications: 1 },
    ]);
  });

  test("count the events of one change to many watchers, and a double watcher once", () => {
    const { table } = makeTable();
    table.addData("/a", AMY);
    table.addChild("/a", AMY);
    table.addChild("/a", BOB);
    trigger(table, "deleted", "/a", 1);
    expect(table.topK(1)).toEqual([{ path: "/a", watchers: 0, notifications: 2 }]);
  });

  test("are counted in bounded memory, without losing the hottest", () => {
    const counts = new NotificationCounts(10);
    counts.add("/hot", 1000);
    for (let i = 0; i < 1000; i++) {
      counts.add(`/${i}`, 1);
      expect(counts.size).toBeLessThanOrEqual(20);
    }
    expect(counts.get("/hot")).toBe(1000);
  });
});

test("the report for the four-letter commands leaves the watches of getChildren out", () => {
  const { table } = makeTable();
  table.addData("/a", AMY);
  table.addPersistent("/a", AMY);
  table.addRecursive("/b", AMY);
  table.addData("/a", BOB);
  table.addChild("/c", BOB);
  expect(table.report.summary()).toEqual({ watchers: 2, paths: 2, watches: 3 });
  expect([...table.report.byPath()]).toEqual([
    ["/a", new Set([AMY, BOB])],
    ["/b", new Set([AMY])],
  ]);
  expect([...table.report.byWatcher()]).toEqual([
    [AMY, new Set(["/a", "/b"])],
    [BOB, new Set(["/a"])],
  ]);
});
