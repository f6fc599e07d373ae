/** Candidates for a plan whose ensemble, machines and configuration are closer to the ordinary. */
import type { SimPlan } from "../plan.ts";
import { type ServerCounts, withServers } from "./fewer-hosts.ts";

/** From a plan to simpler ones, the simplest first; none when it is as simple as can be. */
export type Simplify = (plan: SimPlan) => SimPlan[];

/**
 * Every plan has to say these, and the bound of its liveness phase was drawn for them: with other ones
 * it might be too short, and that would be another failure.
 */
const TIMING_KEYS: readonly string[] = ["tickTime", "initLimit", "syncLimit"];
/** How many transactions there may be between two snapshots. */
const SNAP_COUNTS = [5, 10, 20, 50] as const;
const PLAIN = {
  latencyMs: [1, 1],
  turnMs: 0,
  diskStepMs: [0.1, 0.1],
  logFileMaxBytes: 1 << 20,
} as const satisfies Partial<SimPlan>;

/** What makes every run after it cheaper, or lets more be taken away: it comes before the operations. */
export const CHEAPER_SETTINGS: readonly Simplify[] = [
  fewerServers,
  withoutEnding,
  plainConfig,
  soonerSnapshots,
];

export const SIMPLER_SETTINGS: readonly Simplify[] = [
  fewerServers,
  withoutEnding,
  wholeWrites,
  openLinks,
  plainMachines,
  plainConfig,
  plainTimeouts,
];

function fewerServers(plan: SimPlan): SimPlan[] {
  const { servers, observers, spares } = plan;
  const counts: ServerCounts[] = [];
  for (const fewer of [3, 5] as const) {
    if (fewer < servers) {
      counts.push(
        { servers: fewer, observers: 0, spares: 0 },
        { servers: fewer, observers, spares },
      );
    }
  }
  if (observers > 0) counts.push({ servers, observers: 0, spares });
  if (observers > 1) counts.push({ servers, observers: 1, spares });
  if (spares > 0) counts.push({ servers, observers, spares: 0 });
  return counts.map((each) => withServers(plan, each));
}

function withoutEnding(plan: SimPlan): SimPlan[] {
  const { ending, ...rest } = plan;
  if (ending === undefined) return [];
  return ending === "kill-all" ? [rest] : [rest, { ...rest, ending: "kill-all" }];
}

function wholeWrites({ splitPercent, ...rest }: SimPlan): SimPlan[] {
  return splitPercent === undefined ? [] : [rest];
}

function openLinks({ linkSecret, ...rest }: SimPlan): SimPlan[] {
  return linkSecret === undefined ? [] : [rest];
}

function plainMachines(plan: SimPlan): SimPlan[] {
  const names = ["latencyMs", "turnMs", "diskStepMs", "logFileMaxBytes"] as const;
  const odd = names.filter((name) => JSON.stringify(plan[name]) !== JSON.stringify(PLAIN[name]));
  if (odd.length === 0) return [];
  const plain = (some: readonly (keyof typeof PLAIN)[]): SimPlan => ({
    ...plan,
    ...Object.fromEntries(some.map((name) => [name, PLAIN[name]])),
  });
  return odd.length === 1 ? [plain(odd)] : [plain(odd), ...odd.map((name) => plain([name]))];
}

/** All keys that can be left out, and then each of them. */
function plainConfig(plan: SimPlan): SimPlan[] {
  const odd = Object.keys(plan.config).filter((key) => !TIMING_KEYS.includes(key));
  const without = (keys: readonly string[]): SimPlan => {
    const entries = Object.entries(plan.config).filter(([key]) => !keys.includes(key));
    return { ...plan, config: Object.fromEntries(entries) };
  };
  return odd.length < 2
    ? odd.map((key) => without([key]))
    : [odd, ...odd.map((key) => [key])].map(without);
}

/** A snapshot that the failure needs is there after fewer operations. */
function soonerSnapshots(plan: SimPlan): SimPlan[] {
  const snapCount = Number(plan.config["snapCount"]);
  return SNAP_COUNTS.filter((count) => count < snapCount).map((count) => {
    return { ...plan, config: { ...plan.config, snapCount: `${count}` } };
  });
}

function plainTimeouts(plan: SimPlan): SimPlan[] {
  const longest = Math.max(...plan.sessionTimeoutsMs);
  if (plan.sessionTimeoutsMs.every((each) => each === longest)) return [];
  return [{ ...plan, sessionTimeoutsMs: plan.sessionTimeoutsMs.map(() => longest) }];
}
