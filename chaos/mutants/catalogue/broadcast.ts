/** Bugs in the broadcast of Zab: what is acknowledged, counted, committed and applied when. */
import type { Mutant } from "../mutant.ts";

export const BROADCAST_MUTANTS: readonly Mutant[] = [
  {
    name: "proposal-acked-before-fsync",
    file: "server/zab/follower.ts",
    find: `    this.#core.append({ zxid, bytes });`,
    replace: `    this.#core.append({ zxid, bytes });
    if (this.#ackedNewLeader) {
      this.#ackedZxid = zxid;
      this.#core.out.send(this.leader, { type: "ack", zxid });
    }`,
    guarantee: "reliability",
    seenBy: ["C7", "C1", "C5"],
    why: "A write that was acknowledged is gone when the machines of a majority lose power.",
    broughtOut: "power cut of a majority, the old leader comes back last",
  },
  {
    name: "leader-counts-itself-before-fsync",
    file: "server/zab/leader.ts",
    find: `if (sid === this.#core.sid) return this.#core.durable;`,
    replace: `if (sid === this.#core.sid) return this.#core.history.last;`,
    guarantee: "reliability",
    seenBy: ["C7", "C1", "C5"],
    why: "The leader takes its own log for durable as soon as it is asked to write it: an acknowledged write is on fewer disks than a quorum, and is gone after a power cut.",
    broughtOut:
      "power cut of the leader while a slow disk writes, the follower that has the write away",
  },
  {
    name: "leader-acked-twice",
    file: "server/zab/quorum.ts",
    find: `    const reached = this.voters.map(numberOf);
    reached.sort((a, b) => b - a);`,
    replace: `    const reached = this.voters.map(numberOf);
    reached.sort((a, b) => b - a);
    if (reached.length > 1) reached.unshift(reached[0] as N);`,
    guarantee: "reliability",
    seenBy: ["C7", "C1", "C3", "C5", "C6"],
    why: "Whoever is furthest (the leader) is counted as the leader and as a voter: a write is acknowledged by one server less than a quorum, and lost with it.",
    broughtOut: "the leader is killed or cut off with writes under way",
  },
  {
    name: "quorum-is-half",
    file: "server/zab/quorum.ts",
    find: `this.size = Math.floor(voters.length / 2) + 1;`,
    replace: `this.size = Math.max(Math.min(2, voters.length), Math.floor(voters.length / 2));`,
    guarantee: "linearizability",
    seenBy: ["C1", "C3", "C7", "C11", "C5", "C12"],
    why: "Two halves of the ensemble elect a leader each and both acknowledge writes.",
    broughtOut: "partition of four, five or seven servers",
  },
  {
    name: "quorum-is-half-of-an-even-number",
    file: "server/zab/quorum.ts",
    find: `this.size = Math.floor(voters.length / 2) + 1;`,
    replace: `this.size = Math.ceil(voters.length / 2);`,
    guarantee: "linearizability",
    seenBy: ["C1", "C3", "C7", "C11", "C5", "C12"],
    why: "Right for every ensemble of odd size, so nobody sees it until a server joins or leaves; then two halves acknowledge writes.",
    broughtOut: "reconfiguration to an even number of voters, then a partition",
  },
  {
    name: "follower-applies-before-commit",
    file: "server/zab/follower.ts",
    find: `    this.#core.append({ zxid, bytes });`,
    replace: `    this.#core.append({ zxid, bytes });
    if (this.phase === "BROADCAST") this.#core.commit(zxid);`,
    guarantee: "reliability",
    seenBy: ["C7", "C5", "C1", "C12"],
    why: "Clients read writes that no quorum has logged yet, and see them vanish when the leader is lost.",
    broughtOut: "leader killed or cut off between proposal and acknowledgement",
  },
  {
    name: "pending-writes-applied-when-the-role-ends",
    file: "server/zab/peer.ts",
    find: `  #look(reason: string): void {
    this.#leader = null;`,
    replace: `  #look(reason: string): void {
    if (this.#leader || this.#follower) this.core.commit(this.core.history.last);
    this.#leader = null;`,
    guarantee: "reliability",
    seenBy: ["C7", "C5", "C1", "C12"],
    why: "A leader that is given up applies what it had only proposed, and answers it: the next leader knows nothing of it (ZOOKEEPER-2845, where fastForwardDataBase did so).",
    broughtOut: "partition of a leader with pending writes, then it rejoins",
  },
  {
    name: "commit-applies-only-the-transaction-it-names",
    file: "server/zab/core.ts",
    find: `this.history.forEach(from, zxid, (entry) => this.out.deliver(entry));`,
    replace: `this.history.forEach(from, zxid, (entry) => {
      const isSync = Math.floor(from / 2 ** 32) !== Math.floor(zxid / 2 ** 32);
      if (entry.zxid === zxid || isSync) this.out.deliver(entry);
    });`,
    guarantee: "atomicity",
    seenBy: ["C2", "C1", "C5", "C8", "C9", "C12"],
    why: "Acknowledgements overtake each other; a commit that stands for several transactions applies the last one alone, and the others are missing on this server.",
    broughtOut:
      "delays that differ per link, so that acknowledgements of several proposals come at once",
  },
  {
    name: "leader-stays-without-a-quorum",
    file: "server/zab/leader.ts",
    find: `    if (this.phase === "BROADCAST" && !this.#core.ensemble.quorum.reached((s) => this.#isSynced(s)))
      this.#control.look("lost the quorum of followers");`,
    replace: ``,
    guarantee: "liveness",
    seenBy: ["C12", "C5"],
    why: "A leader that nobody follows any more goes on leading, and never comes back to the ensemble, with the clients that it has.",
    broughtOut: "partition of the leader that lasts longer than syncLimit",
  },
  {
    name: "follower-pinned-to-a-leader-that-stepped-down",
    file: "server/zab/peer.ts",
    find: `    if (this.#leftBy(from, message)) {`,
    replace: `    if (this.#leftBy(from, message) && this.broadcasting === false) {`,
    guarantee: "liveness",
    seenBy: ["C12"],
    why: "A follower goes on following a server that says that it looks for a leader itself: its clients' writes are never answered.",
    broughtOut: "the leader loses its quorum while one follower's link to it stays up",
  },
];
