/**
 * What happened in a simulated run, thing by thing, in the order in which it happened. It is kept only
 * when it is asked for (replays, reports); a run that is not traced hashes the same things.
 */

/** `s3` is server 3, `c12` is client 12. */
export type HostName = string;

interface At {
  /** Virtual time, ms of the run. */
  readonly atMs: number;
}

export type TraceEvent =
  /** Bytes that left, and when they arrive (`arriveMs` null: never). `text` says what they are. */
  | (At & {
      readonly kind: "message";
      readonly from: HostName;
      readonly to: HostName;
      readonly arriveMs: number | null;
      readonly bytes: number;
      /** Of a link between servers: the messages in it (`PROPOSAL 0x100000003, COMMIT …`); else "". */
      readonly text: string;
      /** The bytes themselves, hexadecimal, where runs are compared. */
      readonly content?: string;
    })
  /** A connection came to be, was refused, or broke. */
  | (At & {
      readonly kind: "connection";
      readonly from: HostName;
      readonly to: HostName;
      readonly what: "opened" | "refused" | "closed" | "reset";
    })
  /** A process began, ended, stood still or went on. */
  | (At & {
      readonly kind: "process";
      readonly host: HostName;
      readonly what: "start" | "stop" | "kill" | "power-cut" | "pause" | "resume" | "fatal";
      readonly text: string;
    })
  /** A line that a server logged (`now LEADING` …). */
  | (At & {
      readonly kind: "log";
      readonly host: HostName;
      readonly level: "debug" | "info" | "warn" | "error";
      readonly text: string;
    })
  /** A step of a server's disk. */
  | (At & {
      readonly kind: "disk";
      readonly host: HostName;
      readonly what: string;
      readonly path: string;
      readonly bytes: number;
      /** Null when it was done; else the error, or "crash". */
      readonly failed: string | null;
    })
  /** A fault of the plan, by its index there. */
  | (At & {
      readonly kind: "fault";
      readonly index: number;
      readonly what: "begins" | "ends" | "not possible";
      readonly hosts: readonly HostName[];
      readonly text: string;
    })
  /** An operation of a client was invoked or ended; `id` is that of the history. */
  | (At & {
      readonly kind: "op";
      readonly host: HostName;
      readonly id: number;
      readonly what: "invoked" | "ended";
      readonly text: string;
    })
  /** A watch event or a change of its session reached a client. */
  | (At & { readonly kind: "client"; readonly host: HostName; readonly text: string })
  | (At & { readonly kind: "phase"; readonly text: string });
