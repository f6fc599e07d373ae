/** Power that fails while something is on its way to the disk. */
import { drawCrashPoint } from "../fault-classes.ts";
import type { Motifs } from "../motif.ts";
import { drawMulti } from "../requests.ts";
import type { Stage } from "../stage.ts";

/** The machines of a majority stop while writes are in flight; sometimes a slow disk widens the gap. */
function majorityLosesPower(stage: Stage, fromMs: number): number {
  const { draw, setting } = stage;
  const busyMs = stage.ticks(0.3, 3);
  const slow = draw.chance(0.5);
  const count = Math.floor(setting.voters.length / 2) + 1;
  const victims = draw.several(setting.voters, draw.whole(count, setting.voters.length));
  if (slow) {
    for (const target of draw.subset(setting.voters, 0.7)) slowDisk(stage, fromMs, busyMs, target);
  }
  stage.writes(fromMs, fromMs + busyMs, draw.whole(10, 30));
  const atMs = fromMs + busyMs * draw.between(0.4, 1);
  let overMs = atMs;
  for (const target of victims) {
    const holdMs = stage.ticks(0.2, 4);
    stage.fault(atMs, holdMs, { type: "power-cut", target });
    overMs = Math.max(overMs, atMs + holdMs);
  }
  lateSurvivor(
    stage,
    atMs,
    setting.voters.filter((id) => !victims.includes(id)),
  );
  return overMs + stage.ticks(1, 4);
}

/**
 * Half of the others are cut off from a server that goes on logging alone, the other half were away and
 * are brought up to date by it; then power fails where that is being written, and whoever had it on its
 * disk before stays out for long.
 */
function powerCutAfterSync(stage: Stage, fromMs: number): number {
  const { draw, setting, tickMs } = stage;
  const [keeps = 1, ...others] = draw.several(setting.voters, setting.voters.length);
  const half = others.length / 2;
  const awayMs = stage.ticks(1, 4);
  const syncMs = fromMs + awayMs;
  const cutMs = syncMs + stage.ticks(1, 10);
  const comes = others.slice(0, half);
  for (const target of comes) {
    stage.fault(fromMs, awayMs, { type: draw.chance(0.5) ? "kill" : "power-cut", target });
    slowDisk(stage, syncMs - 1, cutMs - syncMs, target);
    if (draw.chance(0.7)) {
      const step = draw.pick(["any", "any", "write", "sync"] as const);
      const nth = step === "any" ? draw.whole(6, 22) : draw.whole(2, 6);
      stage.fault(syncMs - 1, cutMs - syncMs + 2, { type: "crash-point", target, step, nth });
    } else {
      stage.fault(cutMs, stage.ticks(0.2, 1), { type: "power-cut", target });
    }
  }
  const aloneMs = Math.min(awayMs * 0.9, tickMs * setting.syncLimit * draw.between(0.1, 0.8));
  for (const target of others.slice(half)) {
    stage.fault(syncMs - aloneMs, cutMs - syncMs + aloneMs, { type: "partition", target });
  }
  stage.writes(fromMs, syncMs, draw.whole(6, 20));
  stage.writes(syncMs - aloneMs, cutMs, draw.whole(6, 20));
  const lateMs = stage.ticks(6, 16);
  stage.fault(cutMs, lateMs, { type: "power-cut", target: keeps });
  return cutMs + lateMs;
}

/** Power fails at a step of a disk while much is written, and perhaps again during the recovery. */
function crashPoints(stage: Stage, fromMs: number): number {
  const { draw } = stage;
  const busyMs = stage.ticks(1, 4);
  stage.writes(fromMs, fromMs + busyMs, draw.whole(8, 24));
  let atMs = fromMs + draw.between(0, busyMs / 2);
  const first = draw.pick(["leader", "follower"] as const);
  const firstHoldMs = stage.ticks(0.3, 2);
  stage.fault(atMs, firstHoldMs, drawCrashPoint(draw, first));
  atMs += firstHoldMs;
  for (let left = draw.whole(0, 3); left > 0; left--) {
    // Just before it starts again: what it has to mend is where power may fail next.
    const startsMs = atMs - (draw.chance(0.7) ? 1 : -draw.between(0, 0.2) * stage.tickMs);
    const holdMs = stage.ticks(0.3, 2);
    const step = draw.pick(["any", "remove", "cut", "create", "sync"] as const);
    const nth = step === "any" ? draw.whole(1, 8) : 1;
    stage.fault(startsMs, holdMs, { type: "crash-point", target: "aimed", step, nth });
    atMs = startsMs + holdMs;
  }
  return atMs + stage.ticks(0.5, 3);
}

