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
    find: `    this.#check.ask(() => this.#replies.synced(from, request));`,
    replace: `    this.#replies.synced(from, request);`,
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
  {
    name: "clients-kept-without-a-leader",
    file: "server/server.ts",
    find: `      this.#times.forget();
      this.#port.closeAll();`,
    replace: `      this.#times.forget();`,
    guarantee: "timeliness",
    seenBy: ["C12", "C9", "C5", "C4", "C8"],
    why: "Clients of a server that is cut off from the others go on reading the past, and are not told.",
    broughtOut: "partition of a follower",
  },
  {
    name: "older-connection-on-the-same-server-kept",
    file: "server/net/client-port.ts",
    find: `    if (older && older !== connection) older.close();`,
    replace: `    if (older && older.sessionId !== connection.sessionId) older.close();`,
    also: [
      {
        file: "server/net/client-port.ts",
        find: `    if (older?.password?.equals(password) === true) older.close();`,
        replace: `    if (older?.password?.length === 0) older.close();`,
      },
    ],
    guarantee: "sequential consistency",
    seenBy: ["C4", "C5", "C2", "C9"],
    why: "A session that is taken over by another client at the same server is served on both connections.",
    broughtOut: "session taken over at the server where it is",
  },
  {
    name: "length-of-a-frame-cut-in-two",
    file: "server/wire/frames.ts",
    find: `    this.#hold(chunk, at);
  }

  #checkLength`,
    replace: `    this.#hold(chunk, chunk.length - at < LENGTH_BYTES ? chunk.length : at);
  }

  #checkLength`,
    guarantee: "liveness",
    seenBy: ["C12", "C4"],
    why: "When the network cuts the length of a frame in two its first half is lost, and all that follows is misread.",
    broughtOut: "writes that arrive in pieces",
  },
];
