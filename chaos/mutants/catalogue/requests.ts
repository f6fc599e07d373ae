/** Bugs between a client and the leader: in what order, from where and by whom requests are answered. */
import type { Mutant } from "../mutant.ts";

export const REQUEST_MUTANTS: readonly Mutant[] = [
  {
    name: "last-zxid-seen-not-checked",
    file: "server/net/client-handshake.ts",
    find: `  if (lastZxidSeen > applied) {`,
    replace: `  if (lastZxidSeen > applied && readOnly !== null) {`,
    guarantee: "single system image",
    seenBy: ["C5", "C4"],
    why: "A client that moves to a server that lags sees the past again.",
    broughtOut: "a client moves to a lagging follower",
  },
  {
    name: "sync-answered-locally",
    file: "server/request-router.ts",
    find: `    else this.#toLeader({ type: "sync", request });`,
    replace: `    else this.synced(request);`,
    guarantee: "linearizability",
    seenBy: ["C6"],
    why: "A sync does nothing: a read behind it misses a write that ended before it began.",
    broughtOut: "lagging follower",
  },
  {
    name: "sync-without-a-quorum",
    file: "server/leader-service.ts",
    find: `    this.#syncs.push({ from, request, round: 0 });
    if (this.#syncScheduled) return;`,
    replace: `    this.#replies.synced(from, request);
    if (request >= 0) return;`,
    guarantee: "linearizability",
    seenBy: ["C6"],
    why: "A leader that was deposed and does not know it answers syncs with the past, as ZooKeeper's does.",
    broughtOut: "partition of the leader from the other servers, not from its clients",
  },
  {
    name: "read-overtakes-own-write",
    file: "server/net/client-requests.ts",
    find: `        if (this.#pending.length === 0) this.#answer(`,
    replace: `        if (this.#held === 0) this.#answer(`,
    guarantee: "sequential consistency",
    seenBy: ["C4", "C5"],
    why: "A session does not see what it has just written, and replies come out of turn.",
    broughtOut: "write and read of one session without a pause",
  },
  {
    name: "write-overtakes-sync",
    file: "server/net/client-requests.ts",
    find: `    const hold = this.#held + this.#syncing > 0 || this.#reading > MAX_READS_BEFORE_WRITE;`,
    replace: `    const hold = this.#held > 0 || this.#reading > MAX_READS_BEFORE_WRITE;`,
    guarantee: "sequential consistency",
    seenBy: ["C5", "C4"],
    why: "A sync is answered with a state that has the writes its client sent after it, and their replies seem to come from the past.",
    broughtOut: "sync and write of one session without a pause",
  },
];
