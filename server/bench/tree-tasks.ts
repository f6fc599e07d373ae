/** From a request to the changed tree and the events of its watches. */
import { makeZxid } from "../ids.ts";
import { OPEN_ACL } from "../tree/acl.ts";
import { TestLeader, create } from "../tree/testing/leader.ts";
import { WatchTable } from "../tree/watches.ts";
import type { MicroTask } from "./micro-task.ts";

const PATH = "/z";
const DATA = Buffer.alloc(1024, "x");
const ZXID = makeZxid(1, 1);

export function treeTasks(): MicroTask[] {
  const leader = new TestLeader();
  leader.run(create(PATH));
  return [
    {
      name: "prepare, encode, decode and apply a setData of 1 KiB",
      run() {
        leader.run({ type: "setData", path: PATH, data: DATA, version: -1 });
      },
    },
    watchTask(1),
    watchTask(1000),
  ];
}

/** Watches are gone once they fired, so that setting them again belongs to it. */
function watchTask(count: number): MicroTask {
  let delivered = 0;
  const table = new WatchTable<object>(() => ++delivered > 0);
  const watchers = Array.from({ length: count }, () => ({}));
  const each = count === 1 ? "1 watch" : `${count.toLocaleString("en-US")} watches`;
  return {
    name: `set and trigger ${each} of one znode`,
    run() {
      delivered = 0;
      for (const watcher of watchers) table.addData(PATH, watcher);
      table.trigger("dataChanged", PATH, ZXID, OPEN_ACL, null);
      if (delivered !== count) throw new Error(`${delivered} events for ${count} watches`);
    },
  };
}
