/**
 * The history of a run: what every client asked and was told, what the servers' logs say, and which
 * faults were in force. Times are milliseconds (with a fraction) since the start of the run, all from
 * the one monotonic clock of the process that ran the clients.
 */

/** Ended applied, definitely not applied, or may have been applied. */
export type OpOutcome = "ok" | "fail" | "info";

export type OpName =
  | "connect"
  | "close"
  | "create"
  | "delete"
  | "setData"
  | "getData"
  | "exists"
  | "getChildren"
  | "sync"
  | "multi"
  | "setACL"
  | "getACL"
  | "reconfig"
  | "addWatch"
  | "removeWatches";

export const WRITE_OPS: ReadonlySet<OpName> = new Set([
  "create",
  "delete",
  "setData",
  "close",
  "multi",
  "setACL",
  "reconfig",
]);

/** Stat as a client reads it; zxids are exact doubles, ephemeralOwner is hexadecimal ("0x0": none). */
export interface StatRecord {
  readonly czxid: number;
  readonly mzxid: number;
  readonly pzxid: number;
  readonly version: number;
  readonly cversion: number;
  readonly ephemeralOwner: string;
  readonly numChildren: number;
  /** Absent in histories that were written before these were taken down. */
  readonly aversion?: number;
  readonly dataLength?: number;
  /** Wall time of the leader that made the change, milliseconds since 1970. */
  readonly ctimeMs?: number;
  readonly mtimeMs?: number;
}

/** One part of a multi, as it was asked for and answered. */
export interface OpPartRecord {
  readonly type: "create" | "delete" | "setData" | "check";
  readonly path: string;
  readonly flags?: number;
  readonly expectedVersion?: number;
  readonly value?: string | null;
  /** 0 unless the multi failed: the part's own error, or −2 for those after the one that failed. */
  readonly code: number;
  readonly created?: string;
  readonly stat?: StatRecord;
  /** create: `scheme:id:perms`, by commas. */
  readonly acl?: string;
  /** create with a time to live, ms. */
  readonly ttlMs?: number;
}

/** One operation of one client. */
export interface OpRecord {
  readonly kind: "op";
  /** Unique in the run; rises in the order of invocation. */
  readonly id: number;
  /** The client object: it lives through reconnects, and may outlive its session. */
  readonly client: number;
  /** Session at the invocation (for connect: at the completion), hexadecimal; "0x0" before one is there. */
  readonly session: string;
  /** The server that the client was connected to when the operation was sent; 0 if it was not sent. */
  readonly server: number;
  readonly workload: string;
  readonly op: OpName;
  readonly path: string;
  /** The client's xid on the wire; rises with every request of a connection. */
  readonly xid: number;
  /** When the schedule wanted it sent; latency counts from here. Equal to `invokeMs` when unscheduled. */
  readonly intendedMs: number;
  readonly invokeMs: number;
  readonly completeMs: number;
  readonly outcome: OpOutcome;
  /** ZooKeeper's error code; 0 for ok. */
  readonly code: number;
  /** The zxid of the reply header; −1 if there was no reply. For connect: the client's lastZxidSeen. */
  readonly zxid: number;
  /** Create: flags as on the wire (1 ephemeral, 2 sequential, 4 container, 5 and 6 with a time to live). */
  readonly flags?: number;
  /** setData, delete: the version that was expected, setACL: that of the ACL; −1 any. */
  readonly expectedVersion?: number;
  /** What was written or read: the value's unique tag (first bytes of the data), "" for empty, null for none. */
  readonly value?: string | null;
  /** Create: the path that the server answered. */
  readonly created?: string;
  /** getChildren: names, sorted. */
  readonly children?: readonly string[];
  /** The Stat that came with the reply, when one did. */
  readonly stat?: StatRecord;
  /** A watch was asked for with this read. */
  readonly watch?: boolean;
  /** multi: its parts, in order; codes are 0 when there was no answer. */
  readonly parts?: readonly OpPartRecord[];
  /** addWatch: which kind. */
  readonly watchMode?: "persistent" | "recursive";
  /** removeWatches: which kind; "any" is all of them. */
  readonly watchKind?: "data" | "children" | "any" | "persistent" | "recursive";
  /** create, setACL: what was asked for; getACL: what was answered: `scheme:id:perms`, by commas. */
  readonly acl?: string;
  /** create with a time to live, ms. */
  readonly ttlMs?: number;
}

