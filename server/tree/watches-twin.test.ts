/** The table beside a twin that is a plain list of watches, searched as the definitions say. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Zxid } from "../ids.ts";
import { EventType, WatcherType } from "../wire/opcodes.ts";
import type { ChangeKind } from "./data-tree.ts";
import { WatchTable } from "./watches.ts";

type Kind = "data" | "child" | "persistent" | "recursive";
interface Watch {
  readonly kind: Kind;
  readonly path: string;
  readonly who: number;
}

const WATCHERS = [{}, {}, {}];
const PATHS = ["/", "/x", "/x/y", "/x/y/z", "/xy", "/z"];
const KINDS: readonly Kind[] = ["data", "child", "persistent", "recursive"];
const CHANGES: readonly ChangeKind[] = ["created", "deleted", "dataChanged"];
const TYPES = Object.values(WatcherType);
const KINDS_OF: Record<WatcherType, readonly Kind[]> = {
  [WatcherType.children]: ["child"],
  [WatcherType.data]: ["data"],
  [WatcherType.any]: KINDS,
  [WatcherType.persistent]: ["persistent"],
  [WatcherType.persistentRecursive]: ["recursive"],
};

class PlainWatches {
  list: Watch[] = [];

  add(watch: Watch): void {
    if (!this.list.some((one) => sameWatch(one, watch))) this.list.push(watch);
  }

  find(path: string, who: number, type: WatcherType): Watch[] {
    const kinds = KINDS_OF[type];
    return this.list.filter(
      (one) => one.path === path && one.who === who && kinds.includes(one.kind),
    );
  }

  remove(watches: readonly Watch[]): void {
    this.list = this.list.filter((one) => !watches.includes(one));
  }

  /** Per watcher, what it is told. */
  trigger(change: ChangeKind, path: string): string[][] {
    const told: string[][] = WATCHERS.map(() => []);
    const tell = (watches: readonly Watch[], type: EventType, at: string): void => {
      for (const who of new Set(watches.map((one) => one.who))) {
        const event = `${type} ${at}`;
        if (told[who]?.includes(event) === false) told[who].push(event);
      }
      this.remove(watches.filter(({ kind }) => kind === "data" || kind === "child"));
    };
    tell(
      this.list.filter((one) => hearsOfData(one, path)),
      EventType[change],
      path,
    );
    if (change === "deleted") {
      tell(
        this.list.filter((one) => hearsOfChildren(one, path)),
        EventType.deleted,
        path,
      );
    }
    if (change !== "dataChanged") {
      const parent = path.slice(0, path.lastIndexOf("/")) || "/";
      tell(
        this.list.filter((one) => hearsOfChildren(one, parent)),
        EventType.childrenChanged,
        parent,
      );
    }
    return told;
  }
}

function hearsOfData({ kind, path: at }: Watch, path: string): boolean {
  const below = at === "/" || path.startsWith(`${at}/`);
  return kind === "recursive" ? at === path || below : kind !== "child" && at === path;
}

function hearsOfChildren({ kind, path: at }: Watch, path: string): boolean {
  return at === path && (kind === "child" || kind === "persistent");
}

function sameWatch(a: Watch, b: Watch): boolean {
  return a.kind === b.kind && a.path === b.path && a.who === b.who;
}

function addTo(table: WatchTable<object>, { kind, path, who }: Watch): void {
  const watcher = WATCHERS[who] as object;
  if (kind === "data") table.addData(path, watcher);
  else if (kind === "child") table.addChild(path, watcher);
  else if (kind === "persistent") table.addPersistent(path, watcher);
  else table.addRecursive(path, watcher);
}

const path = fc.constantFrom(...PATHS);
const who = fc.nat({ max: WATCHERS.length - 1 });
const step = fc.oneof(
  fc.record({ do: fc.constant("add"), kind: fc.constantFrom(...KINDS), path, who }),
  fc.record({ do: fc.constant("trigger"), change: fc.constantFrom(...CHANGES), path }),
  fc.record({ do: fc.constant("remove"), type: fc.constantFrom(...TYPES), path, who }),
  fc.record({ do: fc.constant("gone"), who }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Takes the step on both sides; what each said of it. */
function take(
  one: Step,
  table: WatchTable<object>,
  plain: PlainWatches,
  heard: string[][],
): { said: unknown; expected: unknown } {
  if ("kind" in one) {
    addTo(table, one);
    plain.add({ kind: one.kind, path: one.path, who: one.who });
    return { said: null, expected: null };
  }
  if ("change" in one) {
    const change = one.path === "/" ? "dataChanged" : one.change;
    table.trigger(change, one.path, 1 as Zxid, null, null);
    return { said: heard, expected: plain.trigger(change, one.path) };
  }
  if ("type" in one) {
    const found = plain.find(one.path, one.who, one.type);
    plain.remove(found);
    const said = table.remove(one.path, WATCHERS[one.who] as object, one.type);
    return { said, expected: found.length > 0 };
  }
  table.removeWatcher(WATCHERS[one.who] as object);
  plain.remove(plain.list.filter((watch) => watch.who === one.who));
  return { said: null, expected: null };
}

test("fires, finds and removes as a plain list of watches does", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const heard: string[][] = WATCHERS.map(() => []);
      const table = new WatchTable<object>((watcher, type, at) => {
        heard[WATCHERS.indexOf(watcher)]?.push(`${type} ${at}`);
        return true;
      });
      const plain = new PlainWatches();
      for (const one of steps) {
        const { said, expected } = take(one, table, plain, heard);
        expect(said).toEqual(expected);
        for (const events of heard) events.length = 0;
        const weight = (watch: Watch): number => (watch.kind === "persistent" ? 2 : 1);
        expect(table.watchCount).toBe(plain.list.reduce((sum, watch) => sum + weight(watch), 0));
      }
      for (const [index, watcher] of WATCHERS.entries()) {
        for (const at of PATHS) {
          for (const type of TYPES) {
            expect(table.has(at, watcher, type)).toBe(plain.find(at, index, type).length > 0);
          }
        }
      }
    }),
    { numRuns: 500 },
  );
});
