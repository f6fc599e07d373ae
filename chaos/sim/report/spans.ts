/**
 * What has a beginning and an end in a trace: operations and faults. What has no end in it goes on to
 * the end of the run.
 */
import type { TraceEvent } from "../trace.ts";
import type { FaultSpan, OpSpan } from "./diagram.ts";

/** The operations of all clients, in the order of their invocation. */
export function opSpans(
  trace: readonly TraceEvent[],
  index: ReadonlyMap<string, number>,
  endMs: number,
): OpSpan[] {
  const open = new Map<number, OpSpan>();
  const spans: OpSpan[] = [];
  for (const event of trace) {
    if (event.kind !== "op") continue;
    const { id, text, atMs } = event;
    if (event.what === "invoked") {
      const host = index.get(event.host) ?? 0;
      const never = { answer: "no answer", outcome: "info", toMs: endMs } as const;
      open.set(id, { host, id, text, fromMs: atMs, ...never });
      continue;
    }
    const op = open.get(id);
    if (op === undefined) continue;
    open.delete(id);
    spans.push({ ...op, answer: text, outcome: outcomeOf(text), toMs: atMs });
  }
  return [...spans, ...open.values()].toSorted((a, b) => a.fromMs - b.fromMs || a.id - b.id);
}

/** Histories know three outcomes (results/history.ts); the text of the end begins with it. */
function outcomeOf(text: string): OpSpan["outcome"] {
  if (/^ok\b/.test(text)) return "ok";
  return /^fail\b/.test(text) ? "fail" : "info";
}

/** The faults that took effect, in the order in which they did. */
export function faultSpans(
  trace: readonly TraceEvent[],
  index: ReadonlyMap<string, number>,
  endMs: number,
): FaultSpan[] {
  const open = new Map<number, FaultSpan>();
  const spans: FaultSpan[] = [];
  for (const event of trace) {
    if (event.kind !== "fault") continue;
    const { atMs, text } = event;
    const hosts = event.hosts.flatMap((name) => index.get(name) ?? []);
    if (event.what === "begins")
      open.set(event.index, { number: event.index + 1, text, hosts, fromMs: atMs, toMs: endMs });
    else if (event.what === "ends") {
      const fault = open.get(event.index);
      if (fault === undefined) continue;
      open.delete(event.index);
      spans.push({ ...fault, toMs: atMs });
    }
  }
  return [...spans, ...open.values()].toSorted(
    (a, b) => a.fromMs - b.fromMs || a.number - b.number,
  );
}
