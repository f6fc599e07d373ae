/** Who votes and who does not: members that change, and parts of the ensemble that are no quorum. */
import type { SimFaultKind } from "../../plan.ts";
import type { Motifs } from "../motif.ts";
import type { Stage } from "../stage.ts";
import { askForLatest } from "./deposed.ts";
import { fallingLeaders } from "./leadership.ts";

/** The members change, one or two at a time, while a leader falls or the network splits. */
export function changingMembers(stage: Stage, fromMs: number): number {
  const { draw, setting } = stage;
  if (!setting.reconfigures) return fallingLeaders(stage, fromMs);
  const { servers, observers, spares } = setting.ensemble;
  const outsiders = numbers(servers + 1, observers + spares);
  if (outsiders.length > 0 && draw.chance(0.25)) return askedOfFew(stage, outsiders, fromMs);
  const joining = draw.several(outsiders, draw.pick([0, 1, 2, 2]));
  const leavingMax = Math.min(2, servers + joining.length - 2);
  const leaving = draw.several(setting.voters, draw.whole(joining.length > 0 ? 0 : 1, leavingMax));
  stage.fault(fromMs, stage.ticks(1, 6), { type: "reconfig", leaving, joining });
  if (draw.chance(0.3)) {
    // Somebody else wants another change before this one is done.
    const others = setting.voters.filter((id) => !leaving.includes(id));
    const alsoMs = fromMs + draw.between(0, 4) * setting.ensemble.latencyMs[1];
    const change = { leaving: draw.several(others, 1), joining: [] };
    stage.fault(alsoMs, stage.ticks(0.5, 2), { type: "reconfig", ...change });
  }
  // On slow disks the change is under way for long: old and new members both have a say meanwhile.
  const lingers = draw.chance(0.5);
  const troubleMs = fromMs + (lingers ? lingering(stage, fromMs) : momentOf(stage));
  const voters = [...setting.voters.filter((id) => !leaving.includes(id)), ...joining];
  const holdMs = stage.ticks(lingers ? setting.syncLimit : 1, setting.syncLimit + 6);
  stage.fault(troubleMs, holdMs, troubleOf(stage, voters, joining));
  stage.writes(fromMs, troubleMs + stage.ticks(1, 4), draw.whole(4, 16));
  stage.writes(troubleMs, troubleMs + holdMs, draw.whole(4, 16));
  const backMs = troubleMs + holdMs + stage.ticks(1, 4);
  stage.fault(backMs, stage.ticks(1, 6), { type: "reconfig", leaving: joining, joining: leaving });
  return backMs + stage.ticks(2, 6);
}

/**
 * A few old members and those that come are most of the new ones, and cut off from the others: asked for
 * there, a change is nothing that the old ones have agreed to.
 */
function askedOfFew(stage: Stage, outsiders: readonly number[], fromMs: number): number {
  const { draw, setting } = stage;
  const { voters } = setting;
  const joining = draw.several(outsiders, Math.min(2, outsiders.length));
  const few = draw.several(voters, Math.ceil(voters.length / 2) - 1);
  const most = voters.filter((id) => !few.includes(id));
  const leaving = joining.length === 1 ? draw.several(most, 1) : [];
  const inOrder = (ids: readonly number[]): number[] => ids.toSorted((a, b) => a - b);
  const others = outsiders.filter((id) => !joining.includes(id));
  const groups = [inOrder([...few, ...joining]), inOrder([...most, ...others])];
  const limitMs = setting.syncLimit * stage.tickMs;
  const holdMs = limitMs + stage.ticks(2, 10);
  stage.fault(fromMs, holdMs, { type: "halves", groups });
  const askedMs = fromMs + draw.magnitude(1, limitMs / 2);
  stage.fault(askedMs, stage.ticks(1, 4), { type: "reconfig", leaving, joining });
  if (draw.chance(0.4)) {
    // Those that know of it have to elect somebody.
    const fallsMs = askedMs + draw.between(0.2, 1) * stage.tickMs;
    stage.fault(fallsMs, stage.ticks(0.2, 1), { type: "kill", target: "leader" });
  }
  for (const client of setting.clients) {
    stage.op(client, fromMs - stage.tickMs, { type: "move", server: draw.pick(voters) });
  }
  stage.writes(askedMs, fromMs + holdMs, draw.whole(8, 24));
  const askers = draw.several(setting.clients, draw.whole(1, 4));
  askForLatest(stage, askers, fromMs + limitMs, fromMs + holdMs);
  const backMs = fromMs + holdMs + stage.ticks(1, 4);
  stage.fault(backMs, stage.ticks(1, 6), { type: "reconfig", leaving: joining, joining: leaving });
  return backMs + stage.ticks(2, 6);
}

