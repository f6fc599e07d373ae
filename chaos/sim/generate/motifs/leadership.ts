/** Leaders that are cut off, come back, and are not the only ones who believe so. */
import type { Stage } from "../stage.ts";
import type { Motifs } from "../motif.ts";
import { comeBack } from "./deposed.ts";

/**
 * The leader is cut off while it has writes that nobody else gets; then all processes end, and the
 * others come back before it does.
 */
function loneWrites(stage: Stage, fromMs: number): number {
  const { draw } = stage;
  const cutMs = stage.ticks(0.3, 3);
  stage.fault(fromMs, cutMs * 2, { type: "partition", target: "leader" });
  stage.writes(fromMs, fromMs + cutMs, draw.whole(4, 20));
  const downMs = stage.ticks(0.2, 2);
  const endMs = fromMs + cutMs;
  const cold = draw.chance(0.5);
  stage.fault(endMs, downMs + stage.ticks(2, 10), {
    type: draw.chance(0.5) ? "kill" : "power-cut",
    target: "aimed",
  });
  stage.fault(endMs, downMs, { type: cold ? "power-cut-all" : "kill-all" });
  stage.writes(endMs + downMs, endMs + downMs + stage.ticks(2, 8), draw.whole(0, 8));
  return endMs + downMs + stage.ticks(3, 12);
}

/** As before, and the rejoining server's disk is full or loses power just then. */
function troubledRejoin(stage: Stage, fromMs: number): number {
  const { draw } = stage;
  const overMs = loneWrites(stage, fromMs);
  const atMs = draw.between(fromMs + stage.tickMs, overMs);
  const holdMs = stage.ticks(3, 12);
  const kind = draw.weighted([
    ["cut fails", 4],
    ["power", 4],
    ["full", 2],
  ] as const);
  if (kind === "power") {
    const step = draw.pick(["cut", "any", "write", "sync", "rename"] as const);
    const nth = draw.whole(1, step === "cut" ? 2 : 6);
    stage.fault(atMs, holdMs, { type: "crash-point", target: "aimed", step, nth });
  } else if (kind === "full") {
    stage.fault(atMs, stage.ticks(0.2, 4), { type: "disk-full", target: "aimed" });
  } else {
    // A server that starts cuts the end of its log once by itself.
    const nth = draw.pick([1, 2, 2]);
    stage.fault(atMs, holdMs, { type: "fsync-fails", target: "aimed", step: "cut", nth });
  }
  return overMs + stage.ticks(1, 4);
}

/**
 * A leader that is cut off goes on logging what its clients write, more than its successor commits; then
 * all restart, and one of those that know better is late.
 */
function staleLongerLog(stage: Stage, fromMs: number): number {
  const { draw } = stage;
  const cutMs = stage.ticks(2, 8);
  stage.fault(fromMs, cutMs + stage.ticks(0, 2), { type: "partition", target: "leader" });
  for (let left = draw.whole(1, 3); left > 0; left--) {
    const client = stage.client();
    const count = draw.whole(5, 20);
    for (let index = 0; index < count; index++) {
      const path = draw.pick(stage.keys.hot);
      stage.op(client, fromMs + index, { type: "setData", path, version: -1, valueBytes: 20 });
    }
  }
  stage.writes(fromMs + cutMs / 2, fromMs + cutMs, draw.whole(1, 4));
  const downMs = stage.ticks(0.2, 1.5);
  const lateMs = downMs + stage.ticks(2, 10);
  const late = stage.voter();
  stage.fault(fromMs + cutMs, lateMs, { type: "kill", target: late });
  stage.fault(fromMs + cutMs, downMs, {
    type: draw.chance(0.5) ? "kill-all" : "power-cut-all",
  });
  stage.writes(fromMs + cutMs + downMs, fromMs + cutMs + lateMs, draw.whole(1, 8));
  return fromMs + cutMs + lateMs;
}

/** A server that hears and is not heard, or the reverse; what it sent meanwhile arrives at the end. */
function halfDeaf(stage: Stage, fromMs: number): number {
  const { draw } = stage;
  const holdMs = stage.ticks(1, 3 * stage.setting.syncLimit);
  stage.fault(fromMs, holdMs, {
    type: "one-way",
    target: draw.chance(0.7) ? "leader" : "follower",
    direction: draw.chance(0.5) ? "out" : "in",
  });
  stage.writes(fromMs, fromMs + holdMs, draw.whole(6, 25));
  stage.writes(fromMs + holdMs, fromMs + holdMs + stage.ticks(0.1, 2), draw.whole(2, 8));
  return fromMs + holdMs + stage.ticks(1, 4);
}

/** A leader stands still long enough to be replaced, and goes on as if nothing had happened. */
function sleepingLeader(stage: Stage, fromMs: number): number {
  const { draw, setting } = stage;
  const holdMs = stage.ticks(0.5, 2 * setting.syncLimit);
  stage.writes(fromMs - stage.ticks(0, 0.2), fromMs + holdMs, draw.whole(6, 20));
  stage.fault(fromMs, holdMs, { type: "pause", target: "leader" });
  // Some knock at its door just before it goes on.
  const clients = draw.several(setting.clients, draw.whole(2, 5));
  const knockMs = Math.min(150, holdMs / 2);
  comeBack(stage, clients, fromMs + holdMs - knockMs, fromMs + holdMs + knockMs / 5);
  return fromMs + holdMs + stage.ticks(0.5, 4);
}

/** Acknowledgements from different servers take different times, while much is under way. */
function unequalLinks(stage: Stage, fromMs: number): number {
  const { draw, setting } = stage;
  const holdMs = stage.ticks(1, 6);
  for (const target of draw.several(setting.voters, draw.whole(1, setting.voters.length - 1))) {
    const delayMs = Math.max(1, Math.round(setting.tickMs * draw.magnitude(0.02, 1)));
    stage.fault(fromMs, holdMs, { type: "delay", target, delayMs });
  }
  stage.writes(fromMs, fromMs + holdMs, draw.whole(10, 40));
  return fromMs + holdMs;
}

/** The leader goes, and the next one soon after, and the next: elections during elections. */
export function fallingLeaders(stage: Stage, fromMs: number): number {
  const { draw } = stage;
  let atMs = fromMs;
  for (let left = draw.whole(2, 4); left > 0; left--) {
    const holdMs = stage.ticks(0.3, 3);
    stage.fault(atMs, holdMs, {
      type: draw.pick(["kill", "power-cut", "partition", "reset"] as const),
      target: "leader",
    });
    stage.writes(atMs, atMs + holdMs, draw.whole(2, 6));
    atMs += draw.between(0.05, 1.5) * holdMs + stage.ticks(0.05, 1);
  }
  return atMs + stage.ticks(1, 4);
}

export const LEADERSHIP_MOTIFS: Motifs = {
  "lone writes": loneWrites,
  "troubled rejoin": troubledRejoin,
  "stale longer log": staleLongerLog,
  "half deaf": halfDeaf,
  "sleeping leader": sleepingLeader,
  "unequal links": unequalLinks,
  "falling leaders": fallingLeaders,
};
