/** All motifs, and when a plan plays which. */
import type { Motifs } from "./motif.ts";
import { CLIENT_MOTIFS } from "./motifs/clients.ts";
import { DURABILITY_MOTIFS } from "./motifs/durability.ts";
import { LEADERSHIP_MOTIFS } from "./motifs/leadership.ts";
import { WATCH_MOTIFS } from "./motifs/watches.ts";
import type { Stage } from "./stage.ts";

export const MOTIFS: Motifs = {
  ...LEADERSHIP_MOTIFS,
  ...DURABILITY_MOTIFS,
  ...CLIENT_MOTIFS,
  ...WATCH_MOTIFS,
};

/** As many as there is time for, up to `count`; sometimes one begins before the last has ended. */
export function addMotifs(stage: Stage, count: number): void {
  const { draw, setting } = stage;
  const endMs = setting.ensemble.safetyMs;
  let atMs = setting.startMs + stage.ticks(0, 6);
  for (let left = count; left > 0 && atMs < endMs - 6 * stage.tickMs; left--) {
    const motif = MOTIFS[draw.pick(Object.keys(MOTIFS))];
    const overMs = motif?.(stage, atMs) ?? atMs;
    atMs = draw.chance(0.15) ? draw.between(atMs, overMs) : overMs + stage.ticks(0.5, 8);
  }
}
