/**
 * A run as something that can be drawn: lifelines with their states, messages between them, what
 * happened on them, and what of all that a person should look at first. Both the page and the terminal
 * draw from it. Hosts are indices into `hosts`; times are ms of the run.
 */

export interface Diagram {
  readonly hosts: readonly DiagramHost[];
  /** Nothing happened after this. */
  readonly endMs: number;
  readonly states: readonly StateSpan[];
  readonly faults: readonly FaultSpan[];
  readonly ops: readonly OpSpan[];
  /** In the order of time. */
  readonly events: readonly DiagramEvent[];
  /** Null: the violation belongs to no moment. */
  readonly violationMs: number | null;
  /** How many events there were beyond `EVENTS_MAX`, which are in no view. */
  readonly leftOut: number;
}

export interface DiagramHost {
  /** `s3`, `c12`. */
  readonly name: string;
  /** `server 3`, `client 12`. */
  readonly title: string;
  readonly kind: "server" | "client";
  /** Something of the story happens on it. */
  readonly story: boolean;
}

export type HostState =
  | "starting"
  | "looking"
  | "following"
  | "leading"
  | "observing"
  | "paused"
  | "down";

/** A state of a server; where there is none a server is not known to have run. */
export interface StateSpan {
  readonly host: number;
  readonly state: HostState;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface FaultSpan {
  /** From 1, in the order of the plan. */
  readonly number: number;
  readonly text: string;
  readonly hosts: readonly number[];
  readonly fromMs: number;
  /** The end of the run if it was never taken back. */
  readonly toMs: number;
}

/** An operation of a client, from its invocation to its end. */
export interface OpSpan {
  readonly host: number;
  readonly id: number;
  readonly text: string;
  readonly answer: string;
  readonly outcome: "ok" | "fail" | "info";
  readonly fromMs: number;
  readonly toMs: number;
}

interface Event {
  readonly atMs: number;
  /** What it is in full. */
  readonly text: string;
  /** Belongs to what is shown at first. */
  readonly story: boolean;
}

/** What a message is for; heartbeats of a link that nothing happened between are one event. */
export type MessageClass = "request" | "broadcast" | "recovery" | "election" | "heartbeat";

export interface MessageEvent extends Event {
  readonly type: "message";
  readonly from: number;
  readonly to: number;
  /** Null: lost, or held up by a cut link; what is sent on when that heals is another message. */
  readonly arriveMs: number | null;
  /** A few words. */
  readonly label: string;
  readonly class: MessageClass;
  /** How many messages this stands for. */
  readonly times: number;
}

export type MarkClass = "process" | "role" | "connection" | "disk" | "log" | "client";

/** Something that happened on one lifeline. */
export interface MarkEvent extends Event {
  readonly type: "mark";
  readonly host: number;
  readonly class: MarkClass;
  /** It should not happen in a run without faults. */
  readonly bad: boolean;
}

/** Something that concerns all: a line across the diagram. */
export interface BannerEvent extends Event {
  readonly type: "banner";
  readonly tone: "fault" | "healed" | "phase" | "violation";
  readonly hosts: readonly number[];
}

export type DiagramEvent = MessageEvent | MarkEvent | BannerEvent;

/** An event before it is decided what belongs to the story. */
export type DraftEvent =
  | Omit<MessageEvent, "story">
  | Omit<MarkEvent, "story">
  | Omit<BannerEvent, "story">;
