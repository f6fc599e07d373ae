/**
 * Makes the diagram of a failed run from its trace.
 */
import type { SimFailure } from "../outcome.ts";
import type { TraceEvent } from "../trace.ts";
import { ClientMessages } from "./client-messages.ts";
import type { Diagram, DiagramEvent, DraftEvent } from "./diagram.ts";
import { foldHeartbeats } from "./fold-heartbeats.ts";
import { hostStates, wordsOfRole } from "./host-states.ts";
import { classOfMessage, labelOfMessage } from "./message-class.ts";
import { faultSpans, opSpans } from "./spans.ts";
import { chooseStory, hintsOf, weigh } from "./story-choice.ts";
import type { ClientPart } from "./story-choice.ts";

/** More would make a page that no browser likes; those nearest to the violation are kept. */
export const EVENTS_MAX = 20_000;

interface Draft extends ClientPart {
  readonly event: DraftEvent;
}

const NO_CLIENT: ClientPart = { opIds: [], client: null };

/** The trace must be in the order of time. */
export function buildDiagram(failure: SimFailure, trace: readonly TraceEvent[]): Diagram {
  const names = hostNames(trace);
  const index = new Map(names.map((name, at) => [name, at]));
  const violation = failure.check.violations[0];
  const violationMs = violation?.atMs ?? null;
  const endMs = Math.max(trace.at(-1)?.atMs ?? 0, violationMs ?? 0);
  const ops = opSpans(trace, index, endMs);
  const faults = faultSpans(trace, index, endMs);
  const all = foldHeartbeats(drafts(trace, index));
  if (violation !== undefined && violationMs !== null) {
    const banner: DraftEvent = {
      type: "banner",
      tone: "violation",
      atMs: violationMs,
      text: `${failure.check.id} broken: ${violation.message}`,
      hosts: [],
    };
    const after = all.findIndex(({ event }) => event.atMs > violationMs);
    all.splice(after < 0 ? all.length : after, 0, { event: banner, ...NO_CLIENT });
  }
  const { kept, leftOut } = keepNearest(all, violationMs ?? endMs);
  const named = ops.map((op) => ({ ...op, client: Number(names[op.host]?.slice(1)) }));
  const hints = hintsOf(violation, named);
  const events = kept.map(({ event }) => event);
  const weights = kept.map((draft) => weigh(draft.event, hints, draft));
  const near = faults.map((fault) => fault.fromMs);
  const chosen = chooseStory(events, weights, violationMs === null ? near : [...near, violationMs]);
  const told = events.map((event, at): DiagramEvent => ({ ...event, story: chosen[at] === true }));
  const inStory = new Set(told.filter((event) => event.story).flatMap(hostsOf));
  const hosts = names.map((name, at) => {
    const kind = name.startsWith("s") ? ("server" as const) : ("client" as const);
    const story = kind === "server" || inStory.has(at);
    return { name, title: `${kind} ${name.slice(1)}`, kind, story };
  });
  const states = hostStates(trace, index, endMs);
  return { hosts, endMs, states, faults, ops, events: told, violationMs, leftOut };
}

/** Clients first, each kind by number: requests go to the right, answers to the left. */
function hostNames(trace: readonly TraceEvent[]): string[] {
  const names = new Set<string>();
  for (const event of trace) {
    if (event.kind === "message" || event.kind === "connection")
      names.add(event.from).add(event.to);
    else if (event.kind === "fault") for (const host of event.hosts) names.add(host);
    else if (event.kind !== "phase") names.add(event.host);
  }
  const number = (name: string): number => Number(name.slice(1));
  return [...names].toSorted(
    (a, b) => (a[0] ?? "").localeCompare(b[0] ?? "") || number(a) - number(b),
  );
}

function drafts(trace: readonly TraceEvent[], index: ReadonlyMap<string, number>): Draft[] {
  const clients = new ClientMessages(trace);
  const all: Draft[] = [];
  for (const event of trace) {
    if (event.kind === "op") {
      // Drawn as bars; their messages are events.
      if (event.what === "invoked") clients.invoked(event);
    } else if (event.kind === "message") all.push(messageDraft(event, index, clients));
    else all.push({ event: markDraft(event, index), ...NO_CLIENT });
  }
  return all;
}

