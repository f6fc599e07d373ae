/** Sessions whose end, or whose servers, are not sure of the time. */
import type { Motifs } from "../motif.ts";
import { abandon, createEphemeral, createSequential, readAny, setData } from "../requests.ts";
import type { Stage } from "../stage.ts";

/**
 * A client's last requests reach its server, which stands still; then the client is gone. The server
 * goes on at about the time when the session ends, and hands them in.
 */
function lastWords(stage: Stage, fromMs: number): number {
  const { draw, keys, setting, tickMs } = stage;
  const late = draw.pick(setting.members);
  const limitMs = 0.95 * tickMs * setting.syncLimit;
  const clients = draw
    .several(setting.clients, 3)
    .filter((client) => timeoutMs(stage, client) < limitMs);
  const [first = setting.clients[0] ?? 1] = clients;
  for (const client of clients) stage.op(client, fromMs, { type: "move", server: late });
  const stopMs = fromMs + stage.ticks(0.5, 1.5);
  const holdMs = Math.min(limitMs, timeoutMs(stage, first) + stage.ticks(-0.5, 1.2));
  for (const client of clients) {
    for (let left = draw.whole(1, 4); left > 0; left--) {
      const request = draw.chance(0.7) ? createEphemeral(draw, keys) : createSequential(draw, keys);
      stage.op(client, stopMs + draw.between(1, tickMs / 3), request);
    }
    stage.op(client, stopMs + tickMs * draw.between(0.35, 0.6), { type: "abandon" });
  }
  stage.fault(stopMs, holdMs, { type: "pause", target: late });
  // What ends a session then takes its time to be committed.
  const stepMs = Math.max(1, Math.round(tickMs * draw.magnitude(0.1, 0.8)));
  for (const target of setting.voters) {
    stage.fault(stopMs + holdMs / 2, holdMs / 2 + tickMs, { type: "slow-disk", target, stepMs });
  }
  return stopMs + holdMs + stage.ticks(1, 3);
}

/** The leader stands still for longer than sessions live, and shorter than anybody loses patience. */
function dozingLeader(stage: Stage, fromMs: number): number {
  const { draw, keys, setting, tickMs } = stage;
  const limitMs = 0.9 * tickMs * setting.syncLimit;
  const holdMs = limitMs * draw.between(0.6, 1);
  stage.fault(fromMs, holdMs, { type: "pause", target: "leader" });
  // Reads are answered by the others meanwhile, and are signs of life.
  for (const client of setting.clients) {
    const everyMs = tickMs * draw.between(0.4, 1);
    for (let atMs = fromMs + draw.between(0, everyMs); atMs < fromMs + holdMs; atMs += everyMs) {
      stage.op(client, atMs, readAny(draw, keys));
    }
  }
  return fromMs + holdMs + stage.ticks(1, 3);
}

/** Machines of clients go, with what they held, while their servers see nothing of it. */
function silence(stage: Stage, fromMs: number): number {
  const { draw, keys, setting } = stage;
  for (const client of draw.several(setting.clients, draw.whole(1, 3))) {
    const atMs = fromMs + stage.ticks(0, 2);
    stage.op(client, atMs, createEphemeral(draw, keys));
    stage.op(client, atMs, createSequential(draw, keys));
    stage.op(client, atMs + stage.ticks(0.1, 2), abandon(draw));
  }
  return fromMs + stage.ticks(2, 6);
}

/**
 * A session is taken over, be it at the server where it is, by a client that goes on at once; the one that
 * had it before does not know, and goes on, too.
 */
function twoAtOnce(stage: Stage, fromMs: number): number {
  const { draw, keys, setting } = stage;
  const endMs = fromMs + stage.ticks(1, 4);
  for (const client of draw.several(setting.clients, draw.whole(1, 3))) {
    const home = draw.pick(setting.members);
    stage.op(client, fromMs, { type: "move", server: home });
    stage.op(client, fromMs, createEphemeral(draw, keys));
    const takenMs = fromMs + stage.ticks(0.5, 1);
    const server = draw.chance(0.5) ? home : draw.pick(setting.members);
    stage.op(client, takenMs, { type: "takeOver", server });
    for (let left = draw.whole(4, 12); left > 0; left--) {
      const atMs = draw.chance(0.5) ? takenMs : draw.between(takenMs, endMs);
      const request = draw.chance(0.6) ? setData(draw, keys) : readAny(draw, keys);
      if (draw.chance(0.5)) stage.op(client, atMs, request);
      else stage.opByFormer(client, atMs, request);
    }
  }
  return endMs;
}

/** Clients reach no server for about as long as their sessions live, and some come back in time. */
function outOfReach(stage: Stage, fromMs: number): number {
  const { draw, keys, setting } = stage;
  for (const client of setting.clients) stage.op(client, fromMs, createEphemeral(draw, keys));
  const atMs = fromMs + stage.ticks(0.5, 2);
  const holdMs = Math.max(
    stage.tickMs * 0.3,
    timeoutMs(stage, stage.client()) + stage.ticks(-1.5, 0.8),
  );
  for (const target of setting.members) stage.fault(atMs, holdMs, { type: "cut-clients", target });
  return atMs + holdMs + stage.ticks(1, 3);
}

function timeoutMs({ setting }: Stage, client: number): number {
  return setting.ensemble.sessionTimeoutsMs[client - 1] ?? setting.tickMs;
}

export const SESSION_MOTIFS: Motifs = {
  "last words": lastWords,
  "dozing leader": dozingLeader,
  silence,
  "out of reach": outOfReach,
  "two at once": twoAtOnce,
};
