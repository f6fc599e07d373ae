/** Sessions that move, end and are given up while something of theirs is still under way. */
import type { Motifs } from "../motif.ts";
import {
  abandon,
  createEphemeral,
  createSequential,
  EPHEMERAL,
  readAny,
  syncAny,
} from "../requests.ts";
import type { SimFaultKind, SimRequest } from "../../plan.ts";
import type { Stage } from "../stage.ts";

/** A client that has seen something is taken to a server that hears of everything late. */
function toLaggingServer(stage: Stage, fromMs: number): number {
  const { draw, setting } = stage;
  const late = draw.pick(setting.members);
  const holdMs = stage.ticks(1.5, 6);
  const limitMs = setting.tickMs * setting.syncLimit;
  const delayMs = Math.max(1, Math.round(draw.magnitude(0.05, 0.6) * limitMs));
  const { latencyMs, diskStepMs } = setting.ensemble;
  const answerMs = 6 * latencyMs[1] + 3 * diskStepMs[1];
  stage.fault(
    fromMs,
    holdMs,
    draw.chance(0.8)
      ? { type: "delay", target: late, delayMs }
      : { type: "partition", target: late },
  );
  for (let left = draw.whole(2, 5); left > 0; left--) {
    const client = stage.client();
    const atMs = draw.between(fromMs, fromMs + holdMs * 0.8);
    const path = draw.pick(stage.keys.hot);
    const other = draw.pick(setting.members.filter((id) => id !== late));
    if (draw.chance(0.5))
      stage.op(client, atMs - stage.ticks(0.2, 1), { type: "move", server: other });
    stage.writes(atMs - stage.tickMs * 0.2, atMs, draw.whole(1, 3));
    stage.op(client, atMs, { type: "setData", path, version: -1, valueBytes: 20 });
    stage.op(client, atMs, { type: "getData", path, watch: draw.chance(0.3) });
    const type = draw.chance(0.8) ? "move" : "takeOver";
    // Mostly when it has been told what it wrote.
    const movesMs = atMs + (draw.chance(0.7) ? answerMs : 0) + draw.magnitude(1, stage.tickMs);
    stage.op(client, movesMs, { type, server: late });
    stage.op(client, atMs + stage.tickMs, readAny(draw, stage.keys));
  }
  return fromMs + holdMs;
}

/** Clients of a server that lags ask it to catch up before they read. */
function syncAtLaggingServer(stage: Stage, fromMs: number): number {
  const { draw, setting } = stage;
  const late = draw.pick(setting.members);
  const readers = draw.several(setting.clients, draw.whole(1, 2));
  for (const client of readers) stage.op(client, fromMs, { type: "move", server: late });
  const delayMs = Math.max(
    1,
    Math.round(setting.tickMs * draw.magnitude(0.1, setting.syncLimit / 3)),
  );
  const lagsMs = fromMs + stage.ticks(0.5, 1.5);
  const holdMs = stage.ticks(2, 8);
  stage.fault(lagsMs, holdMs, { type: "delay", target: late, delayMs });
  stage.writes(lagsMs, lagsMs + holdMs, draw.whole(6, 16));
  for (const client of readers) {
    for (let left = draw.whole(2, 6); left > 0; left--) {
      const atMs = draw.between(lagsMs, lagsMs + holdMs);
      stage.op(client, atMs, syncAny(draw, stage.keys));
      stage.op(client, atMs, readAny(draw, stage.keys));
    }
  }
  return lagsMs + holdMs;
}

/** A client creates ephemerals, goes on at another server and closes, all in the same moment. */
function closeRaces(stage: Stage, fromMs: number): number {
  const { draw, keys, setting } = stage;
  const endMs = fromMs + stage.ticks(0.5, 3);
  if (draw.chance(0.6)) {
    const delayMs = Math.max(1, Math.round(setting.tickMs * draw.magnitude(0.02, 0.8)));
    const target = draw.pick(setting.members);
    stage.fault(fromMs, endMs - fromMs + stage.tickMs, { type: "delay", target, delayMs });
  }
  for (const client of draw.several(setting.clients, draw.whole(1, 4))) {
    const atMs = draw.between(fromMs, endMs);
    const spreadMs = draw.chance(0.5) ? 0 : draw.magnitude(0.1, stage.tickMs / 4);
    const create = (): void => {
      const request = draw.chance(0.5) ? createEphemeral(draw, keys) : createSequential(draw, keys);
      const whenMs = atMs + draw.between(0, spreadMs);
      stage.op(client, whenMs, request);
      // It, or somebody else, goes on with the znode at once.
      if ("path" in request && draw.chance(0.5))
        meddle(stage, request.path, whenMs, whenMs + spreadMs * 2);
    };
    create();
    if (draw.chance(0.5)) {
      const type = draw.chance(0.5) ? "takeOver" : "move";
      stage.op(client, atMs + draw.between(0, spreadMs), {
        type,
        server: draw.pick(setting.members),
      });
    }
    create();
    const type = draw.chance(0.7) ? "close" : "abandon";
    stage.op(client, atMs + draw.between(0, spreadMs * 2), { type });
    if (draw.chance(0.5)) create();
  }
  return endMs + stage.ticks(0.5, 2);
}

