/** From a seed to a plan: the seed alone decides everything in it. */
import { SeededRandom } from "../../loadgen/seeded-random.ts";
import { Draw } from "./generate/draw.ts";
import { FAULT_CLASS_NAMES } from "./generate/fault-classes.ts";
import { drawKeySpace, type KeySpace } from "./generate/key-space.ts";
import { addMotifs } from "./generate/motifs.ts";
import { addFaults, addFirstZnodes, addOperations, addWeather } from "./generate/noise.ts";
import { drawSetting, type Setting } from "./generate/setting.ts";
import { Stage } from "./generate/stage.ts";
import type { SimAgent, SimPlan } from "./plan.ts";

/** What a run with more of them would cost is better spent on another seed. */
const MAX_FAULTS = 28;

/** The plan of a seed, a whole number from 0 on. Throws a RangeError for another one. */
export function drawPlan(seed: number): SimPlan {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`seed ${seed}: expected a whole number, 0 or more`);
  }
  const draw = new Draw(new SeededRandom(seed));
  const setting = drawSetting(draw.fork("setting"));
  const keys = drawKeySpace(draw.fork("keys"));
  const stage = new Stage(draw.fork("stage"), setting, keys);
  addFirstZnodes(stage);
  addMotifs(
    stage,
    stage.draw.weighted([
      [0, 8],
      [1, 17],
      [2, 25],
      [3, 25],
      [5, 25],
    ]),
  );
  const classes = stage.draw.subset(FAULT_CLASS_NAMES, stage.draw.pick([0.1, 0.3, 0.6]));
  addWeather(stage, classes);
  addFaults(stage, classes, stage.draw.whole(0, 6));
  addOperations(stage, stage.draw.whole(80, 350));
  const { safetyMs } = setting.ensemble;
  const ending = draw.weighted([
    [null, 5],
    ["kill-all", 2],
    ["power-cut-all", 3],
  ] as const);
  return {
    format: 1,
    seed,
    ...setting.ensemble,
    ...(ending === null ? {} : { ending }),
    ...(draw.fork("links").chance(0.2) ? { linkSecret: true } : {}),
    ops: inTime(stage.ops, 0, safetyMs),
    agents: drawAgents(draw.fork("agents"), setting, keys),
    faults: inTime(stage.faults, 0, safetyMs - 1).slice(0, MAX_FAULTS),
  };
}

/** In the order of time; what has the same time keeps its order. */
function inTime<T extends { readonly atMs: number }>(
  all: readonly T[],
  fromMs: number,
  toMs: number,
): T[] {
  const within = all.filter(({ atMs }) => atMs <= toMs);
  return within
    .map((each) => (each.atMs < fromMs ? { ...each, atMs: fromMs } : each))
    .toSorted((a, b) => a.atMs - b.atMs);
}

function drawAgents(draw: Draw, setting: Setting, keys: KeySpace): SimAgent[] {
  const recipe = draw.chance(0.7) ? "lock" : "election";
  const { tickMs } = setting;
  return setting.agents.map((client) => ({
    client,
    ...(draw.chance(0.6) ? { stallMs: Math.round(tickMs * draw.magnitude(1, 20)) } : {}),
    recipe,
    resource: draw.pick(keys.resources),
    holdMs: Math.round(tickMs * draw.magnitude(0.2, 4)),
    restMs: Math.round(tickMs * draw.magnitude(0.2, 4)),
  }));
}