/** A watch event as it arrived at a client. */
export interface WatchRecord {
  readonly kind: "watch";
  readonly client: number;
  readonly session: string;
  readonly server: number;
  readonly type: "created" | "deleted" | "dataChanged" | "childrenChanged";
  readonly path: string;
  /** The zxid of the cause (header zxid from 3.9 on); −1 if the server does not tell. */
  readonly zxid: number;
  readonly atMs: number;
}

/** What happened to a client's session, as the client saw it. */
export interface SessionRecord {
  readonly kind: "session";
  readonly client: number;
  readonly session: string;
  readonly server: number;
  /** created; reconnected (same session, maybe another server); disconnected; expired (told by a server); closed (by the client). */
  readonly event: "created" | "reconnected" | "disconnected" | "expired" | "closed";
  /** The negotiated session timeout, ms. */
  readonly timeoutMs: number;
  /** Last zxid that the client had seen. */
  readonly lastZxid: number;
  readonly atMs: number;
}

/** What a lock or election client believes, with its fencing token (the czxid of its znode). */
export interface GrantRecord {
  readonly kind: "grant";
  readonly client: number;
  readonly session: string;
  /** Which lock or election. */
  readonly resource: string;
  readonly event: "acquired" | "released" | "lost";
  readonly token: number;
  readonly atMs: number;
}

/** A write to the fenced resource that a lock protects: it refuses tokens lower than the highest seen. */
export interface FenceRecord {
  readonly kind: "fence";
  readonly client: number;
  readonly resource: string;
  readonly token: number;
  readonly accepted: boolean;
  readonly atMs: number;
}

/** A server broke the protocol: answered what was not asked, out of turn, or with broken bytes. */
export interface ProtocolRecord {
  readonly kind: "protocol";
  readonly client: number;
  readonly session: string;
  readonly server: number;
  /** What came, and what was expected. The client closed the connection. */
  readonly problem: string;
  readonly atMs: number;
}

export type HistoryRecord =
  | OpRecord
  | WatchRecord
  | SessionRecord
  | GrantRecord
  | FenceRecord
  | ProtocolRecord;

/** A part of a multi: a change, a check that held, or the error of a multi that failed as a whole. */
export interface ServerTxnPart {
  readonly type: "create" | "delete" | "setData" | "setACL" | "check" | "error";
  /** "" for an error. */
  readonly path: string;
  /** The others are as those of a transaction; the version of a check is the one that it asked for. */
  readonly ephemeralOwner?: string;
  readonly value?: string | null;
  readonly version?: number;
  readonly code?: number;
  /** create, setData: how long the data is, bytes. */
  readonly dataLength?: number;
  /** create, setACL: `scheme:id:perms`, by commas. */
  readonly acl?: string;
}

