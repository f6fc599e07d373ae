/**
 * A simulated experiment as data: everything that was drawn from the seed before the run. The same plan
 * on the same commit gives the same run, event by event; a shrinker takes things out of it and runs it
 * again. Nothing in here is a function, so that a plan can be kept in a file.
 */

import type { StepType } from "../../server/storage/fault-steps.ts";

/** Of one client's operations: what it asks for when. Paths are below the plan's root. */
export type SimRequest =
  /** `flags` as on the wire; a sequential name is the server's to choose. */
  | {
      readonly type: "create";
      readonly path: string;
      readonly flags: number;
      readonly valueBytes: number;
      readonly ttlMs?: number;
    }
  /** `version`: -1 any; "seen": that of the client's last look at the path (any, if it had none). */
  | { readonly type: "delete"; readonly path: string; readonly version: SimVersion }
  | {
      readonly type: "setData";
      readonly path: string;
      readonly version: SimVersion;
      readonly valueBytes: number;
    }
  | {
      readonly type: "getData" | "exists" | "getChildren";
      readonly path: string;
      readonly watch: boolean;
    }
  | { readonly type: "sync"; readonly path: string }
  | { readonly type: "multi"; readonly parts: readonly SimMultiPart[] }
  /** `version` is that of the ACL; absent: any. */
  | {
      readonly type: "setACL";
      readonly path: string;
      readonly perms: number;
      readonly version?: SimVersion;
    }
  | { readonly type: "getACL"; readonly path: string }
  | {
      readonly type: "addWatch";
      readonly path: string;
      readonly mode: "persistent" | "recursive";
    }
  | {
      readonly type: "removeWatches";
      readonly path: string;
      readonly kind: "data" | "children" | "any" | "persistent" | "recursive";
    }
  /** Deletes the last znode that this client created with a sequential name, if there is one. */
  | { readonly type: "deleteOwn" }
  /** Drops the connection, and takes the session to this server. */
  | { readonly type: "move"; readonly server: SimDestination }
  /** Another client object goes on with the session, while the old connection is still there. */
  | { readonly type: "takeOver"; readonly server: SimDestination }
  /** Ends the session at the server; the client opens another one with its next operation. */
  | { readonly type: "close" }
  /**
   * The client is gone without a word: its session must expire. It opens another one after that.
   * `silently`: not even its system closes its connections, for the machine is gone.
   */
  | { readonly type: "abandon"; readonly silently?: boolean };

/**
 * Where a client goes: to a server by its number, to the one that the latest fault with a target was
 * aimed at, or to the leader of that moment. Server 1 where there is no such server.
 */
export type SimDestination = number | "aimed" | "leader";

export type SimVersion = -1 | "seen" | "wrong";

export type SimMultiPart =
  | {
      readonly type: "create";
      readonly path: string;
      readonly flags: number;
      readonly valueBytes: number;
    }
  | { readonly type: "delete"; readonly path: string; readonly version: SimVersion }
  | {
      readonly type: "setData";
      readonly path: string;
      readonly version: SimVersion;
      readonly valueBytes: number;
    }
  | { readonly type: "check"; readonly path: string; readonly version: SimVersion };

export interface SimOp {
  /** Number of the client, from 1. */
  readonly client: number;
  /** When it is invoked, whatever became of the ones before: ms of the run. */
  readonly atMs: number;
  readonly request: SimRequest;
  /** Asked by the client object that had the session before the last takeOver, while it is connected. */
  readonly byFormer?: true;
}

/** A client that runs a recipe of `loadgen/recipes` over and over instead of a list of operations. */
export interface SimAgent {
  readonly client: number;
  readonly recipe: "lock" | "election";
  readonly resource: string;
  /** How long it keeps what it got, and how long it waits before it tries again, ms. */
  readonly holdMs: number;
  readonly restMs: number;
  /**
   * Now and then its process stands still for so long while it has what it got, ms; absent: never. It
   * does not know then that its time may be over.
   */
  readonly stallMs?: number;
}

/**
 * Which server a fault is aimed at when it fires: a number, or a role at that moment (any server if
 * nobody has it). "aimed": the one that the latest fault with a target was aimed at; "others": each
 * member but that one (but the leader, if there was none), all at once.
 */
export type SimTarget = number | "leader" | "follower" | "observer" | "aimed" | "others";

/** Every fault is taken back after `holdMs`; all of them at the end of the safety phase. */
export type SimFault = { readonly atMs: number; readonly holdMs: number } & SimFaultKind;

