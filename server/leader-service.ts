/**
 * What only the leader does for clients: turn requests into transactions, order them, expire
 * sessions, and vouch for its leadership to those who ask (sync). ZooKeeper's PrepRequestProcessor,
 * ProposalRequestProcessor and SessionTracker in one place.
 */
import type { ServerConfig } from "./config.ts";
import { ContainerRemover } from "./container-remover.ts";
import type { Env } from "./env.ts";
import { ErrorCode } from "./errors.ts";
import { NO_SESSION, type ServerId, type SessionId, type Zxid } from "./ids.ts";
import type { LeaderReconfig } from "./leader-reconfig.ts";
import { LeadershipCheck } from "./leadership-check.ts";
import { OverQuotaLog } from "./over-quota-log.ts";
import { decodeWish, type Wish } from "./leader-wish.ts";
import type { Replica } from "./replica.ts";
import type { ServerStats } from "./stats.ts";
import type { AuthId } from "./tree/acl.ts";
import { Preparer, type PrepareRequest } from "./tree/prepare.ts";
import { SessionTracker } from "./tree/session-tracker.ts";
import type { Txn, TxnBody } from "./tree/txn.ts";
import { encodeTxn } from "./tree/txn-codec.ts";
import { JuteReader } from "./wire/jute.ts";
import { OpCode } from "./wire/opcodes.ts";
import type { ZabPeer } from "./zab/peer.ts";

/** A write as it reached the leader: from which server, and under which number there. */
export interface LeaderRequest {
  readonly from: ServerId;
  readonly request: number;
  readonly sessionId: SessionId;
  readonly cxid: number;
  readonly opcode: number;
  /** Who the client is, for access control. */
  readonly authIds: readonly AuthId[];
  /** Its client was told of a refusal for lack of room before it sent this. */
  readonly afresh: boolean;
  readonly body: Buffer;
}

/** Answers to the server that asked (which may be the leader itself). */
export interface LeaderReplies {
  rejected(to: ServerId, request: number, code: number): void;
  synced(to: ServerId, request: number): void;
  /** Whether the client may go on with its session. */
  revalidated(to: ServerId, request: number, valid: boolean): void;
  /** The session's client is at another server now. */
  moved(to: ServerId, session: SessionId): void;
}

export type LeaderConfig = Pick<
  ServerConfig,
  "tickMs" | "skipAcl" | "extendedTypesEnabled" | "enforceQuota" | "containers" | "secureClient"
>;

const MAX_EXPIRED_PER_TURN = 200;

export class LeaderService {
  readonly #env: Env;
  readonly #peer: ZabPeer;
  readonly #replica: Pick<Replica<never>, "tree">;
  readonly #input: (run: () => void) => void;
  readonly #replies: LeaderReplies;
  readonly #isStuck: () => boolean;
  readonly #stats: Pick<ServerStats, "prepareMs">;
  readonly #preparer: Preparer;
  readonly #sessions: SessionTracker;
  readonly #remover: ContainerRemover;
  readonly #reconfig: LeaderReconfig;
  readonly #reader = new JuteReader(Buffer.alloc(0));
  /** Sessions that were refused a write, and whose clients may not know yet. */
  readonly #refused = new Set<SessionId>();
  readonly #check: LeadershipCheck;
  /** Who waits to be told that a session is over whose end is proposed. */
  readonly #askedOfClosing = new Map<SessionId, (() => void)[]>();
  #over = false;
  #expiryScheduled = false;

