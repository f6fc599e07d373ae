/**
 * Heartbeats of one direction of a link follow each other for as long as nothing happens: they become
 * one event that says how many there were.
 */
import type { DraftEvent } from "./diagram.ts";

/**
 * The items in their order, without the heartbeats that another one now stands for. A lost heartbeat
 * stays, and so does the first one after anything else on the same direction of the link.
 */
export function foldHeartbeats<T extends { readonly event: DraftEvent }>(items: readonly T[]): T[] {
  const kept: T[] = [];
  /** By link: where in `kept` its heartbeats are collected, and how many. */
  const runs = new Map<string, { at: number; times: number; untilMs: number }>();
  const close = (link: string): void => {
    const run = runs.get(link);
    runs.delete(link);
    if (run === undefined || run.times === 1) return;
    const first = kept[run.at] as T;
    const { event } = first;
    if (event.type !== "message") return;
    const text = `${event.text}, ${run.times} times until ${(run.untilMs / 1_000).toFixed(3)} s`;
    const label = `${event.label} ×${run.times}`;
    kept[run.at] = { ...first, event: { ...event, text, label, times: run.times } };
  };
  for (const item of items) {
    const { event } = item;
    if (event.type !== "message") {
      kept.push(item);
      continue;
    }
    const link = `${event.from} ${event.to}`;
    const run = runs.get(link);
    if (event.class === "heartbeat" && event.arriveMs !== null && run !== undefined) {
      run.times++;
      run.untilMs = event.atMs;
      continue;
    }
    close(link);
    if (event.class === "heartbeat" && event.arriveMs !== null)
      runs.set(link, { at: kept.length, times: 1, untilMs: event.atMs });
    kept.push(item);
  }
  for (const link of runs.keys()) close(link);
  return kept;
}