export type SimFaultKind =
  /** The process is gone, its files are as the system had them (what was written is there). */
  | { readonly type: "kill"; readonly target: SimTarget }
  | { readonly type: "kill-all" }
  /** The machine is gone: what was not durable is kept or lost by chance. */
  | { readonly type: "power-cut"; readonly target: SimTarget }
  | { readonly type: "power-cut-all" }
  /** The process stands still, its connections stay (SIGSTOP). */
  | { readonly type: "pause"; readonly target: SimTarget }
  /** One server after the other is stopped and started; `holdMs` for each. */
  | { readonly type: "rolling-restart" }
  /** `company`: so many other voters are on its side; absent: none. */
  | { readonly type: "partition"; readonly target: SimTarget; readonly company?: number }
  | { readonly type: "halves"; readonly groups: readonly (readonly number[])[] }
  /** What `target` sends gets nowhere, what it is sent arrives (or the reverse). */
  | { readonly type: "one-way"; readonly target: SimTarget; readonly direction: "out" | "in" }
  | { readonly type: "ring" }
  | { readonly type: "bridge"; readonly target: SimTarget }
  | { readonly type: "no-quorum" }
  /** Messages between servers on this link take so much longer. */
  | { readonly type: "delay"; readonly target: SimTarget; readonly delayMs: number }
  /** All connections of the server break, with what is in flight. */
  | { readonly type: "reset"; readonly target: SimTarget }
  /** The clients cannot reach the server; the servers reach each other. */
  | { readonly type: "cut-clients"; readonly target: SimTarget }
  | { readonly type: "slow-disk"; readonly target: SimTarget; readonly stepMs: number }
  | { readonly type: "disk-full"; readonly target: SimTarget }
  /** One step of its disk fails (EIO): the `nth` of this kind from then on; absent: the next fsync. */
  | {
      readonly type: "fsync-fails";
      readonly target: SimTarget;
      readonly step?: StepType;
      readonly nth?: number;
    }
  /** The machine loses power just when its disk takes the n-th step of this kind from then on. */
  | {
      readonly type: "crash-point";
      readonly target: SimTarget;
      readonly step: StepType | "any";
      readonly nth: number;
    }
  /** A durable file of the server has a bit flipped while it is down (never the only good copy). */
  | { readonly type: "bit-rot"; readonly target: SimTarget }
  /** Its wall clock jumps; monotonic time does not. */
  | { readonly type: "clock-jump"; readonly target: SimTarget; readonly byMs: number }
  /** Its clocks run faster or slower than the others' by this much. */
  | { readonly type: "clock-skew"; readonly target: SimTarget; readonly ppm: number }
  /** Members change through a client: a voter becomes an observer or leaves, another joins. */
  | {
      readonly type: "reconfig";
      readonly leaving: readonly number[];
      readonly joining: readonly number[];
    };

export interface SimPlan {
  readonly format: 1;
  /** What the plan was drawn from; it decides every choice of the run as well. */
  readonly seed: number;
  /** Voters at the beginning: servers 1 to this. */
  readonly servers: 3 | 5 | 7;
  /** Servers after them that follow and do not vote. */
  readonly observers: number;
  /** How often every server is asked what it is, ms. */
  readonly sampleMs: number;
  /** Servers after those that run and are no members: reconfigurations take them in. */
  readonly spares: number;
  /** Keys of zoo.cfg that all servers get. */
  readonly config: Readonly<Record<string, string>>;
  /** One way, between any two: uniform in the range, ms; order within a connection is kept. */
  readonly latencyMs: readonly [min: number, max: number];
  /** What reaches a host at times that round up to the same multiple of this comes in one turn; 0: never. */
  readonly turnMs: number;
  /** So many of a hundred writes to a connection arrive in two pieces, cut anywhere; absent: none. */
  readonly splitPercent?: number;
  /** Servers share a secret, and prove it to each other whenever they link; absent: links are open. */
  readonly linkSecret?: true;
  /** How long one step of a disk (write, fsync, rename …) takes: uniform in the range, ms. */
  readonly diskStepMs: readonly [min: number, max: number];
  /** An operation ends after this time in any case, ms; absent: 8,000. */
  readonly opTimeoutMs?: number;
  /**
   * When all is live again everything is stopped in this way, and started, and read once more: only
   * then it shows what was durable. Absent: it is not.
   */
  readonly ending?: "kill-all" | "power-cut-all";
  /** Log files are begun anew at this size. */
  readonly logFileMaxBytes: number;
  /** How many clients there are; each has the session timeout of its index. */
  readonly sessionTimeoutsMs: readonly number[];
  readonly ops: readonly SimOp[];
  readonly agents: readonly SimAgent[];
  readonly faults: readonly SimFault[];
  /** Load and faults last this long; then all faults are taken back. */
  readonly safetyMs: number;
  /** Within this time after that everything must be live again. */
  readonly livenessMs: number;
}
