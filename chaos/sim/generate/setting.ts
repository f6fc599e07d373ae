/** What kind of ensemble a seed gets: sizes, times, limits. Each seed draws its own (swarm testing). */
import type { SimPlan } from "../plan.ts";
import type { Draw } from "./draw.ts";

/** The part of a plan that does not say what happens when. */
export type Ensemble = Omit<SimPlan, "format" | "seed" | "ops" | "agents" | "faults" | "ending">;

export interface Setting {
  readonly ensemble: Ensemble;
  readonly tickMs: number;
  /** After so many ticks without a word a follower is given up, and gives the leader up. */
  readonly syncLimit: number;
  /** Members change in this seed. */
  readonly reconfigures: boolean;
  /** Numbers of the clients that ask for what the plan says; the others are agents. */
  readonly clients: readonly number[];
  readonly agents: readonly number[];
  /** Servers that vote at the beginning. */
  readonly voters: readonly number[];
  /** Servers that clients know. */
  readonly members: readonly number[];
  /** Load begins when a first leader can be there. */
  readonly startMs: number;
}

const OP_TIMEOUT_TICKS = [4, 40] as const;

export function drawSetting(draw: Draw): Setting {
  const servers = draw.weighted([
    [3, 68],
    [5, 26],
    [7, 6],
  ] as const);
  const observers = draw.weighted([
    [0, 70],
    [1, 20],
    [2, 10],
  ]);
  const reconfigures = draw.chance(0.35);
  const spares = reconfigures ? draw.pick([0, 1, 2, 2, 2]) : 0;
  const tickMs = Math.round(draw.magnitude(50, 2_000));
  const initLimit = draw.whole(5, 15);
  const syncLimit = draw.whole(3, 8);
  const clientCount = draw.whole(2, 8);
  const agentCount = draw.chance(0.3) ? draw.whole(2, 3) : 0;
  // Clients know the spares, too.
  const known = servers + observers + spares;
  const machines = drawMachines(draw, tickMs, syncLimit, known);
  const leastTicks = sessionTicks(machines, tickMs, known);
  const sessionTimeoutsMs = Array.from(
    { length: clientCount + agentCount },
    () => Math.max(leastTicks, draw.pick([2, 3, 4, 4, 6, 8, 12])) * tickMs,
  );
  const opTimeoutMs = Math.round(
    Math.min(8_000, Math.max(400, tickMs * draw.between(...OP_TIMEOUT_TICKS))),
  );
  const startMs = Math.round(400 + 3 * tickMs);
  const ensemble: Ensemble = {
    servers,
    observers,
    spares,
    config: drawConfig(draw, { tickMs, initLimit, syncLimit, reconfigures }),
    ...machines,
    sampleMs: Math.max(tickMs / 2, 50),
    sessionTimeoutsMs,
    opTimeoutMs,
    safetyMs: startMs + Math.round(tickMs * draw.between(30, 90)),
    livenessMs: livenessBoundMs(tickMs, initLimit, opTimeoutMs, sessionTimeoutsMs),
  };
  const numbers = (from: number, count: number): number[] =>
    Array.from({ length: count }, (_, index) => from + index);
  return {
    ensemble,
    tickMs,
    syncLimit,
    reconfigures,
    clients: numbers(1, clientCount),
    agents: numbers(clientCount + 1, agentCount),
    voters: numbers(1, servers),
    members: numbers(1, servers + observers),
    startMs,
  };
}

/** Long enough for several elections, and for sessions of clients that are gone to run out. */
function livenessBoundMs(
  tickMs: number,
  initLimit: number,
  opTimeoutMs: number,
  sessionTimeoutsMs: readonly number[],
): number {
  const sessionMs = Math.max(...sessionTimeoutsMs);
  return Math.round(10_000 + tickMs * (30 + 3 * initLimit) + 3 * sessionMs + 2 * opTimeoutMs);
}