function messageDraft(
  event: Extract<TraceEvent, { kind: "message" }>,
  index: ReadonlyMap<string, number>,
  clients: ClientMessages,
): Draft {
  const { atMs, arriveMs } = event;
  const ends = { from: index.get(event.from) ?? 0, to: index.get(event.to) ?? 0 };
  const base = { type: "message", atMs, arriveMs, ...ends, times: 1 } as const;
  if (event.from.startsWith("c") || event.to.startsWith("c")) {
    const client = Number((event.from.startsWith("c") ? event.from : event.to).slice(1));
    const { text, label, heartbeat, ops } = clients.describe(event);
    const kind = heartbeat ? ("heartbeat" as const) : ("request" as const);
    return { event: { ...base, text, label, class: kind }, opIds: ops, client };
  }
  const text = event.text === "" ? `${event.bytes} bytes` : event.text;
  const label = labelOfMessage(text);
  return { event: { ...base, text, label, class: classOfMessage(text) }, ...NO_CLIENT };
}

function markDraft(
  event: Exclude<TraceEvent, { kind: "op" | "message" }>,
  index: ReadonlyMap<string, number>,
): DraftEvent {
  const { atMs } = event;
  const mark = (name: string) => ({ type: "mark", atMs, host: index.get(name) ?? 0 }) as const;
  switch (event.kind) {
    case "connection": {
      const text = `connection to ${event.to} ${event.what}`;
      const bad = event.what === "refused" || event.what === "reset";
      return { ...mark(event.from), class: "connection", text, bad };
    }
    case "process": {
      const text = event.text === "" ? event.what : `${event.what}: ${event.text}`;
      const bad = event.what !== "start" && event.what !== "resume";
      return { ...mark(event.host), class: "process", text, bad };
    }
    case "log": {
      const role = wordsOfRole(event.text);
      if (role !== null) return { ...mark(event.host), class: "role", text: role, bad: false };
      const bad = event.level === "warn" || event.level === "error";
      return { ...mark(event.host), class: "log", text: event.text, bad };
    }
    case "disk": {
      const what = `disk: ${event.what} ${event.path}`;
      const text = event.failed === null ? what : `${what}: ${event.failed}`;
      return { ...mark(event.host), class: "disk", text, bad: event.failed !== null };
    }
    case "client": {
      const bad = /disconnect|expire|moved|lost/i.test(event.text);
      return { ...mark(event.host), class: "client", text: event.text, bad };
    }
    case "fault": {
      const hosts = event.hosts.flatMap((name) => index.get(name) ?? []);
      const tone = event.what === "ends" ? ("healed" as const) : ("fault" as const);
      const text = `fault ${event.index + 1} ${event.what}: ${event.text}`;
      return { type: "banner", atMs, tone, text, hosts };
    }
    case "phase":
      return { type: "banner", atMs, tone: "phase", text: event.text, hosts: [] };
  }
}

function keepNearest(
  all: readonly Draft[],
  centerMs: number,
): { kept: readonly Draft[]; leftOut: number } {
  const leftOut = Math.max(0, all.length - EVENTS_MAX);
  if (leftOut === 0) return { kept: all, leftOut };
  // What concerns everybody stays, however far away it is.
  const far = (draft: Draft): number =>
    draft.event.type === "banner" ? 0 : Math.abs(draft.event.atMs - centerMs);
  const order = all
    .map((_, at) => at)
    .toSorted((a, b) => far(all[a] as Draft) - far(all[b] as Draft));
  const keep = new Set(order.slice(0, EVENTS_MAX));
  return { kept: all.filter((_, at) => keep.has(at)), leftOut };
}

function hostsOf(event: DiagramEvent): readonly number[] {
  switch (event.type) {
    case "message":
      return [event.from, event.to];
    case "mark":
      return [event.host];
    case "banner":
      return event.hosts;
  }
}
