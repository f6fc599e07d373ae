/** Znodes that come and go by themselves, while clients use them. */
import type { Motifs } from "../motif.ts";
import type { Stage } from "../stage.ts";

const CONTAINER = 4;

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

export const TREE_MOTIFS: Motifs = {
  "busy container": busyContainer,
  "contended ACL": contendedAcl,
};
