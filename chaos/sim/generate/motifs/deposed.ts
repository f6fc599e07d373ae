/** Leaders that are replaced and do not know it, and clients that know more than they do. */
import type { Motifs } from "../motif.ts";
import { readAny, setData, syncAny } from "../requests.ts";
import type { Stage } from "../stage.ts";

/**
 * The old leader's clock runs slow: cut off, it believes in itself for longer than the others do, and
 * clients that have seen what its successor did come back to it.
 */
function slowClock(stage: Stage, fromMs: number): number {
  const { draw, setting } = stage;
  const limitMs = setting.tickMs * setting.syncLimit;
  const slow = draw.between(0.1, 0.3);
  const holdMs = limitMs * (1 + 2 * slow) + stage.ticks(1, 3);
  stage.fault(fromMs, holdMs, {
    type: "clock-skew",
    target: "leader",
    ppm: -Math.round(slow * 1_000_000),
  });
  const cutMs = fromMs + stage.ticks(0.5, 1.5);
  const [residents, others] = twoParts(stage);
  for (const client of residents) stage.op(client, fromMs, { type: "move", server: "leader" });
  for (const client of others) {
    stage.op(client, fromMs, { type: "move", server: draw.pick(setting.voters) });
  }
  stage.fault(cutMs, holdMs, { type: "partition", target: "aimed", ...drawCompany(stage) });
  comeBack(stage, others, cutMs + limitMs, cutMs + limitMs * (1 + 2 * slow));
  askForLatest(stage, residents, cutMs + limitMs, cutMs + limitMs * (1 + 2 * slow));
  return cutMs + holdMs;
}

/**
 * The leader is cut off from the servers and not from its clients: it believes in itself until its
 * patience is over, which may be a moment later than that of the others.
 */
function lonelyLeader(stage: Stage, fromMs: number): number {
  const { draw, setting } = stage;
  const limitMs = setting.tickMs * setting.syncLimit;
  for (const client of setting.clients) {
    const server = draw.chance(0.4) ? "leader" : draw.pick(setting.voters);
    stage.op(client, fromMs, { type: "move", server });
  }
  const cutMs = fromMs + stage.ticks(0.5, 2);
  const holdMs = limitMs + stage.ticks(2, 4);
  const company = drawCompany(stage);
  stage.fault(cutMs, holdMs, { type: "partition", target: "leader", ...company });
  const endMs = cutMs + limitMs + stage.tickMs;
  stage.writes(cutMs + limitMs - 1.5 * stage.tickMs, endMs, draw.whole(10, 30));
  const askers = draw.several(setting.clients, draw.whole(1, 4));
  askForLatest(stage, askers, cutMs + limitMs - stage.tickMs, endMs);
  return endMs + stage.ticks(1, 3);
}

/**
 * The leader stands still, and is cut off: when it goes on it has heard nothing of its successor, and for
 * a moment it cannot tell that it has been away. Some clients have waited for it, others come from its
 * successor.
 */
function lateRiser(stage: Stage, fromMs: number): number {
  const { draw, setting, keys, tickMs } = stage;
  const limitMs = tickMs * setting.syncLimit;
  const sleepMs = limitMs + stage.ticks(1, 4);
  const wakesMs = fromMs + sleepMs;
  // Half a tick after it has gone on its patience is over.
  const blindMs = tickMs / 2;
  stage.fault(fromMs, sleepMs, { type: "pause", target: "leader" });
  stage.fault(fromMs, sleepMs + tickMs, {
    type: "partition",
    target: "aimed",
    ...drawCompany(stage),
  });
  const [waiting, others] = twoParts(stage);
  for (const client of waiting) {
    stage.op(client, fromMs - stage.ticks(0.5, 2), { type: "move", server: "leader" });
    const asksMs = wakesMs + draw.between(-0.5, 0.8) * blindMs;
    stage.op(client, asksMs, syncAny(draw, keys));
    stage.op(client, asksMs, readAny(draw, keys));
  }
  for (const client of others) {
    for (let left = draw.whole(1, 3); left > 0; left--) {
      stage.op(client, draw.between(fromMs + limitMs, wakesMs), setData(draw, keys));
    }
    stage.op(client, draw.between(fromMs + limitMs, wakesMs), readAny(draw, keys));
    if (draw.chance(0.2)) continue;
    const knocksMs = wakesMs + draw.between(-0.3, 0.8) * blindMs;
    stage.op(client, knocksMs, { type: "move", server: "aimed" });
    stage.op(client, knocksMs, readAny(draw, keys));
  }
  return wakesMs + stage.ticks(1, 4);
}

/** Clients that stay where they are ask for the latest, over and over. */
export function askForLatest(
  stage: Stage,
  clients: readonly number[],
  fromMs: number,
  toMs: number,
): void {
  const { draw, keys } = stage;
  for (const client of clients) {
    for (let left = draw.whole(4, 12); left > 0; left--) {
      const atMs = draw.between(fromMs, toMs);
      stage.op(client, atMs, syncAny(draw, keys));
      if (draw.chance(0.5)) stage.op(client, atMs, readAny(draw, keys));
    }
  }
}

/** Some of the clients, at least one, and the others, be it none. */
function twoParts({ draw, setting }: Stage): [number[], number[]] {
  const mixed = draw.several(setting.clients, setting.clients.length);
  const count = draw.whole(1, Math.ceil(mixed.length / 2));
  return [mixed.slice(0, count), mixed.slice(count)];
}

/** Some of the others may be on the side of a server that is cut off, too few for a quorum. */
function drawCompany({ draw, setting }: Stage): { company?: number } {
  const most = Math.ceil(setting.voters.length / 2) - 2;
  return most > 0 && draw.chance(0.6) ? { company: draw.whole(1, most) } : {};
}

/** Clients write and read wherever they are, and go from server to server. */
export function comeBack(
  stage: Stage,
  clients: readonly number[],
  fromMs: number,
  toMs: number,
): void {
  const { draw, setting, keys } = stage;
  for (const client of clients) {
    for (let left = draw.whole(2, 5); left > 0; left--) {
      const atMs = draw.between(fromMs, toMs);
      stage.op(client, atMs, setData(draw, keys));
      stage.op(client, atMs + 1, readAny(draw, keys));
      const moveMs = atMs + draw.magnitude(1, (toMs - fromMs) / 2);
      const server = draw.chance(0.5) ? "aimed" : draw.pick(setting.voters);
      stage.op(client, moveMs, { type: "move", server });
      if (draw.chance(0.5)) stage.op(client, moveMs, syncAny(draw, keys));
      stage.op(client, moveMs, readAny(draw, keys));
    }
  }
}

export const DEPOSED_MOTIFS: Motifs = {
  "slow clock": slowClock,
  "lonely leader": lonelyLeader,
  "late riser": lateRiser,
};
