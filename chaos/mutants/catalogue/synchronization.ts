/** Bugs in election, discovery and synchronization: how the history of an epoch begins. */
import type { Mutant } from "../mutant.ts";

export const SYNCHRONIZATION_MUTANTS: readonly Mutant[] = [
  {
    name: "newleader-acked-before-history-durable",
    file: "server/zab/follower.ts",
    find: `this.#currentToken = this.#core.saveEpochs({ current: epoch });`,
    replace: `this.#currentToken = this.#core.saveEpochs({ current: epoch });
    this.#ackedNewLeader = true;
    this.#core.out.send(this.leader, { type: "ackNewLeader", epoch });`,
    guarantee: "reliability",
    seenBy: ["C7", "C1", "C5"],
    why: "What a leader committed on the word of a follower that had not written it is gone after a power cut (ZOOKEEPER-3911, ZOOKEEPER-4646).",
    broughtOut: "DIFF sync, power cut of a quorum, the old leader stays out",
  },
  {
    name: "diff-where-trunc-is-needed",
    file: "server/zab/leader.ts",
    find: `      if (common !== learner.lastZxid) out.send(to, { type: "trunc", zxid: common });`,
    replace: ``,
    guarantee: "sequential consistency",
    seenBy: ["C1", "C2", "C5", "C7", "C12"],
    why: "A server that comes back with writes that nobody committed keeps them, and its tree differs from all others (ZOOKEEPER-1154, ZOOKEEPER-2832).",
    broughtOut: "a lone write, all crash, the others restart, the server rejoins",
  },
  {
    name: "diff-begins-one-too-late",
    file: "server/zab/leader.ts",
    find: `      from = common;`,
    replace: `      from = (common + 1) as Zxid;`,
    guarantee: "sequential consistency",
    seenBy: ["C1", "C7", "C5", "C2", "C8", "C9", "C12"],
    why: "A follower that was away for a moment misses one transaction for ever.",
    broughtOut: "a follower is restarted or cut off while writes go on",
  },
  {
    name: "snapshot-sync-misses-what-is-under-way",
    file: "server/zab/leader.ts",
    find: `      from = out.sendSnapshot(to);`,
    replace: `      out.sendSnapshot(to);
      from = history.last;`,
    guarantee: "sequential consistency",
    seenBy: ["C1", "C7", "C12"],
    why: "Proposals that are not committed when a snapshot is sent never reach the follower, and yet it is counted among those that hold them.",
    broughtOut:
      "a follower returns after the leader was restarted from a snapshot, with writes under way",
  },
  {
    name: "vote-ignores-the-epoch",
    file: "server/zab/messages.ts",
    find: `  if (a.epoch !== b.epoch) return a.epoch > b.epoch;
  if (a.zxid !== b.zxid) return a.zxid > b.zxid;`,
    replace: `  const counter = (zxid: number): number => zxid % 2 ** 32;
  if (counter(a.zxid) !== counter(b.zxid)) return counter(a.zxid) > counter(b.zxid);`,
    also: [
      {
        file: "server/zab/leader.ts",
        find: `      currentEpoch > epochs.current ||
      (currentEpoch === epochs.current && learner.lastZxid > history.last);`,
        replace: `      currentEpoch === epochs.current && learner.lastZxid > history.last;`,
      },
    ],
    guarantee: "reliability",
    seenBy: ["C7", "C1", "C5", "C12"],
    why: "A server with a long stale log is elected over one with the newer epoch, and acknowledged writes are cut off (cf. ZOOKEEPER-1818).",
    broughtOut: "two epochs, then a server with a stale and longer log returns",
  },
  {
    name: "proposal-of-an-older-epoch-accepted",
    file: "server/zab/follower.ts",
    find: `if (this.#currentToken !== -1 && epochOf(zxid) !== this.#epoch)`,
    replace: `if (this.#currentToken !== -1 && epochOf(zxid) > this.#epoch)`,
    also: [
      {
        file: "server/zab/leader.ts",
        find: `    return makeZxid(this.epoch, ++this.#counter);`,
        replace: `    this.#counter++;
    const { last } = this.#core.history;
    return last === NO_ZXID ? makeZxid(this.epoch, this.#counter) : ((last + 1) as Zxid);`,
      },
    ],
    guarantee: "sequential consistency",
    seenBy: ["C1", "C7", "C11", "C5", "C12"],
    why: "A new leader counts on in the epoch of the one before, and nobody minds: what that one had logged alone has the same zxids, and stays when it comes back.",
    broughtOut: "a leader that is cut off with writes under way comes back",
  },
  {
    name: "one-epoch-promised-to-two-leaders",
    file: "server/zab/follower.ts",
    find: `promised: this.#epoch === core.epochs.accepted && core.promisedTo === this.leader,`,
    replace: `promised: this.#epoch === core.epochs.accepted,`,
    also: [
      {
        file: "server/zab/leader.ts",
        find: `    this.epoch = highest + 1;`,
        replace: `    this.epoch = Math.max(1, highest);`,
      },
    ],
    guarantee: "sequential consistency",
    seenBy: ["C11", "C1", "C7", "C3", "C12"],
    why: "An epoch that was promised to a leader is given out again, to another one: two histories have the same zxids.",
    broughtOut: "any change of the leader",
  },
  {
    name: "epoch-established-without-newleader-quorum",
    file: "server/zab/leader.ts",
    find: `    if (!ensemble.quorum.reached((s) => this.#isSynced(s))) return;
    this.phase = "BROADCAST";`,
    replace: `    this.phase = "BROADCAST";`,
    guarantee: "reliability",
    seenBy: ["C7", "C1", "C5", "C3", "C12"],
    why: "A new leader commits and shows the end of its log before a quorum holds it: clients see writes that vanish with it.",
    broughtOut: "a leader with a pending write is elected again and lost during synchronization",
  },
  {
    name: "lost-hello-never-dialled-again",
    file: "server/net/peer-links.ts",
    find: `    if (wasPending && dialled !== null) this.#dialling.delete(dialled);`,
    replace: ``,
    guarantee: "liveness",
    seenBy: ["C12"],
    why: "A server whose greeting got no answer never links with that peer again: cut off one way for a moment, it looks for a leader for ever.",
    broughtOut: "one-way partition while links are opened",
  },
  {
    name: "vote-ignores-the-end-of-the-log",
    file: "server/zab/messages.ts",
    find: `  if (a.zxid !== b.zxid) return a.zxid > b.zxid;`,
    replace: ``,
    also: [
      {
        file: "server/zab/leader.ts",
        find: `      currentEpoch > epochs.current ||
      (currentEpoch === epochs.current && learner.lastZxid > history.last);`,
        replace: `      currentEpoch > epochs.current;`,
      },
    ],
    guarantee: "reliability",
    seenBy: ["C7", "C1", "C5", "C12"],
    why: "A server that lacks the last acknowledged writes of the epoch is elected, because its number is the highest, and has them cut off.",
    broughtOut: "the leader is lost while one of the others lags",
  },
  {
    name: "proposals-skip-followers-that-synchronize",
    file: "server/zab/learners.ts",
    find: `      if (stage === "syncing" || stage === "synced") this.#proposeTo.push(sid);`,
    replace: `      if (stage === "synced") this.#proposeTo.push(sid);`,
    guarantee: "sequential consistency",
    seenBy: ["C1", "C12", "C7", "C2"],
    why: "What is proposed between the end of a follower's history and its acknowledgement never reaches it.",
    broughtOut: "a follower rejoins with writes under way",
  },
  {
    name: "follower-serves-before-it-has-applied",
    file: "server/zab/follower.ts",
    find: `    this.#core.commit(committed);
    this.#control.established`,
    replace: `    if (committed === this.#core.history.last) this.#core.commit(this.#core.committed);
    else this.#core.commit(committed);
    this.#control.established`,
    guarantee: "linearizability",
    seenBy: ["C6", "C5", "C12", "C3"],
    why: "A follower serves before it has applied the history that it was brought to: a sync there is answered with the past.",
    broughtOut: "a follower rejoins, then a sync and a read at it before the next write",
  },
  {
    name: "elected-leader-waits-for-ever",
    file: "server/zab/leader.ts",
    find: `      if (nowMs >= this.#deadlineMs)
        this.#control.look(\`no quorum synchronized within initLimit (\${this.phase})\`);
      return;`,
    replace: `      if (nowMs >= this.#deadlineMs) this.#deadlineMs += config.tickMs;
      return;`,
    guarantee: "liveness",
    seenBy: ["C12"],
    why: "A server that was elected and whose followers went away does not look again.",
    broughtOut: "followers lost while a leader is being established",
  },
];