  /** Built when an epoch begins, when everything before it is applied; dropped when it ends. */
  constructor(
    env: Env,
    sid: ServerId,
    config: LeaderConfig,
    peer: ZabPeer,
    replica: Pick<Replica<never>, "tree">,
    input: (run: () => void) => void,
    replies: LeaderReplies,
    isStuck: () => boolean,
    stats: Pick<ServerStats, "prepareMs">,
    reconfig: LeaderReconfig,
  ) {
    this.#env = env;
    this.#stats = stats;
    this.#reconfig = reconfig;
    this.#peer = peer;
    this.#replica = replica;
    this.#input = input;
    this.#replies = replies;
    this.#isStuck = isStuck;
    this.#check = new LeadershipCheck(env.timers, () => peer.leading, input);
    const overQuotaLog = new OverQuotaLog(env);
    this.#preparer = new Preparer(replica.tree, {
      skipAcl: config.skipAcl,
      extendedTypesEnabled: config.extendedTypesEnabled,
      enforceQuota: config.enforceQuota,
      x509: config.secureClient !== null,
      overQuota: (finding) => overQuotaLog.found(finding),
    });
    this.#sessions = new SessionTracker(config.tickMs);
    this.#remover = new ContainerRemover(
      env,
      config.containers,
      replica.tree,
      (path) => this.#propose({ type: "deleteContainer", path }, NOBODY),
      input,
    );
    this.#remover.start();
    const nowMs = env.clock.nowMs();
    // No heartbeats were counted while there was no leader: every session gets its full time again.
    for (const [id, { timeoutMs }] of replica.tree.sessions)
      this.#sessions.add(id, timeoutMs, sid, nowMs);
    // Not from within: this server is about to serve, and proposes when it does.
    env.timers.soon(() => input(() => this.#establishConfig()));
  }

  /**
   * Prepares and proposes a write. Rejected, not proposed, are a body that cannot be decoded and, while
   * nothing can be logged for lack of room, everything.
   */
  request(request: LeaderRequest): void {
    const startMs = this.#env.clock.nowMs();
    const owner = this.#sessions.ownerOf(request.sessionId);
    if (request.opcode !== OpCode.createSession && owner !== null && owner !== request.from) {
      this.#replies.rejected(request.from, request.request, ErrorCode.SessionMoved);
      return;
    }
    // Heard of at once, not with its server's next report: that server may not live to make it.
    this.#sessions.touch(request.sessionId, startMs);
    if (this.#refuses(request)) {
      this.#replies.rejected(request.from, request.request, ErrorCode.ThrottledOp);
      return;
    }
    const prepare = decodeWish(this.#reader, request.opcode, request.body);
    if (prepare === null) {
      this.#replies.rejected(request.from, request.request, ErrorCode.MarshallingError);
      return;
    }
    this.#propose(prepare, request);
    this.#stats.prepareMs.observe(this.#env.clock.nowMs() - startMs);
  }

  /**
   * While nothing can be logged for lack of room; and of a session that was refused something then, until
   * its client knows: else what it sent behind that would be done without it.
   */
  #refuses({ sessionId, afresh }: LeaderRequest): boolean {
    if (this.#isStuck()) {
      if (this.#sessions.ownerOf(sessionId) !== null) this.#refused.add(sessionId);
      return true;
    }
    if (this.#refused.size === 0 || !this.#refused.has(sessionId)) return false;
    if (!afresh) return true;
    this.#refused.delete(sessionId);
    return false;
  }

  /** Answers after a quorum has confirmed that we lead, later than this call. */
  sync(from: ServerId, request: number): void {
    this.#check.ask(() => this.#replies.synced(from, request));
  }

  /** A quorum has answered the pings up to this round. */
  confirmed(round: number): void {
    this.#check.confirmed(round);
  }

  /**
   * A client wants to go on with this session at server `from`. It may, if the session is known here; that
   * the session is over is said only when it is certain: by a leader that a quorum has confirmed, and of a
   * session that is being closed when that is committed. (ZooKeeper's leader says it at once.)
   */
  revalidate(
    from: ServerId,
    request: number,
    session: SessionId,
    password: Buffer,
    timeoutMs: number,
  ): void {
    if (this.#takeOver(from, request, session, password, timeoutMs)) return;
    this.#check.ask(() => {
      if (this.#takeOver(from, request, session, password, timeoutMs)) return;
      const refuse = (): void => this.#replies.revalidated(from, request, false);
      const isClosing =
        this.#replica.tree.sessions.get(session)?.password.equals(password) === true;
      if (!isClosing) refuse();
      else
        this.#askedOfClosing.set(session, [...(this.#askedOfClosing.get(session) ?? []), refuse]);
    });
  }

  #takeOver(
    from: ServerId,
    request: number,
    session: SessionId,
    password: Buffer,
    timeoutMs: number,
  ): boolean {
    const known = this.#replica.tree.sessions.get(session);
    const owner = this.#sessions.ownerOf(session);
    if (!known || owner === null || !known.password.equals(password)) return false;
    this.#refused.delete(session);
    this.#sessions.takeOver(session, from, timeoutMs, this.#env.clock.nowMs());
    if (owner !== from) this.#replies.moved(owner, session);
    this.#replies.revalidated(from, request, true);
    return true;
  }

  touch(sessions: readonly SessionId[]): void {
    const nowMs = this.#env.clock.nowMs();
    for (const session of sessions) this.#sessions.touch(session, nowMs);
  }

  /**
   * Proposes the end of every session whose time is over. When they are many, a few at a turn: what comes
   * in meanwhile (heartbeats of these sessions, too) is heard.
   */
  expire(): void {
    if (this.#isStuck()) return;
    const sessions = this.#sessions.expired(this.#env.clock.nowMs(), MAX_EXPIRED_PER_TURN);
    for (const sessionId of sessions)
      this.#propose({ type: "closeSession" }, { ...NOBODY, sessionId });
    if (sessions.length < MAX_EXPIRED_PER_TURN || this.#expiryScheduled) return;
    this.#expiryScheduled = true;
    this.#env.timers.soon(() =>
      this.#input(() => {
        this.#expiryScheduled = false;
        if (!this.#over) this.expire();
      }),
    );
  }

  /** When which sessions end, in this process's monotonic ms. */
  sessionDeadlines(): ReadonlyMap<number, readonly SessionId[]> {
    return this.#sessions.deadlines();
  }

  /** The transaction is applied here: it is not outstanding any more. */
  applied(txn: Txn): void {
    const { header, body } = txn;
    this.#preparer.committed(header.zxid);
    if (body.type === "createSession")
      this.#sessions.add(
        header.sessionId,
        body.timeoutMs,
        header.originSid as ServerId,
        this.#env.clock.nowMs(),
      );
    else if (body.type === "closeSession") {
      this.#sessions.remove(header.sessionId);
      this.#refused.delete(header.sessionId);
      for (const refuse of this.#askedOfClosing.get(header.sessionId) ?? []) refuse();
      this.#askedOfClosing.delete(header.sessionId);
    }
  }

  stop(): void {
    this.#over = true;
    this.#remover.stop();
    this.#check.stop();
  }

  #establishConfig(): void {
    if (!this.#over && this.#reconfig.isOverdue) this.#propose({ type: "establishConfig" }, NOBODY);
  }

  /** Decides what data a reconfiguration has; a number is the error that it ends with. */
  #resolve(wish: Wish, zxid: Zxid): PrepareRequest | ErrorCode {
    if (wish.type !== "askReconfig" && wish.type !== "establishConfig") return wish;
    const data =
      wish.type === "askReconfig" ? this.#reconfig.judge(wish, zxid) : this.#reconfig.initial(zxid);
    if (data === null) return ErrorCode.ReconfigInProgress;
    return typeof data === "number" ? data : { type: "reconfig", data };
  }

  #propose(wish: Wish, request: LeaderRequest): void {
    const zxid = this.#peer.leading?.nextZxid();
    if (zxid === null || zxid === undefined) return;
    const { from, sessionId, cxid, authIds } = request;
    const timeMs = this.#env.clock.wallMs();
    const prepare = this.#resolve(wish, zxid);
    const body: TxnBody =
      typeof prepare === "number"
        ? { type: "error", code: prepare }
        : this.#preparer.prepare(prepare, { zxid, timeMs, sessionId, authIds });
    if (body.type === "closeSession") this.#sessions.closing(sessionId);
    const header = {
      zxid,
      timeMs,
      sessionId,
      cxid,
      originSid: from,
      originRequest: request.request,
    };
    // Applied from these bytes, here as everywhere: the request's own are a part of a received chunk.
    this.#peer.propose({ zxid, bytes: encodeTxn(header, body) }, this.#env.clock.nowMs());
  }
}

/** The origin of what the leader proposes of itself. */
const NOBODY: LeaderRequest = {
  from: 0 as ServerId,
  request: 0,
  sessionId: NO_SESSION,
  cxid: 0,
  opcode: 0,
  authIds: [],
  afresh: false,
  body: Buffer.alloc(0),
};