/** One transaction of one server's log, as read from its disk after the run. */
export interface ServerTxn {
  readonly zxid: number;
  /** A hash of the entry's bytes: equal entries have equal hashes. */
  readonly hash: string;
  readonly type:
    | "create"
    | "delete"
    | "setData"
    | "setACL"
    | "multi"
    | "reconfig"
    | "createSession"
    | "closeSession"
    | "error";
  readonly session: string;
  readonly cxid: number;
  readonly timeMs: number;
  /** The znode that was created, deleted or set, or whose ACL was; "" otherwise. */
  readonly path: string;
  /** closeSession: the ephemerals that it removed. */
  readonly removed?: readonly string[];
  /** multi: what it consists of, all at its zxid. */
  readonly parts?: readonly ServerTxnPart[];
  /**
   * create: the owner of an ephemeral ("0x0": persistent); containers and znodes with a time to live
   * have numbers here that are no session's.
   */
  readonly ephemeralOwner?: string;
  /** create, setData, reconfig: the tag of the data (as in OpRecord.value). */
  readonly value?: string | null;
  /** setData, reconfig: the version after the change; setACL: that of the ACL. create: 0. */
  readonly version?: number;
  /** error: the code. */
  readonly code?: number;
  /** create, setData, reconfig: how long the data is, bytes. */
  readonly dataLength?: number;
  /** create, setACL: `scheme:id:perms`, by commas. */
  readonly acl?: string;
  /** createSession: the negotiated timeout, ms. */
  readonly timeoutMs?: number;
}

/** A server's final state, read after everything was healed and the ensemble was restarted. */
export interface ServerFinal {
  readonly server: number;
  /** The log begins above this zxid (0 unless a snapshot replaced what was before). */
  readonly logFromZxid: number;
  readonly log: readonly ServerTxn[];
  /** The last zxid that its tree has applied. */
  readonly appliedZxid: number;
  /** A digest of its tree at `appliedZxid`: equal trees have equal digests. */
  readonly treeDigest: string;
  /** Ephemeral znodes by owner session (hexadecimal). */
  readonly ephemerals: Readonly<Record<string, readonly string[]>>;
  /** Live sessions, hexadecimal. */
  readonly sessions: readonly string[];
}

/** What a server said about itself at one moment; times bracket the request. */
export interface ServerSample {
  readonly server: number;
  readonly sentMs: number;
  readonly receivedMs: number;
  readonly state: "LOOKING" | "FOLLOWING" | "LEADING" | "OBSERVING";
  /** currentEpoch of the server. */
  readonly epoch: number;
  /** The highest zxid that its tree has applied. */
  readonly appliedZxid: number;
  /** The highest zxid that it knows to be committed. */
  readonly committedZxid: number;
  /** The server serves clients. */
  readonly serving: boolean;
}

/** One fault as it was injected: when asked, when it was seen to be in force, when healed. */
export interface FaultRecord {
  /** kill-leader, partition-leader, no-quorum, delay, restart-all … */
  readonly name: string;
  /** A sentence for a person: what was done to which server and link. */
  readonly description: string;
  readonly servers: readonly number[];
  readonly links: readonly string[];
  readonly requestedMs: number;
  /** When it was verified to be in force on every affected link or process; null: it never fired. */
  readonly effectiveMs: number | null;
  /** When rolling it back was begun: from here on it is only partly in force. Absent or null: not known. */
  readonly healRequestedMs?: number | null;
  /** When it was verified to be rolled back; null: never. */
  readonly healedMs: number | null;
  /** While it is in force no server can have a quorum (writes cannot succeed). */
  readonly noQuorum: boolean;
}

/** Unplanned ends of processes: each is a finding. */
export interface CrashRecord {
  readonly server: number;
  readonly atMs: number;
  readonly exit: string;
  /** The last lines that it logged. */
  readonly lastLines: readonly string[];
}

/** All that a checker may look at. */
export interface RunHistory {
  readonly records: readonly HistoryRecord[];
  readonly finals: readonly ServerFinal[];
  readonly samples: readonly ServerSample[];
  readonly faults: readonly FaultRecord[];
  readonly crashes: readonly CrashRecord[];
  /** Servers that must serve after healing; absent: all that were ever seen. */
  readonly members?: readonly number[];
  /** ACLs bind everybody: servers look at them, and no client is the super user. Absent: not known. */
  readonly aclsBind?: boolean;
  /** When the last fault was healed, and when the run ended (ms). */
  readonly healedMs: number;
  readonly endMs: number;
  /** Within this time after healing everything must be live again, ms. */
  readonly livenessBoundMs: number;
  /** Tick of the servers, ms: session expiry is rounded up to it. */
  readonly tickMs: number;
}