/** Snapshots come in the middle of multis; then a server, or all, start again from them. */
function multisAndRestart(stage: Stage, fromMs: number): number {
  const { draw, keys } = stage;
  const busyMs = stage.ticks(0.5, 3);
  const count = draw.whole(8, 25);
  for (let index = 0; index < count; index++) {
    stage.op(stage.client(), draw.between(fromMs, fromMs + busyMs), drawMulti(draw, keys));
  }
  const atMs = fromMs + busyMs * draw.between(0.5, 1.2);
  const holdMs = stage.ticks(0.3, 3);
  const type = draw.pick(["kill", "power-cut", "kill-all", "power-cut-all"] as const);
  if (type === "kill" || type === "power-cut") {
    stage.fault(atMs, holdMs, { type, target: draw.chance(0.3) ? "leader" : "follower" });
  } else {
    stage.fault(atMs, holdMs, { type });
  }
  return atMs + holdMs + stage.ticks(1, 4);
}

/** A server is away for so long that it needs more than the latest entries, and loses power with them. */
function longAbsence(stage: Stage, fromMs: number): number {
  const { draw } = stage;
  const awayMs = stage.ticks(4, 14);
  const target = stage.voter();
  stage.fault(fromMs, awayMs, { type: "power-cut", target });
  stage.writes(fromMs, fromMs + awayMs, draw.whole(15, 50));
  if (draw.chance(0.6)) {
    // Those that stayed know less by heart then, and send it their state.
    const again = draw.between(0.6, 1);
    stage.fault(fromMs + again * awayMs, stage.ticks(0.2, 1), { type: "kill-all" });
    stage.writes(fromMs + awayMs, fromMs + awayMs + stage.ticks(0.5, 2), draw.whole(4, 16));
  }
  if (draw.chance(0.6)) {
    const atMs = fromMs + awayMs - 1;
    stage.fault(atMs, stage.ticks(1, 4), drawCrashPoint(draw, target));
  }
  return fromMs + awayMs + stage.ticks(1, 4);
}

/**
 * A server stands still while the others go on; all that it was sent comes at once when it wakes, and
 * power fails while it is written.
 */
function wakesAndFalls(stage: Stage, fromMs: number): number {
  const { draw, setting, tickMs } = stage;
  const target = stage.voter();
  const holdMs = tickMs * setting.syncLimit * draw.between(0.2, 0.9);
  const wakesMs = fromMs + holdMs;
  stage.fault(fromMs, holdMs, { type: "pause", target });
  stage.writes(fromMs, wakesMs, draw.whole(10, 30));
  const step = draw.pick(["any", "write", "sync"] as const);
  const downMs = stage.ticks(1, 4);
  const nth = draw.whole(1, 3);
  stage.fault(wakesMs - 1, downMs, { type: "crash-point", target, step, nth });
  stage.writes(wakesMs, wakesMs + downMs, draw.whole(2, 8));
  return wakesMs + downMs + stage.ticks(1, 4);
}

function slowDisk(stage: Stage, fromMs: number, holdMs: number, target: number): void {
  const stepMs = Math.max(1, Math.round(stage.tickMs * stage.draw.magnitude(0.03, 0.6)));
  stage.fault(fromMs, holdMs, { type: "slow-disk", target, stepMs });
}

/** Those that did not lose power may be gone for another reason: then the others decide alone. */
function lateSurvivor(stage: Stage, atMs: number, survivors: readonly number[]): void {
  const { draw } = stage;
  for (const target of draw.subset(survivors, 0.5)) {
    const kind = draw.pick(["kill", "partition"] as const);
    stage.fault(atMs, stage.ticks(3, 10), { type: kind, target });
  }
}

export const DURABILITY_MOTIFS: Motifs = {
  "wakes and falls": wakesAndFalls,
  "majority loses power": majorityLosesPower,
  "power cut after sync": powerCutAfterSync,
  "crash points": crashPoints,
  "multis and restart": multisAndRestart,
  "long absence": longAbsence,
};
