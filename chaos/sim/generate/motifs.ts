/** All motifs, and when a plan plays which. */
import type { Motifs } from "./motif.ts";
import { CLIENT_MOTIFS } from "./motifs/clients.ts";
import { DEPOSED_MOTIFS } from "./motifs/deposed.ts";
import { DURABILITY_MOTIFS } from "./motifs/durability.ts";
import { LEADERSHIP_MOTIFS } from "./motifs/leadership.ts";
import { changingMembers, MEMBER_MOTIFS } from "./motifs/members.ts";
import { SESSION_MOTIFS } from "./motifs/sessions.ts";
import { TREE_MOTIFS } from "./motifs/tree.ts";
import { UNFINISHED_MOTIFS } from "./motifs/unfinished.ts";
import { WATCH_MOTIFS } from "./motifs/watches.ts";
import type { Stage } from "./stage.ts";

export const MOTIFS: Motifs = {
  ...LEADERSHIP_MOTIFS,
  ...DEPOSED_MOTIFS,
  ...MEMBER_MOTIFS,
  ...DURABILITY_MOTIFS,
  ...UNFINISHED_MOTIFS,
  ...CLIENT_MOTIFS,
  ...SESSION_MOTIFS,
  ...TREE_MOTIFS,
  ...WATCH_MOTIFS,
};

/** Some need more luck than others to show anything: they come more often; all others have weight 1. */
const WEIGHTS: Readonly<Record<string, number>> = {
  "power cut after sync": 3,
  "troubled rejoin": 3,
  "stale longer log": 2,
  "changing members": 4,
  "expiry races": 2,
  "last words": 2,
  "crash points": 3,
  "long absence": 2,
  "dozing leader": 4,
  "to a lagging server": 2,
  "lonely leader": 3,
  "slow clock": 4,
  "late riser": 5,
  "quick ones lost": 3,
  "elected again": 5,
  "young sessions": 3,
  "two at once": 2,
  "out of reach": 2,
  "watches on the move": 3,
  "half fired": 2,
};

/** As many as there is time for, up to `count`; sometimes one begins before the last has ended. */
export function addMotifs(stage: Stage, count: number): void {
  const { draw, setting } = stage;
  const endMs = setting.ensemble.safetyMs;
  const choices = Object.entries(MOTIFS).map(
    ([name, motif]) => [motif, WEIGHTS[name] ?? 1] as const,
  );
  let atMs = setting.startMs + stage.ticks(0, 6);
  if (setting.reconfigures) {
    for (let left = draw.whole(0, 3); left > 0; left--) {
      atMs = changingMembers(stage, atMs) + stage.ticks(0.5, 4);
    }
  }
  for (let left = count; left > 0 && atMs < endMs - 6 * stage.tickMs; left--) {
    const overMs = draw.weighted(choices)(stage, atMs);
    atMs = draw.chance(0.15) ? draw.between(atMs, overMs) : overMs + stage.ticks(0.5, 8);
  }
}
