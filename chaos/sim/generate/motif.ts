import type { Stage } from "./stage.ts";

/**
 * A kind of trouble that life has and chance seldom makes: a few faults and operations that belong
 * together, with everything about them drawn. Plays it from this time on; returns when it is over, ms of
 * the run.
 */
export type Motif = (stage: Stage, fromMs: number) => number;

export type Motifs = Readonly<Record<string, Motif>>;