function drawConfig(
  draw: Draw,
  limits: { tickMs: number; initLimit: number; syncLimit: number; reconfigures: boolean },
): Record<string, string> {
  const { tickMs, initLimit, syncLimit, reconfigures } = limits;
  const snapCount = draw.weighted([
    [draw.whole(5, 20), 45],
    [draw.whole(20, 150), 35],
    [100_000, 20],
  ]);
  return {
    tickTime: `${tickMs}`,
    initLimit: `${initLimit}`,
    syncLimit: `${syncLimit}`,
    snapCount: `${snapCount}`,
    extendedTypesEnabled: "true",
    "znode.container.checkIntervalMs": `${tickMs * draw.whole(2, 10)}`,
    // Purges when it starts. Where the log is gone checkers know less, so not too often.
    ...(draw.chance(0.1) ? { "autopurge.purgeInterval": "1" } : {}),
    ...(reconfigures ? { reconfigEnabled: "true", skipACL: "yes" } : {}),
  };
}

type Machines = Pick<
  Ensemble,
  "latencyMs" | "turnMs" | "diskStepMs" | "logFileMaxBytes" | "splitPercent"
>;

/** The longest session that servers grant is of 20 ticks; some room is left. */
const SESSION_MAX_TICKS = 16;
/** A client has at least this long for one try to open a session. */
const TRY_MIN_MS = 150;

/**
 * From quick to awful, but so that servers which hear each other within their limits can go on, and
 * clients can open sessions: what is always too slow would be no fault, but the end.
 */
function drawMachines(draw: Draw, tickMs: number, syncLimit: number, known: number): Machines {
  const limitMs = tickMs * syncLimit;
  const latencyMaxMs = draw.magnitude(0.2, Math.min(60, limitMs / 20));
  const diskMaxMs = draw.magnitude(0.05, Math.min(60, limitMs / 40));
  const drawn = {
    latencyMs: range(draw, latencyMaxMs),
    diskStepMs: range(draw, diskMaxMs),
    turnMs: draw.chance(0.5) ? 0 : round(draw.magnitude(0.1, Math.min(4, limitMs / 100))),
    logFileMaxBytes: draw.weighted([
      [draw.whole(200, 1_000), 30],
      [draw.whole(1_000, 20_000), 40],
      [1 << 20, 30],
    ]),
    ...drawSplitting(draw),
  };
  const tooSlow = sessionTicks(drawn, tickMs, known) / SESSION_MAX_TICKS;
  if (tooSlow <= 1) return drawn;
  const [latencyMinMs, diskMinMs] = [drawn.latencyMs[0], drawn.diskStepMs[0]];
  return {
    ...drawn,
    latencyMs: [round(latencyMinMs / tooSlow), round(drawn.latencyMs[1] / tooSlow)],
    diskStepMs: [round(diskMinMs / tooSlow), round(drawn.diskStepMs[1] / tooSlow)],
  };
}

/** Most networks carry what is written as it is written; some cut it up, now and then or often. */
function drawSplitting(draw: Draw): Pick<Machines, "splitPercent"> {
  if (draw.chance(0.5)) return {};
  return { splitPercent: draw.pick([1, 5, 25]) };
}

/**
 * How long a session must be, in ticks, for a client to get one: it shares the time among the servers
 * that it tries, and each try takes some messages one after the other and some steps of disks.
 */
function sessionTicks(
  { latencyMs, diskStepMs, turnMs }: Omit<Machines, "logFileMaxBytes">,
  tickMs: number,
  known: number,
): number {
  const tryMs = 10 * (latencyMs[1] + turnMs) + 10 * (diskStepMs[1] + turnMs);
  return tryMs <= TRY_MIN_MS ? 0 : Math.ceil((tryMs * known) / tickMs);
}

function range(draw: Draw, maxMs: number): readonly [number, number] {
  return [round(maxMs * draw.between(0.01, 0.9)), round(maxMs)];
}

function round(valueMs: number): number {
  return Math.round(valueMs * 1_000) / 1_000;
}
