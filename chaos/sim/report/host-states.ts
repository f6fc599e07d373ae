/**
 * What each server was, and when: down, starting, LOOKING, FOLLOWING, LEADING, OBSERVING, paused.
 */
import type { TraceEvent } from "../trace.ts";
import type { HostState, StateSpan } from "./diagram.ts";

const ROLE_LINE = /^now (LOOKING|FOLLOWING|LEADING|OBSERVING)\b/;
const ROLES: Readonly<Record<string, HostState>> = {
  LOOKING: "looking",
  FOLLOWING: "following",
  LEADING: "leading",
  OBSERVING: "observing",
};

/** The role that a line of a server's log says it has from then on; null: none. */
export function roleOfLog(text: string): HostState | null {
  const role = ROLE_LINE.exec(text)?.[1];
  return role === undefined ? null : (ROLES[role] ?? null);
}

/** `now FOLLOWING state=FOLLOWING leader=2 reason=…` in fewer words; null: no such line. */
export function wordsOfRole(text: string): string | null {
  const role = ROLE_LINE.exec(text)?.[1];
  if (role === undefined) return null;
  const leader = /\bleader=(\d+)/.exec(text)?.[1];
  const reason = /\breason=(.+)$/.exec(text)?.[1]?.replace(/ (?:state|leader)=\S+/g, "");
  // That a leader was elected is what elections do.
  const told = reason === undefined || /^elected\b/.test(reason) ? "" : `: ${reason}`;
  const whom = leader === undefined || role === "LEADING" ? "" : ` server ${leader}`;
  return `${role}${whom}${told}`;
}

interface Current {
  state: HostState;
  sinceMs: number;
  /** What it goes back to when it is resumed. */
  running: HostState;
}

/** The states of the servers of the trace, host by index, each host's in the order of time. */
export function hostStates(
  trace: readonly TraceEvent[],
  hostIndex: ReadonlyMap<string, number>,
  endMs: number,
): StateSpan[] {
  const spans: StateSpan[] = [];
  const now = new Map<number, Current>();
  const end = (host: number, current: Current, atMs: number): void => {
    if (atMs > current.sinceMs)
      spans.push({ host, state: current.state, fromMs: current.sinceMs, toMs: atMs });
  };
  for (const event of trace) {
    if (event.kind !== "process" && event.kind !== "log") continue;
    const host = hostIndex.get(event.host);
    if (host === undefined) continue;
    const current = now.get(host);
    const state = stateAfter(event, current);
    if (state === null || state === current?.state) continue;
    if (current !== undefined) end(host, current, event.atMs);
    const running = state === "paused" ? (current?.running ?? "starting") : state;
    now.set(host, { state, sinceMs: event.atMs, running });
  }
  for (const [host, current] of now) end(host, current, endMs);
  return spans.toSorted((a, b) => a.host - b.host || a.fromMs - b.fromMs);
}

function stateAfter(
  event: Extract<TraceEvent, { kind: "process" | "log" }>,
  current: Current | undefined,
): HostState | null {
  if (event.kind === "log") return roleOfLog(event.text);
  switch (event.what) {
    case "start":
      return "starting";
    case "stop":
    case "kill":
    case "power-cut":
    case "fatal":
      return "down";
    case "pause":
      return "paused";
    case "resume":
      return current?.running ?? "starting";
  }
}
