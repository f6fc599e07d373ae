/** What only some have on their disks when the others have to decide without them. */
import type { SimTarget } from "../../plan.ts";
import type { Motifs } from "../motif.ts";
import { readAny } from "../requests.ts";
import type { Stage } from "../stage.ts";

/**
 * Writes are acknowledged on the word of those with quick disks; then the slow ones lose power, and
 * decide for themselves while the quick ones are away.
 */
function quickOnesLost(stage: Stage, fromMs: number): number {
  const { draw, setting } = stage;
  const mixed = draw.several(setting.voters, setting.voters.length);
  const quick = mixed.slice(0, Math.floor(mixed.length / 2));
  const slow = mixed.slice(quick.length);
  const busyMs = stage.ticks(0.5, 2.5);
  for (const target of slow) slowDisk(stage, fromMs, busyMs, target);
  stage.writes(fromMs, fromMs + busyMs, draw.whole(8, 25));
  const cutMs = fromMs + busyMs * draw.between(0.5, 1);
  const awayMs = stage.ticks(6, 14);
  for (const target of slow) {
    stage.fault(cutMs, stage.ticks(0.2, 1), { type: "power-cut", target });
  }
  for (const target of quick) {
    const type = draw.pick(["kill", "partition"] as const);
    stage.fault(cutMs - draw.between(0, 2), awayMs, { type, target });
  }
  return cutMs + awayMs;
}

/**
 * A leader logs writes that reach nobody, and nobody else takes over; it is elected again, and lost
 * while the others are writing what it has given them.
 */
function electedAgain(stage: Stage, fromMs: number): number {
  const { draw, setting, keys } = stage;
  const limitMs = setting.tickMs * setting.syncLimit;
  const apartMs = limitMs + stage.ticks(0.2, 2);
  const backMs = fromMs + apartMs;
  const slowMs = stage.ticks(7, 11);
  const alone = draw.chance(0.6);
  // It is this one that all that follows is about, whoever leads by then.
  if (alone) stage.fault(fromMs, apartMs, { type: "slow-disk", target: "leader", stepMs: 1 });
  stage.fault(fromMs, apartMs, { type: "no-quorum" });
  stage.writes(fromMs, fromMs + limitMs * 0.8, draw.whole(6, 20));
  if (alone) {
    slowDisk(stage, backMs - 1, slowMs, "others");
  } else {
    for (const target of draw.subset(setting.voters, 0.7)) {
      slowDisk(stage, backMs - 1, slowMs, target);
    }
  }
  for (let left = draw.whole(15, 35); left > 0; left--) {
    const atMs = draw.between(backMs, backMs + slowMs);
    stage.op(stage.client(), atMs, readAny(draw, keys));
    stage.op(stage.client(), atMs, { type: "getData", path: draw.pick(keys.hot), watch: false });
  }
  // Links come back after a while, and then there is an election.
  const lostMs = backMs + stage.ticks(1, 7);
  const awayMs = stage.ticks(8, 14);
  if (alone) {
    // The others lose power at some step of writing down what it gives them, or all at once.
    if (draw.chance(0.7)) {
      const [step, nthMin, nthMax] = draw.pick([
        ["write", 2, 4],
        ["write", 2, 4],
        ["any", 5, 14],
        ["sync", 1, 3],
      ] as const);
      const nth = draw.whole(nthMin, nthMax);
      stage.fault(backMs, slowMs, { type: "crash-point", target: "others", step, nth });
    } else {
      stage.fault(lostMs, stage.ticks(0.2, 1), { type: "power-cut", target: "others" });
    }
    stage.fault(lostMs, awayMs, {
      type: draw.pick(["kill", "partition"] as const),
      target: "aimed",
    });
    return Math.max(backMs + slowMs, lostMs + awayMs);
  }
  if (draw.chance(0.4)) {
    const type = draw.pick(["kill", "power-cut"] as const);
    stage.fault(lostMs, awayMs, { type, target: "leader" });
    if (draw.chance(0.8)) stage.fault(lostMs, stage.ticks(0.2, 1), { type: "power-cut-all" });
    return lostMs + awayMs;
  }
  // Its clients have it for themselves then, until its patience is over.
  stage.fault(lostMs, awayMs, { type: "partition", target: "leader" });
  for (let left = setting.voters.length - 1; left > 0; left--) {
    stage.fault(lostMs, stage.ticks(0.2, 1), { type: "power-cut", target: "follower" });
  }
  return lostMs + awayMs;
}

function slowDisk(stage: Stage, fromMs: number, holdMs: number, target: SimTarget): void {
  const stepMs = Math.max(1, Math.round(stage.tickMs * stage.draw.magnitude(0.1, 0.8)));
  stage.fault(fromMs, holdMs, { type: "slow-disk", target, stepMs });
}

export const UNFINISHED_MOTIFS: Motifs = {
  "quick ones lost": quickOnesLost,
  "elected again": electedAgain,
};
