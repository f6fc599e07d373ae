/**
 * What of a run a person should see first: the violation, the faults, the change of roles, and the
 * messages and operations that the evidence speaks of; more of the rest while there is room.
 */
import type { Violation } from "../../../results/schema.ts";
import type { DraftEvent, OpSpan } from "./diagram.ts";

/** How telling an event is; 0 is never part of the story. */
export type Weight = 0 | 1 | 2 | 3;

/** Events of a weight are taken, nearest to what matters first, until the story has so many. */
const ROOM: Readonly<Record<Exclude<Weight, 0>, number>> = { 3: 240, 2: 140, 1: 70 };
/** A run with so few operations is shown with all of them. */
const OPS_FEW = 24;
const SAME_OP_MS = 1;
/** Of how things were before the first thing that matters, only what has the highest weight is told. */
const BEFORE_MS = 60;

/** What the evidence of a violation names. */
export interface Hints {
  readonly zxids: ReadonlySet<string>;
  readonly opIds: ReadonlySet<number>;
  /** When which client (by number) did what the evidence tells. */
  readonly clients: readonly ClientTime[];
}

export interface ClientTime {
  readonly client: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a draft has to do with clients. */
export interface ClientPart {
  /** The operations that it carries. */
  readonly opIds: readonly number[];
  /** The client that sends or gets it; null: none. */
  readonly client: number | null;
}

const ZXID = /\b0x[0-9a-f]+\b/g;
/** Sessions are longer; zxids of the first epochs have up to eleven digits. */
const ZXID_LENGTH_MAX = 13;

/** Finds the zxids that the violation names, and the operations that it is about. */
export function hintsOf(
  violation: Violation | undefined,
  ops: readonly (OpSpan & { readonly client: number })[],
): Hints {
  const lines = violation === undefined ? [] : [violation.message, ...violation.evidence];
  const zxids = new Set(
    lines
      .flatMap((line) => line.match(ZXID) ?? [])
      .filter((word) => word.length > 3 && word.length <= ZXID_LENGTH_MAX),
  );
  const clients = lines.flatMap((line): ClientTime[] => {
    const match = /t=([\d.]+)(?:–([\d.]+))?\D*client (\d+)\b/.exec(line);
    if (match === null) return [];
    const fromMs = Number(match[1]) * 1_000;
    const toMs = match[2] === undefined ? fromMs : Number(match[2]) * 1_000;
    return [{ client: Number(match[3]), fromMs, toMs }];
  });
  const told = ops.filter(
    (op) =>
      ops.length <= OPS_FEW ||
      mentions(`${op.text} ${op.answer}`, zxids) ||
      clients.some(
        ({ fromMs, client }) => op.client === client && Math.abs(op.fromMs - fromMs) <= SAME_OP_MS,
      ),
  );
  return { zxids, opIds: new Set(told.map((op) => op.id)), clients };
}

export function weigh(event: DraftEvent, hints: Hints, { opIds, client }: ClientPart): Weight {
  if (opIds.some((id) => hints.opIds.has(id))) return 3;
  switch (event.type) {
    case "banner":
      return 3;
    case "mark":
      switch (event.class) {
        case "role":
          // Whoever starts looks for a leader first.
          return event.text === "LOOKING: starting" ? 0 : 3;
        case "process":
          return 3;
        case "disk":
          return event.bad ? 3 : 0;
        case "client":
          return event.bad ? 2 : 0;
        case "connection":
          // A client that knocks at a closed door does so over and over.
          return event.bad && !event.text.endsWith("refused") ? 1 : 0;
        case "log":
          return event.bad ? 2 : 0;
      }
      break;
    case "message":
      switch (event.class) {
        case "heartbeat":
          return 0;
        case "election":
          return 1;
        case "recovery":
          return 2;
        case "request":
          if (hints.clients.some((told) => told.client === client && isDuring(event.atMs, told)))
            return 3;
          return opIds.length > 0 ? 1 : 0;
        case "broadcast":
          return mentions(event.text, hints.zxids) ? 3 : event.arriveMs === null ? 2 : 1;
      }
  }
}

/** For each event whether it belongs to the story; `nearMs` are the times that matter. */
export function chooseStory(
  events: readonly DraftEvent[],
  weights: readonly Weight[],
  nearMs: readonly number[],
): boolean[] {
  const chosen = new Array<boolean>(events.length).fill(false);
  const distance = (event: DraftEvent): number =>
    nearMs.reduce((least, atMs) => Math.min(least, Math.abs(event.atMs - atMs)), Infinity);
  const fromMs = nearMs.length === 0 ? 0 : Math.min(...nearMs) - BEFORE_MS;
  let count = 0;
  for (const weight of [3, 2, 1] as const) {
    const candidates = events
      .map((event, at) => ({ at, distanceMs: weights[at] === weight ? distance(event) : 0 }))
      .filter(
        ({ at }) => weights[at] === weight && (weight === 3 || (events[at]?.atMs ?? 0) >= fromMs),
      )
      .toSorted((a, b) => a.distanceMs - b.distanceMs || a.at - b.at);
    for (const { at } of candidates) {
      if (count >= ROOM[weight]) break;
      chosen[at] = true;
      count++;
    }
  }
  return chosen;
}

function mentions(text: string, zxids: ReadonlySet<string>): boolean {
  return (text.match(ZXID) ?? []).some((word) => zxids.has(word));
}

/** Evidence has times in whole milliseconds. */
function isDuring(atMs: number, { fromMs, toMs }: ClientTime): boolean {
  return atMs >= fromMs - SAME_OP_MS && atMs <= toMs + SAME_OP_MS;
}
