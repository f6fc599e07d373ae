/** What two runs that should be the same differ in, each thing by the first of it. */
import type { RunHistory } from "../../../results/history.ts";
import type { CheckResult } from "../../../results/schema.ts";
import type { TraceEvent } from "../trace.ts";
import { counted } from "./verdict.ts";

/** All that the trace hash covers. */
export interface ComparedRun {
  /** With the bytes of messages. */
  readonly trace: readonly TraceEvent[];
  readonly history: RunHistory | null;
  readonly checks: readonly CheckResult[];
}

interface Difference {
  /** Of the first that is not the same, from 0. */
  readonly index: number;
  /** The last one that is; null: there is none. */
  readonly before: unknown;
  /** Undefined: there are no more of them. */
  readonly one: unknown;
  readonly other: unknown;
}

const SHOWN_CHARACTERS = 400;
/** Bytes of a message before and after the first that differs. */
const BYTES_AROUND = 12;

/** Lines without newlines. */
export function differenceLines(one: ComparedRun, other: ComparedRun): string[] {
  const events = firstDifference(one.trace, other.trace);
  const lines =
    events === null
      ? [`All ${counted(one.trace.length, "event")} are the same, byte by byte.`]
      : [`first difference: event ${events.index}`, ...eventLines(events)];
  const [parts, otherParts] = [partsOf(one), partsOf(other)];
  let differing = events === null ? 0 : 1;
  for (const [name, list] of parts) {
    const difference = firstDifference(list, otherParts.get(name) ?? []);
    if (difference === null) continue;
    differing++;
    lines.push(`first difference in the ${name}: number ${difference.index}`);
    lines.push(...contentLines(difference));
  }
  if (differing === 0)
    lines.push("Nothing differs this time: it is not the seeds before that do it.");
  return lines;
}

/** Null: the lists are the same. */
export function firstDifference(
  one: readonly unknown[],
  other: readonly unknown[],
): Difference | null {
  const length = Math.max(one.length, other.length);
  for (let index = 0; index < length; index++) {
    if (JSON.stringify(one[index]) === JSON.stringify(other[index])) continue;
    return { index, before: one[index - 1] ?? null, one: one[index], other: other[index] };
  }
  return null;
}

/** What is no event, in the order in which it comes to be. */
function partsOf({ history, checks }: ComparedRun): Map<string, readonly unknown[]> {
  const parts = new Map<string, readonly unknown[]>();
  if (history !== null) {
    const { records, samples, faults, crashes, finals, ...rest } = history;
    parts.set("history records", records);
    parts.set("samples", samples);
    parts.set("faults", faults);
    parts.set("crashes", crashes);
    for (const { server, log } of finals) parts.set(`log of server ${server}`, log);
    parts.set(
      "finals",
      finals.map(({ log: _log, ...final }) => final),
    );
    parts.set("rest of the history", [rest]);
  }
  parts.set(
    "verdicts",
    checks.map(({ elapsedMs: _elapsedMs, ...check }) => check),
  );
  return parts;
}

/** Of messages that differ in nothing but their bytes, the bytes. */
function eventLines({ before, one, other }: Difference): string[] {
  const [left, right] = [withoutContent(one), withoutContent(other)];
  const lines = contentLines({
    index: 0,
    before: withoutContent(before).event,
    one: left.event,
    other: right.event,
  });
  if (left.content === right.content) return lines;
  let at = 0;
  while (left.content.slice(0, 2 * at + 2) === right.content.slice(0, 2 * at + 2)) at++;
  const shown = (content: string): string => {
    const from = Math.max(0, at - BYTES_AROUND);
    const bytes = content.slice(2 * from, 2 * (at + BYTES_AROUND));
    return bytes === "" ? "no more bytes" : `${from > 0 ? "… " : ""}${bytes}`;
  };
  return [
    ...lines,
    `  the bytes differ from byte ${at} on`,
    `  after other seeds ${shown(left.content)}`,
    `  another process   ${shown(right.content)}`,
  ];
}

function withoutContent(event: unknown): { readonly event: unknown; readonly content: string } {
  if (typeof event !== "object" || event === null) return { event, content: "" };
  const { content = "", ...rest } = event as { readonly content?: string };
  return { event: rest, content };
}

function contentLines({ before, one, other }: Difference): string[] {
  const fields = fieldsThatDiffer(one, other);
  return [
    ...(before === null ? [] : [`  the same before   ${shown(before)}`]),
    `  after other seeds ${shown(one)}`,
    `  another process   ${shown(other)}`,
    ...fields.map(([name, left, right]) => `  ${name}: ${shown(left)} and ${shown(right)}`),
  ];
}

/** None where one of the two is missing. */
function fieldsThatDiffer(one: unknown, other: unknown): [string, unknown, unknown][] {
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return [];
  const [left, right] = [new Map(Object.entries(one)), new Map(Object.entries(other))];
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((name): [string, unknown, unknown] => [name, left.get(name), right.get(name)])
    .filter(([, a, b]) => JSON.stringify(a) !== JSON.stringify(b));
}

function shown(value: unknown): string {
  const text = value === undefined ? "nothing: it has ended" : JSON.stringify(value);
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)} …`;
}