/** Clients write an ephemeral, delete it, or want it for themselves, whoever has it now. */
function meddle(stage: Stage, path: string, fromMs: number, toMs: number): void {
  const { draw } = stage;
  for (let left = draw.whole(1, 3); left > 0; left--) {
    stage.op(
      stage.client(),
      draw.between(fromMs, toMs),
      draw.weighted<SimRequest>([
        [{ type: "setData", path, version: -1, valueBytes: 20 }, 3],
        [{ type: "delete", path, version: -1 }, 2],
        [{ type: "create", path, flags: EPHEMERAL, valueBytes: 20 }, 2],
      ]),
    );
  }
}

/** A server stands still, or cannot reach the leader, for about as long as its clients' sessions live. */
function expiryRaces(stage: Stage, fromMs: number): number {
  const { draw, keys, setting } = stage;
  const clients = draw.several(setting.clients, draw.whole(1, 3));
  const target = draw.pick(setting.members);
  for (const client of clients) stage.op(client, fromMs, { type: "move", server: target });
  const timeoutMs = setting.ensemble.sessionTimeoutsMs[(clients[0] ?? 1) - 1] ?? stage.tickMs;
  const atMs = fromMs + stage.ticks(0.5, 1.5);
  const holdMs = Math.max(stage.tickMs * 0.3, timeoutMs + stage.ticks(-1, 1.5));
  const trouble = draw.pick<SimFaultKind>([
    { type: "pause", target },
    { type: "cut-clients", target },
    { type: "delay", target, delayMs: Math.round(timeoutMs) },
    { type: "one-way", target, direction: "out" },
  ]);
  stage.fault(atMs, holdMs, trouble);
  if (draw.chance(0.6)) {
    // What ends the session then takes its time to be committed.
    const stepMs = Math.max(1, Math.round(stage.tickMs * draw.magnitude(0.1, 1)));
    for (const id of setting.voters) {
      stage.fault(atMs, holdMs + stage.tickMs, { type: "slow-disk", target: id, stepMs });
    }
  }
  for (const client of clients) {
    for (let left = draw.whole(2, 8); left > 0; left--) {
      const whenMs = draw.between(atMs - stage.tickMs * 0.2, atMs + holdMs + stage.tickMs);
      stage.op(client, whenMs, createEphemeral(draw, keys));
      if (draw.chance(0.3)) stage.op(client, whenMs, createSequential(draw, keys));
    }
    if (draw.chance(0.4)) stage.op(client, atMs + draw.between(0, holdMs), abandon(draw));
  }
  for (let left = draw.whole(2, 8); left > 0; left--) {
    const path = draw.pick(keys.ephemerals);
    const whenMs = draw.between(atMs, atMs + holdMs + 2 * stage.tickMs);
    stage.op(stage.client(), whenMs, { type: "exists", path, watch: draw.chance(0.5) });
  }
  return atMs + holdMs + stage.ticks(1, 3);
}

/** Clients that hold ephemerals go without a word; the leader that counts their time falls meanwhile. */
function orphans(stage: Stage, fromMs: number): number {
  const { draw, keys, setting } = stage;
  const endMs = fromMs + stage.ticks(4, 12);
  for (const client of draw.several(setting.clients, draw.whole(1, 3))) {
    stage.op(client, fromMs, createEphemeral(draw, keys));
    stage.op(client, fromMs, createSequential(draw, keys));
    stage.op(client, fromMs + stage.ticks(0.3, 1), abandon(draw));
  }
  if (draw.chance(0.6)) {
    const type = draw.pick(["kill", "partition", "kill-all", "power-cut", "pause"] as const);
    const atMs = draw.between(fromMs, endMs);
    if (type === "kill-all") stage.fault(atMs, stage.ticks(0.2, 1), { type });
    else stage.fault(atMs, stage.ticks(0.5, 4), { type, target: "leader" });
  }
  for (let left = draw.whole(2, 8); left > 0; left--) {
    const path = draw.pick(keys.directories);
    stage.op(stage.client(), draw.between(fromMs, endMs), {
      type: "getChildren",
      path,
      watch: true,
    });
  }
  return endMs;
}

/** Sessions that have just begun move to a server that has not heard of them. */
function youngSessions(stage: Stage, fromMs: number): number {
  const { draw, keys, setting } = stage;
  const late = draw.pick(setting.members);
  const others = setting.members.filter((id) => id !== late);
  const limitMs = setting.tickMs * setting.syncLimit;
  const delayMs = Math.max(1, Math.round(draw.magnitude(0.05, 0.5) * limitMs));
  const endMs = fromMs + stage.ticks(1.5, 5);
  stage.fault(fromMs, endMs - fromMs, { type: "delay", target: late, delayMs });
  const [, latencyMaxMs] = setting.ensemble.latencyMs;
  for (let left = draw.whole(4, 10); left > 0; left--) {
    const client = stage.client();
    const atMs = draw.between(fromMs, endMs);
    stage.op(client, atMs, { type: draw.chance(0.7) ? "close" : "abandon" });
    // The first thing it asks for opens the next session.
    const againMs = atMs + draw.magnitude(1, stage.tickMs);
    stage.op(client, againMs, { type: "move", server: draw.pick(others) });
    const movesMs = againMs + draw.magnitude(5, 80) * latencyMaxMs;
    stage.op(client, movesMs, { type: "move", server: late });
    stage.op(client, movesMs, draw.chance(0.5) ? createEphemeral(draw, keys) : readAny(draw, keys));
  }
  return endMs;
}

export const CLIENT_MOTIFS: Motifs = {
  "young sessions": youngSessions,
  "to a lagging server": toLaggingServer,
  "sync at a lagging server": syncAtLaggingServer,
  "close races": closeRaces,
  "expiry races": expiryRaces,
  orphans,
};
