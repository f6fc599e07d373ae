/** Znodes that come and go by themselves, while clients use them. */
import type { Motifs } from "../motif.ts";
import { drawPerms, readAny } from "../requests.ts";
import type { Stage } from "../stage.ts";

const CONTAINER = 4;
const WITH_TTL = 5;

/** A container is empty for a moment, over and over, while the leader looks for empty ones. */
function busyContainer(stage: Stage, fromMs: number): number {
  const { draw, keys, setting, tickMs } = stage;
  const sweepMs = Number(setting.ensemble.config["znode.container.checkIntervalMs"]);
  const container = draw.pick(keys.containers);
  const child = `${container}/n`;
  const holdMs = Math.min(sweepMs * draw.between(1, 3), 25 * tickMs);
  const [first = 1, second = first] = draw.several(setting.clients, 2);
  const everyMs = Math.max(4 * setting.ensemble.latencyMs[1], tickMs * draw.magnitude(0.05, 0.5));
  const valueBytes = 20;
  const create = { type: "create", valueBytes } as const;
  const count = Math.min(80, Math.ceil(holdMs / everyMs));
  for (let index = 0; index < count; index++) {
    const atMs = fromMs + index * everyMs;
    const client = draw.chance(0.8) ? first : second;
    stage.op(client, atMs, { ...create, path: container, flags: CONTAINER });
    stage.op(client, atMs, { ...create, path: child, flags: 0 });
    stage.op(client, atMs + everyMs * draw.between(0, 0.8), {
      type: "delete",
      path: child,
      version: -1,
    });
  }
  return fromMs + holdMs;
}

/** Access is changed by who saw the last change of it, while the data change more often. */
function contendedAcl(stage: Stage, fromMs: number): number {
  const { draw, keys, setting } = stage;
  const endMs = fromMs + stage.ticks(0.5, 2);
  const path = draw.pick(keys.hot);
  for (const client of draw.several(setting.clients, draw.whole(1, 3))) {
    for (let left = draw.whole(2, 5); left > 0; left--) {
      const atMs = draw.between(fromMs, endMs);
      stage.op(client, atMs, { type: "getACL", path });
      stage.op(client, draw.between(atMs, endMs), {
        type: "setACL",
        path,
        perms: 31,
        version: draw.chance(0.8) ? "seen" : "wrong",
      });
    }
  }
  stage.writes(fromMs, endMs, draw.whole(2, 8));
  return endMs;
}

/** Rights are taken and given while others, and the same client, use the znode or what is below it. */
function closedDoors(stage: Stage, fromMs: number): number {
  const { draw, keys, setting } = stage;
  const endMs = fromMs + stage.ticks(0.5, 3);
  const inside = draw.chance(0.5);
  const path = draw.pick(inside ? keys.directories : keys.hot);
  const below = keys.children.filter((child) => child.startsWith(`${path}/`));
  const use = (client: number, atMs: number): void => {
    if (!inside) {
      stage.op(client, atMs, { type: "setData", path, version: -1, valueBytes: 20 });
      stage.op(client, atMs, { type: "getData", path, watch: draw.chance(0.5) });
      return;
    }
    const child = draw.pick(below);
    stage.op(client, atMs, { type: "create", path: child, flags: 0, valueBytes: 20 });
    stage.op(client, atMs, { type: "getChildren", path, watch: draw.chance(0.5) });
    stage.op(client, atMs, { type: "delete", path: child, version: -1 });
  };
  for (let left = draw.whole(4, 12); left > 0; left--) {
    const client = stage.client();
    const atMs = draw.between(fromMs, endMs);
    stage.op(client, atMs, { type: "setACL", path, perms: drawPerms(draw) });
    if (draw.chance(0.7)) use(client, atMs);
    if (draw.chance(0.5)) use(stage.client(), atMs + draw.magnitude(0.1, stage.tickMs / 4));
  }
  const [first = 1] = setting.clients;
  stage.op(first, endMs, { type: "setACL", path, perms: 31 });
  stage.op(first, endMs, readAny(draw, keys));
  return endMs;
}

/** Znodes with a time to live that are written now and then, until they are given up. */
function keptAlive(stage: Stage, fromMs: number): number {
  const { draw, keys, setting, tickMs } = stage;
  const sweepMs = Number(setting.ensemble.config["znode.container.checkIntervalMs"]);
  const path = draw.pick(keys.timed);
  const ttlMs = Math.round(sweepMs * draw.between(0.3, 1.2));
  const holdMs = Math.min(sweepMs * draw.between(2, 4), 25 * tickMs);
  const client = stage.client();
  const everyMs = ttlMs * draw.between(0.2, 0.6);
  const valueBytes = 20;
  stage.op(client, fromMs, { type: "create", path, flags: WITH_TTL, valueBytes, ttlMs });
  for (let atMs = fromMs + everyMs; atMs < fromMs + holdMs; atMs += everyMs) {
    stage.op(client, atMs, { type: "setData", path, version: -1, valueBytes });
  }
  return fromMs + holdMs;
}

export const TREE_MOTIFS: Motifs = {
  "busy container": busyContainer,
  "contended ACL": contendedAcl,
  "closed doors": closedDoors,
  "kept alive": keptAlive,
};
