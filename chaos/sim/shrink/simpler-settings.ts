/** Candidates for a plan whose ensemble, machines and configuration are closer to the ordinary. */
import type { SimPlan } from "../plan.ts";
import { type ServerCounts, withServers } from "./fewer-hosts.ts";

/** From a plan to simpler ones, the simplest first; none when it is as simple as can be. */
export type Simplify = (plan: SimPlan) => SimPlan[];

/** What every plan has to say; all other keys may be left out. */
const PLAIN_CONFIG: Readonly<Record<string, string>> = {
  tickTime: "2000",
  initLimit: "10",
  syncLimit: "5",
};
const PLAIN = {
  latencyMs: [1, 1],
  turnMs: 0,
  diskStepMs: [0.1, 0.1],
  logFileMaxBytes: 1 << 20,
} as const satisfies Partial<SimPlan>;

export const SIMPLER_SETTINGS: readonly Simplify[] = [
  fewerServers,
  withoutEnding,
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

function plainConfig(plan: SimPlan): SimPlan[] {
  const { config } = plan;
  const odd = Object.keys(config).filter((key) => config[key] !== PLAIN_CONFIG[key]);
  const plain = (keys: readonly string[]): SimPlan => {
    const entries = Object.entries(config).flatMap(([key, value]) => {
      if (!keys.includes(key)) return [[key, value]];
      const usual = PLAIN_CONFIG[key];
      return usual === undefined ? [] : [[key, usual]];
    });
    return { ...plan, config: Object.fromEntries(entries) as Record<string, string> };
  };
  // Everything that is timed in ticks would have to change with them: the tick stays, or goes alone.
  const others = odd.filter((key) => key !== "tickTime");
  const together = others.length > 1 ? [plain(others)] : [];
  return [...together, ...odd.map((key) => plain([key]))];
}

function plainTimeouts(plan: SimPlan): SimPlan[] {
  const { opTimeoutMs, ...rest } = plan;
  const candidates: SimPlan[] = opTimeoutMs === undefined ? [] : [rest];
  const longest = Math.max(...plan.sessionTimeoutsMs);
  if (plan.sessionTimeoutsMs.some((each) => each !== longest))
    candidates.push({ ...plan, sessionTimeoutsMs: plan.sessionTimeoutsMs.map(() => longest) });
  return candidates;
}
