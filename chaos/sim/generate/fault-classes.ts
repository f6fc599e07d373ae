/** Faults that come by themselves, each with what it needs drawn. */
import type { SimFaultKind, SimTarget } from "../plan.ts";
import type { Draw } from "./draw.ts";
import type { Setting } from "./setting.ts";

export type FaultClass = SimFaultKind["type"];

/** Makes a fault of its class; null: this ensemble cannot have it. */
type FaultMaker = (draw: Draw, setting: Setting) => SimFaultKind | null;

/** All classes; a seed switches a subset on. */
export const FAULT_CLASSES: Readonly<Record<FaultClass, FaultMaker>> = {
  kill: (draw, setting) => ({ type: "kill", target: drawTarget(draw, setting) }),
  "kill-all": () => ({ type: "kill-all" }),
  "power-cut": (draw, setting) => ({ type: "power-cut", target: drawTarget(draw, setting) }),
  "power-cut-all": () => ({ type: "power-cut-all" }),
  pause: (draw, setting) => ({ type: "pause", target: drawTarget(draw, setting) }),
  "rolling-restart": () => ({ type: "rolling-restart" }),
  partition: (draw, setting) => ({ type: "partition", target: drawTarget(draw, setting) }),
  halves: drawHalves,
  "one-way": (draw, setting) => ({
    type: "one-way",
    target: drawTarget(draw, setting),
    direction: draw.chance(0.5) ? "out" : "in",
  }),
  ring: (_draw, { voters }) => (voters.length > 3 ? { type: "ring" } : null),
  bridge: (draw, setting) => ({ type: "bridge", target: drawTarget(draw, setting) }),
  "no-quorum": () => ({ type: "no-quorum" }),
  delay: (draw, setting) => ({
    type: "delay",
    target: drawTarget(draw, setting),
    delayMs: Math.round(setting.tickMs * draw.magnitude(0.05, setting.syncLimit)),
  }),
  reset: (draw, setting) => ({ type: "reset", target: drawTarget(draw, setting) }),
  "cut-clients": (draw, setting) => ({ type: "cut-clients", target: drawTarget(draw, setting) }),
  "slow-disk": (draw, setting) => ({
    type: "slow-disk",
    target: drawTarget(draw, setting),
    stepMs: Math.max(1, Math.round(setting.tickMs * draw.magnitude(0.02, 1))),
  }),
  "disk-full": (draw, setting) => ({ type: "disk-full", target: drawTarget(draw, setting) }),
  "fsync-fails": (draw, setting) => drawFailure(draw, drawTarget(draw, setting)),
  "crash-point": (draw, setting) => drawCrashPoint(draw, drawTarget(draw, setting)),
  "bit-rot": (draw, setting) =>
    setting.reconfigures ? null : { type: "bit-rot", target: draw.pick(setting.voters) },
  "clock-jump": (draw, setting) => ({
    type: "clock-jump",
    target: drawTarget(draw, setting),
    byMs: Math.round((draw.chance(0.5) ? 1 : -1) * draw.magnitude(10, 10_000_000)),
  }),
  "clock-skew": (draw, setting) => ({
    type: "clock-skew",
    target: drawTarget(draw, setting),
    ppm: Math.round((draw.chance(0.5) ? 1 : -1) * draw.magnitude(100, 50_000)),
  }),
  reconfig: (draw, setting) => (setting.reconfigures ? drawReconfig(draw, setting) : null),
};

export const FAULT_CLASS_NAMES = Object.keys(FAULT_CLASSES) as readonly FaultClass[];

export function drawTarget(draw: Draw, setting: Setting): SimTarget {
  const observer = setting.ensemble.observers > 0 ? 1 : 0;
  return draw.weighted<SimTarget>([
    ["leader", 4],
    ["follower", 4],
    ["observer", observer],
    [draw.pick(setting.voters), 2],
    ["others", 0.5],
  ]);
}

/** Which steps of a disk there are is the storage's affair; some come seldom, and are not waited for long. */
export function drawCrashPoint(draw: Draw, target: SimTarget): SimFaultKind {
  const [step, nthMax] = draw.weighted([
    [["any", 12] as const, 6],
    [["write", 8] as const, 4],
    [["sync", 8] as const, 4],
    [["create", 2] as const, 3],
    [["rename", 2] as const, 4],
    [["syncDirectory", 2] as const, 4],
    [["cut", 1] as const, 3],
    [["remove", 1] as const, 2],
  ]);
  return { type: "crash-point", target, step, nth: draw.whole(1, nthMax) };
}

/** Mostly an fsync, which is where systems tell of what went wrong before. */
function drawFailure(draw: Draw, target: SimTarget): SimFaultKind {
  if (draw.chance(0.4)) return { type: "fsync-fails", target };
  const step = draw.pick(["sync", "cut", "write", "rename"] as const);
  return { type: "fsync-fails", target, step, nth: draw.whole(1, step === "cut" ? 2 : 5) };
}

function drawHalves(draw: Draw, { members }: Setting): SimFaultKind {
  const mixed = draw.several(members, members.length);
  const cut = draw.whole(1, mixed.length - 1);
  const groups = [mixed.slice(0, cut), mixed.slice(cut)];
  return { type: "halves", groups: groups.map((group) => group.toSorted((a, b) => a - b)) };
}

/** One leaves, or one joins (a spare, an observer, or one that has left before), or both at once. */
function drawReconfig(draw: Draw, setting: Setting): SimFaultKind {
  const { servers, observers, spares } = setting.ensemble;
  const all = Array.from({ length: servers + observers + spares }, (_, index) => index + 1);
  const leaving = draw.chance(0.6) ? [draw.pick(setting.voters)] : [];
  const others = all.filter((id) => !leaving.includes(id));
  const joining =
    leaving.length === 0 || draw.chance(0.5)
      ? [draw.chance(0.6) ? Math.max(...others) : draw.pick(others)]
      : [];
  return { type: "reconfig", leaving, joining };
}
