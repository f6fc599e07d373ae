/**
 * A trace as steps that a person can read one by one: when, where, what.
 */
import type { Violation } from "../../../results/schema.ts";
import type { HostName, TraceEvent } from "../trace.ts";
import { seconds } from "./failure-facts.ts";
import { classOfMessage } from "./message-class.ts";

export type StepKind = TraceEvent["kind"] | "violation";
export type StepTone = "plain" | "quiet" | "good" | "fault" | "bad";

export interface Step {
  readonly kind: StepKind;
  readonly atMs: number;
  /** Those that it concerns; none: all. */
  readonly hosts: readonly HostName[];
  /** Where, as it is shown: `s3`, `s3 → s1`; "" for what concerns all. */
  readonly where: string;
  readonly text: string;
  readonly tone: StepTone;
  /** A ping or its answer between servers, and nothing else. */
  readonly heartbeat: boolean;
  /** A fault begins. */
  readonly fault: boolean;
}

/** What can be chosen of a run; what is absent chooses all. */
export interface StepFilter {
  readonly hosts?: ReadonlySet<HostName>;
  readonly kinds?: ReadonlySet<StepKind>;
  /** Times of the run, ms, both included. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Contained in the line, in any case. */
  readonly text?: string;
  /** False: without the pings between servers. */
  readonly heartbeats?: boolean;
}

export const STEP_KINDS: readonly StepKind[] = [
  "message",
  "connection",
  "process",
  "log",
  "disk",
  "fault",
  "op",
  "client",
  "phase",
  "violation",
];

/** The steps in the order of the trace; the violation comes after what happened at its time. */
export function* stepsOf(
  trace: Iterable<TraceEvent>,
  violation: Pick<Violation, "message" | "atMs"> | null,
): Generator<Step> {
  let told = violation === null || violation.atMs === null;
  for (const event of trace) {
    if (!told && violation !== null && event.atMs > (violation.atMs ?? 0)) {
      told = true;
      yield violationStep(violation);
    }
    yield stepOf(event);
  }
  if (!told && violation !== null) yield violationStep(violation);
}

/** What concerns all hosts passes every choice of hosts. */
export function passes(step: Step, filter: StepFilter): boolean {
  const { hosts, kinds, fromMs, toMs, text } = filter;
  if (fromMs !== undefined && step.atMs < fromMs) return false;
  if (toMs !== undefined && step.atMs > toMs) return false;
  if (filter.heartbeats === false && step.heartbeat) return false;
  if (kinds !== undefined && !kinds.has(step.kind)) return false;
  if (hosts !== undefined && step.hosts.length > 0 && !step.hosts.some((host) => hosts.has(host)))
    return false;
  const line = `${step.where} ${step.kind} ${step.text}`.toLowerCase();
  return text === undefined || line.includes(text.toLowerCase());
}

function violationStep(violation: Pick<Violation, "message" | "atMs">): Step {
  const atMs = violation.atMs ?? 0;
  const text = `VIOLATION: ${violation.message}`;
  return {
    kind: "violation",
    atMs,
    hosts: [],
    where: "",
    text,
    tone: "bad",
    heartbeat: false,
    fault: false,
  };
}

function stepOf(event: TraceEvent): Step {
  const { kind, atMs } = event;
  const base = { kind, atMs, heartbeat: false, fault: false };
  switch (event.kind) {
    case "message":
      return { ...base, ...messageStep(event) };
    case "connection": {
      const bad = event.what === "reset" || event.what === "refused";
      const where = `${event.from} → ${event.to}`;
      const text = `connection ${event.what}`;
      return { ...base, hosts: [event.from, event.to], where, text, tone: bad ? "bad" : "quiet" };
    }
    case "process": {
      const text = event.text === "" ? event.what : `${event.what}: ${event.text}`;
      const good = event.what === "start" || event.what === "resume";
      return { ...base, ...on(event.host), text, tone: good ? "good" : "bad" };
    }
    case "log": {
      const bad = event.level === "warn" || event.level === "error";
      const tone = bad ? "bad" : event.level === "debug" ? "quiet" : "plain";
      return { ...base, ...on(event.host), text: `${event.level}: ${event.text}`, tone };
    }
    case "disk": {
      const what = `disk: ${event.what} ${event.path}, ${event.bytes} bytes`;
      const text = event.failed === null ? what : `${what}: ${event.failed}`;
      return { ...base, ...on(event.host), text, tone: event.failed === null ? "quiet" : "bad" };
    }
    case "fault": {
      const text = `fault ${event.index + 1} ${event.what}: ${event.text}`;
      const fault = event.what === "begins";
      return { ...base, hosts: event.hosts, where: "", text, tone: "fault", fault };
    }
    case "op": {
      const arrow = event.what === "invoked" ? "▶" : "◀";
      const text = `${arrow} op ${event.id} ${event.what}: ${event.text}`;
      return { ...base, ...on(event.host), text, tone: "good" };
    }
    case "client":
      return { ...base, ...on(event.host), text: event.text, tone: "plain" };
    case "phase":
      return { ...base, hosts: [], where: "", text: event.text, tone: "fault" };
  }
}

function messageStep(
  event: Extract<TraceEvent, { kind: "message" }>,
): Pick<Step, "hosts" | "where" | "text" | "tone" | "heartbeat"> {
  const { from, to, arriveMs, bytes } = event;
  const what = event.text === "" ? `${bytes} bytes` : event.text;
  const text =
    arriveMs === null ? `${what}, not delivered` : `${what}, arrives at ${seconds(arriveMs)}`;
  const heartbeat = event.text !== "" && classOfMessage(event.text) === "heartbeat";
  const tone = arriveMs === null ? "bad" : heartbeat ? "quiet" : "plain";
  return { hosts: [from, to], where: `${from} → ${to}`, text, tone, heartbeat };
}

function on(host: HostName): Pick<Step, "hosts" | "where"> {
  return { hosts: [host], where: host };
}
