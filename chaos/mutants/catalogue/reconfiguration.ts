/** Bugs while the members of the ensemble change. */
import type { Mutant } from "../mutant.ts";

export const RECONFIGURATION_MUTANTS: readonly Mutant[] = [
  {
    name: "new-quorum-alone-commits-the-new-members",
    file: "server/zab/leader.ts",
    find: `    if (!ensemble.pending || byOld < ensemble.pending.version) return byOld;
    const byBoth = Math.min(byOld, next?.reachedBy((s) => this.#ackedBy(s)) ?? NO_ZXID) as Zxid;`,
    replace: `    if (!ensemble.pending) return byOld;
    const byBoth = next?.reachedBy((s) => this.#ackedBy(s)) ?? NO_ZXID;`,
    guarantee: "reliability",
    seenBy: ["C7", "C1", "C3", "C12"],
    why: "A reconfiguration takes effect though the old members may not have heard of it: most of them elect a leader that knows nothing of the new ones.",
    broughtOut: "partition between most of the old members and the new ones, several at a time",
  },
  {
    name: "acknowledgements-of-observers-counted",
    file: "server/zab/leader.ts",
    find: `    const byOld = old?.reachedBy((s) => this.#ackedBy(s)) ?? NO_ZXID;`,
    replace: `    const acked = [this.#core.sid, ...this.#learners.commitTo].map((s) => this.#ackedBy(s));
    const byOld = acked.sort((a, b) => b - a)[(old?.size ?? 1) - 1] ?? NO_ZXID;`,
    guarantee: "reliability",
    seenBy: ["C7", "C1", "C5"],
    why: "A write counts as committed when enough servers have it, whether they vote or not: the voters may elect one that has not.",
    broughtOut: "observers, followers that lag, loss of the leader",
  },
  {
    name: "either-quorum-suffices",
    file: "server/zab/quorum.ts",
    find: `    return this.parts.every((part) => part.reached(test));`,
    replace: `    return this.parts.some((part) => part.reached(test));`,
    guarantee: "sequential consistency",
    seenBy: ["C1", "C3", "C7", "C11", "C12"],
    why: "While members change, the old ones elect a leader and the new ones another.",
    broughtOut: "partition between old and new members during a reconfiguration",
  },
  {
    name: "members-forgotten-at-restart",
    file: "server/recovery.ts",
    find: `  const ensemble = (config.reconfigEnabled ? readConfig(replica, config) : null) ?? config.ensemble;`,
    replace: `  const ensemble =
    (config.isStandalone && config.reconfigEnabled ? readConfig(replica, config) : null) ??
    config.ensemble;`,
    guarantee: "liveness",
    seenBy: ["C12", "C1", "C7", "C3"],
    why: "A restarted server believes in the members of its file: it asks those that left, and does not know those that came.",
    broughtOut: "reconfiguration, then restarts",
  },
  {
    name: "new-members-active-when-logged",
    file: "server/zab/ensemble.ts",
    find: `    if (this.#pending) this.#active = this.#pending;
    this.#pending = next;
    this.#rebuild();`,
    replace: `    this.#active = next;
    this.#pending = null;
    this.#rebuild();`,
    guarantee: "sequential consistency",
    seenBy: ["C1", "C7", "C3", "C12", "C11"],
    why: "A server goes by new members as soon as it has heard of them: when the reconfiguration is not committed it votes in an ensemble that does not exist.",
    broughtOut: "leader lost in the middle of a reconfiguration",
  },
];