/** Slows all disks down while the change is written; returns how long after it trouble begins, ms. */
function lingering(stage: Stage, fromMs: number): number {
  const { draw, setting } = stage;
  const [, latencyMaxMs] = setting.ensemble.latencyMs;
  const stepMs = Math.max(1, Math.round(stage.tickMs * draw.magnitude(0.2, 1.5)));
  const momentMs = 2 * latencyMaxMs + draw.between(0, 1.5 * stepMs);
  for (const target of ["leader", "others"] as const) {
    stage.fault(fromMs - 1, momentMs + 1, { type: "slow-disk", target, stepMs });
  }
  return momentMs;
}

/** When trouble begins: before the change is asked for, while it travels, or at some later time, ms. */
function momentOf(stage: Stage): number {
  const { draw, setting } = stage;
  const [, latencyMaxMs] = setting.ensemble.latencyMs;
  return draw.weighted([
    [-stage.ticks(0, 1), 3],
    [latencyMaxMs * draw.between(0.3, 4), 4],
    [stage.ticks(0, 1.5), 3],
  ]);
}

/** A server falls, or all do, or the network splits in a way that old and new members see differently. */
function troubleOf(
  stage: Stage,
  voters: readonly number[],
  joining: readonly number[],
): SimFaultKind {
  const { draw, setting } = stage;
  const target = draw.chance(0.6) ? "leader" : "follower";
  return draw.weighted<SimFaultKind>([
    [{ type: "kill", target }, 1],
    [{ type: "power-cut", target }, 1],
    [{ type: "partition", target }, 1],
    [{ type: "one-way", target, direction: "out" }, 1],
    [{ type: "kill-all" }, 1],
    // Half of the new members each.
    [{ type: "halves", groups: apart(stage, voters, draw.chance(0.5)) }, 2],
    // Most of the old ones, and the others with those that come.
    [{ type: "halves", groups: apart(stage, [...setting.voters], joining.length === 0) }, 4],
  ]);
}

/** Two groups, one with half of these voters, or a little more; the others go with the one or the other. */
function apart({ draw, setting }: Stage, voters: readonly number[], together: boolean): number[][] {
  const { servers, observers, spares } = setting.ensemble;
  const all = numbers(1, servers + observers + spares);
  const half = draw.several(voters, Math.ceil(voters.length / 2));
  const one = all.filter((id) => half.includes(id) || (!voters.includes(id) && together));
  return [one, all.filter((id) => !one.includes(id))];
}

function numbers(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

/**
 * Some voters and everybody who does not vote are on one side, most voters on the other: only votes
 * make a quorum.
 */
function partedWithObservers(stage: Stage, fromMs: number): number {
  const { draw, setting } = stage;
  const { servers, observers } = setting.ensemble;
  const few = draw.several(setting.voters, Math.ceil(servers / 2) - 1);
  const others = setting.members.filter((id) => id > servers);
  const most = setting.voters.filter((id) => !few.includes(id));
  const groups = [[...few, ...others].toSorted((a, b) => a - b), most];
  const holdMs = stage.ticks(1, setting.syncLimit + 4);
  stage.writes(fromMs - stage.tickMs, fromMs, draw.whole(1, 4));
  stage.fault(fromMs, holdMs, { type: "halves", groups });
  stage.writes(fromMs, fromMs + holdMs, draw.whole(8, 24) + 4 * observers);
  return fromMs + holdMs + stage.ticks(1, 4);
}

export const MEMBER_MOTIFS: Motifs = {
  "changing members": changingMembers,
  "parted with observers": partedWithObservers,
};
