/** Bugs in our ZooKeeper client, which every lock and every election rests on. */
import type { Mutant } from "../mutant.ts";

export const CLIENT_MUTANTS: readonly Mutant[] = [
  {
    name: "client-does-not-raise-last-zxid",
    file: "loadgen/client/session-identity.ts",
    find: `    if (zxid > this.lastReplyZxid) this.lastReplyZxid = zxid as Zxid;
    if (zxid > this.lastZxid) this.lastZxid = zxid as Zxid;`,
    replace: `    if (zxid > this.lastReplyZxid) this.lastReplyZxid = zxid as Zxid;`,
    guarantee: "single system image",
    seenBy: ["C5"],
    why: "A client does not say what it has seen in replies, so a server that lags takes it in and shows it the past.",
    broughtOut: "a client moves to a lagging follower",
  },
  {
    name: "client-sends-a-lost-write-again",
    file: "loadgen/client/link.ts",
    find: `      const outcome = op?.isWrite ? "info" : "fail";`,
    replace: `      if (op?.isWrite && this.#owner.again(op)) continue;
      const outcome = op?.isWrite ? "info" : "fail";`,
    also: [
      {
        file: "loadgen/client/link.ts",
        find: `  /** The link broke, or broke the protocol; it holds no operation any more. */`,
        replace: `  again(op: Op): boolean;
  /** The link broke, or broke the protocol; it holds no operation any more. */`,
      },
      {
        file: "loadgen/client/client.ts",
        find: `  broken(link: Link, problem: string): void {`,
        replace: `  again(op: Op): boolean {
    if (this.#state !== "connecting") return false;
    this.#waiting.push(op, 0);
    return true;
  }

  broken(link: Link, problem: string): void {`,
      },
    ],
    guarantee: "atomicity",
    seenBy: ["C2", "C3", "C4", "C9", "C10"],
    why: "A write whose answer was lost is sent again and happens twice, or is refused for what it did itself (the classic mistake of retrying ConnectionLoss).",
    broughtOut: "connection lost between a write and its answer",
  },
  {
    name: "client-calls-a-lost-write-failed",
    file: "loadgen/client/link.ts",
    find: `      const outcome = op?.isWrite ? "info" : "fail";`,
    replace: `      const outcome = "fail" as const;`,
    guarantee: "atomicity",
    seenBy: ["C2", "C3", "C7"],
    why: "A write that may have been applied is said to have had no effect, and its caller does it another way.",
    broughtOut: "connection lost between a write and its answer",
  },
  {
    name: "client-does-not-set-watches-again",
    file: "loadgen/client/client.ts",
    find: `    this.#setWatches(link);`,
    replace: ``,
    guarantee: "watches",
    seenBy: ["C8", "C12"],
    why: "Watches end with the connection that they were left on: whoever waits for a lock waits for ever.",
    broughtOut: "watch, reconnect, set",
  },
  {
    name: "client-forgets-child-watches-at-data-events",
    file: "loadgen/client/watch-registry.ts",
    find: `    if (type === "deleted") child.delete(path);`,
    replace: `    child.delete(path);`,
    guarantee: "watches",
    seenBy: ["C8"],
    why: "A client that watches data and children of one znode loses the second watch at a reconnect, once the first has fired.",
    broughtOut: "both watches on one znode, set, reconnect, create below it",
  },
  {
    name: "client-drops-events-while-waiting",
    file: "loadgen/client/link.ts",
    find: `    this.#owner.watchEvent(event.type, event.path, zxid);`,
    replace: `    if (this.#sent.length === 0) this.#owner.watchEvent(event.type, event.path, zxid);`,
    guarantee: "watches",
    seenBy: ["C8", "C12"],
    why: "An event that comes while a request is under way is lost.",
    broughtOut: "watch, then requests and changes at once",
  },
  {
    name: "client-forgets-waiting-requests",
    file: "loadgen/client/op-queue.ts",
    find: `    while (this.#head < this.#tail && this.#ops[this.#head & this.#mask] === null) this.#head++;`,
    replace: `    while (this.#head < this.#tail) this.#head++;`,
    guarantee: "liveness",
    seenBy: ["C12", "C4"],
    why: "Requests that wait for a connection are forgotten when it is looked which of them have timed out: they never end.",
    broughtOut: "no quorum for longer than a request's patience",
  },
  {
    name: "reply-goes-to-the-next-request",
    file: "loadgen/client/link.ts",
    find: `    if (sent.length === 0 || sent.headXid !== xid) {`,
    replace: `    sent.dropTimedOut();
    if (sent.length === 0) {`,
    guarantee: "sequential consistency",
    seenBy: ["C2", "C4", "C5", "C6"],
    why: "The late answer to a request that has timed out is taken for that to the next one.",
    broughtOut: "a slow server, requests that time out",
  },
  {
    name: "exist-watch-set-again-as-a-data-watch",
    file: "loadgen/client/watch-registry.ts",
    find: `        else if (code === ErrorCode.NoNode) this.#paths.exist.add(path);`,
    replace: `        else if (code === ErrorCode.NoNode) this.#paths.data.add(path);`,
    guarantee: "watches",
    seenBy: ["C8"],
    why: "A client that waits for a znode to appear is told after a reconnect that it was deleted.",
    broughtOut: "exists with a watch on a missing znode, reconnect",
  },
  {
    name: "grown-queue-mixes-up-its-xids",
    file: "loadgen/client/op-queue.ts",
    find: `      xids[position & (capacity - 1)] = this.#xids[position & this.#mask] as number;`,
    replace: `      xids[position & this.#mask] = this.#xids[position & this.#mask] as number;`,
    guarantee: "liveness",
    seenBy: ["C4", "C12", "C2"],
    why: "A client with more than 64 requests under way takes the answers for those to other requests, and gives its connection up.",
    broughtOut: "more than 64 requests at once",
  },
];
