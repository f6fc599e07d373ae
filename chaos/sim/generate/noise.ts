/** What comes without a plan of its own: operations at any time, faults at any time. */
import { drawTarget, FAULT_CLASSES, type FaultClass } from "./fault-classes.ts";
import { REQUEST_KINDS, type RequestMaker } from "./requests.ts";
import type { Stage } from "./stage.ts";

/** Every seed has these to build on; of the others it gets some. */
const ALWAYS_KINDS = 4;

/** Operations of the kinds that this seed has, singly and in bursts, until the end of the safety phase. */
export function addOperations(stage: Stage, count: number): void {
  const { draw, setting, keys } = stage;
  const { startMs } = setting;
  const endMs = setting.ensemble.safetyMs;
  const kinds = drawKinds(stage);
  const one = (client: number, atMs: number): void =>
    stage.op(client, atMs, draw.weighted(kinds)(draw, keys, setting.members));
  const burstiness = draw.pick([0, 0.05, 0.2]);
  for (let left = count; left > 0;) {
    const atMs = draw.between(startMs, endMs);
    if (!draw.chance(burstiness)) {
      one(stage.client(), atMs);
      left--;
      continue;
    }
    // Several at once, by one client (a pipeline) or by all (a race).
    const size = draw.whole(3, 10);
    const alone = draw.chance(0.5) ? stage.client() : null;
    const spreadMs = draw.chance(0.5) ? 0 : draw.magnitude(0.1, stage.tickMs / 4);
    for (let index = 0; index < size; index++) {
      one(alone ?? stage.client(), Math.min(endMs, atMs + draw.between(0, spreadMs)));
    }
    left -= size;
  }
}

/** What clients do first, so that there is something to work with. */
export function addFirstZnodes(stage: Stage): void {
  const { keys, setting } = stage;
  const client = setting.clients[0] ?? 1;
  for (const path of [...keys.directories, ...keys.hot]) {
    stage.op(client, setting.startMs, { type: "create", path, flags: 0, valueBytes: 20 });
  }
}

/**
 * Single faults of the classes that this seed has. Some come while an earlier one is in force or what it
 * did is still being mended.
 */
export function addFaults(stage: Stage, classes: readonly FaultClass[], count: number): void {
  const { draw, setting } = stage;
  if (classes.length === 0) return;
  const endMs = setting.ensemble.safetyMs;
  let againMs = draw.between(setting.startMs, endMs);
  for (let left = count; left > 0; left--) {
    const kind = FAULT_CLASSES[draw.pick(classes)](draw, setting);
    if (kind === null) continue;
    const holdMs = stage.tickMs * draw.magnitude(0.2, 12);
    const atMs = Math.min(againMs, endMs - stage.tickMs);
    stage.fault(atMs, holdMs, kind);
    const inBurst = draw.chance(0.4);
    if (inBurst && draw.chance(0.5)) {
      againMs = atMs + draw.between(0, holdMs);
    } else if (inBurst) {
      againMs = atMs + holdMs + stage.tickMs * draw.magnitude(0.02, 3);
    } else {
      againMs = draw.between(setting.startMs, endMs);
    }
  }
}

/** Slow machines and clocks for the whole run: what is no event, but the weather. */
export function addWeather(stage: Stage, classes: readonly FaultClass[]): void {
  const { draw, setting } = stage;
  const lasting = classes.filter((each) => each === "clock-skew" || each === "slow-disk");
  for (const type of lasting) {
    if (!draw.chance(0.3)) continue;
    const target = drawTarget(draw, setting);
    const holdMs = setting.ensemble.safetyMs;
    if (type === "clock-skew") {
      stage.fault(setting.startMs, holdMs, { type, target, ppm: draw.whole(-2_000, 2_000) });
    } else {
      const stepMs = Math.max(1, Math.round(stage.tickMs * draw.between(0.01, 0.1)));
      stage.fault(setting.startMs, holdMs, { type, target, stepMs });
    }
  }
}

/** Each seed has some kinds only, and some more than others: a mix of all hides what few bring out. */
function drawKinds({ draw }: Stage): readonly (readonly [RequestMaker, number])[] {
  const base = draw.several(REQUEST_KINDS, ALWAYS_KINDS);
  const more = draw.subset(REQUEST_KINDS, draw.pick([0.3, 0.6, 0.9]));
  const kinds = new Set([...base, ...more]);
  return [...kinds].map(([make, weight]) => [make, weight * draw.magnitude(0.3, 3)] as const);
}
