import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Zxid } from "../ids.ts";
import type { EventType } from "../wire/opcodes.ts";
import type { ChangeKind } from "./data-tree.ts";
import { NotificationCounts } from "./notification-counts.ts";
import { parentOf } from "./path.ts";
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

describe("a watch", () => {
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

  test("of a watcher that is gone fires no more, and others' stay", () => {
    const { table, take } = makeTable();
    for (const watcher of [AMY, BOB]) {
      table.addData("/a", watcher);
      table.addChild("/a", watcher);
    }
    table.removeWatcher(AMY);
    expect([table.countOf(AMY), table.countOf(BOB), table.watchCount]).toEqual([0, 2, 2]);
    trigger(table, "deleted", "/a", 5);
    expect(take()).toEqual(["bob deleted /a 5"]);
  });

  test("fires as in a table that is a plain list", () => {
    const watchers = ["a", "b", "c"].map((name) => ({ name }));
    const path = fc.constantFrom("/", "/x", "/x/y", "/z");
    const action = fc.oneof(
      fc.record({ do: fc.constantFrom("data", "child"), path, who: fc.nat({ max: 2 }) }),
      fc.record({ do: fc.constantFrom("created", "deleted", "dataChanged"), path }),
      fc.record({ do: fc.constant("gone"), who: fc.nat({ max: 2 }) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const { table, take } = makeTable();
        let list: { kind: string; path: string; name: string }[] = [];
        /** Takes the matching watches out of the list; names of their watchers. */
        const fire = (kind: string, at: string): Set<string> => {
          const fired = list.filter((watch) => watch.kind === kind && watch.path === at);
          list = list.filter((watch) => !fired.includes(watch));
          return new Set(fired.map(({ name }) => name));
        };
        for (const [index, step] of actions.entries()) {
          const zxid = (index + 1) as Zxid;
          const expected: string[] = [];
          const tell = (names: Set<string>, what: string, at: string): void => {
            for (const name of names) expected.push(`${name} ${what} ${at} ${zxid}`);
          };
          if (step.do === "data" || step.do === "child") {
            const watcher = watchers[step.who] as Watcher;
            if (step.do === "data") table.addData(step.path, watcher);
            else table.addChild(step.path, watcher);
            const watch = { kind: step.do, path: step.path, name: watcher.name };
            if (!list.some((w) => JSON.stringify(w) === JSON.stringify(watch))) list.push(watch);
          } else if (step.do === "gone") {
            const watcher = watchers[step.who] as Watcher;
            table.removeWatcher(watcher);
            list = list.filter(({ name }) => name !== watcher.name);
          } else {
            trigger(table, step.do as ChangeKind, step.path, zxid);
            const data = fire("data", step.path);
            if (step.do === "dataChanged") tell(data, "data", step.path);
            else if (step.do === "created") tell(data, "created", step.path);
            else tell(new Set([...data, ...fire("child", step.path)]), "deleted", step.path);
            const parent = parentOf(step.path);
            if (step.do !== "dataChanged") tell(fire("child", parent), "children", parent);
          }
          expect(take().sort()).toEqual(expected.sort());
          expect(table.watchCount).toBe(list.length);
        }
      }),
    );
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
