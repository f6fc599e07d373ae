import { expect, test } from "vitest";
import type { Connection, ConnectionHandler } from "../env.ts";
import { NO_ZXID, type SessionId } from "../ids.ts";
import { RequestRouter, type RouterPorts } from "../request-router.ts";
import { ServerStats } from "../stats.ts";
import { CapturedLog } from "../testing/captured-log.ts";
import { connectFrame, requestFrame } from "../testing/raw-client.ts";
import { CLOSE, create, exists, sync } from "../testing/requests.ts";
import { ClientConnection } from "./client-connection.ts";
import type { ClientHost } from "./client-host.ts";
import type { ServiceMessage } from "./peer-message.ts";
import { ReplyOut } from "./reply-out.ts";
import { UnreadBudget } from "./unread-budget.ts";

/** A follower around one connection: what it asks of the leader is answered by the test, in any order. */
class Follower {
  readonly asked: ServiceMessage[] = [];
  readonly log = new CapturedLog();
  readonly connection: ClientConnection;
  readonly router: RequestRouter;
  readonly #soon: (() => void)[] = [];
  readonly #written: Buffer[] = [];
  #handler: ConnectionHandler | null = null;
  closed = false;

  constructor() {
    const soon = (run: () => void): void => void this.#soon.push(run);
    this.router = new RequestRouter({
      env: { random: { float: () => 0 } },
      sid: 2,
      leaderService: () => null,
      leader: () => 1,
      readOnly: { isOpen: false },
      send: (_to: number, message: ServiceMessage) => this.asked.push(message),
    } as unknown as RouterPorts);
    const host = {
      log: this.log,
      stats: new ServerStats(),
      out: new ReplyOut(soon),
      replica: { appliedZxid: NO_ZXID, tree: { get: () => undefined } },
      router: this.router,
      access: { skipAcl: false, superDigest: null, x509SuperUser: null },
      isServing: true,
      maxFrameBytes: 1_000,
      clockMs: () => 0,
      wallMs: () => 0,
      input: (run: () => void) => run(),
      soon,
      isOverloaded: () => false,
      mayOpen: () => true,
      unread: new UnreadBudget(),
      negotiate: (ms: number) => ms,
      newSessionId: () => 5n as SessionId,
      newPassword: () => Buffer.alloc(16, 1),
      createSession: (_of: unknown, _ms: number, _password: Buffer, waiting: { applied(): void }) =>
        waiting.applied(),
      sessionOpened: () => undefined,
      logClosed: (_connection: unknown, reason: string) => this.log.warn({ reason }, "closed"),
      connectionClosed: () => undefined,
    } as unknown as ClientHost;
    this.connection = new ClientConnection(host, this.#socket());
  }

  receive(...frames: Buffer[]): void {
    this.#handler?.data(Buffer.concat(frames));
    this.turn();
  }

  /** The end of the turn: what was put off to it happens. */
  turn(): void {
    for (const run of this.#soon.splice(0)) run();
    if (this.#soon.length > 0) this.turn();
  }

  /** The xids of the replies so far, behind the answer to the connect request. */
  get xids(): number[] {
    const bytes = Buffer.concat(this.#written);
    const xids = [];
    for (let at = 0; at < bytes.length; at += 4 + bytes.readInt32BE(at))
      xids.push(bytes.readInt32BE(at + 4));
    return xids.slice(1);
  }

  applied(index: number): void {
    const asked = this.asked[index] as { request: number };
    this.router.applied(
      { header: { zxid: 9, originSid: 2, originRequest: asked.request } } as never,
      { code: 0, path: null, node: null, parts: null },
    );
  }
  synced(index: number): void {
    this.router.synced((this.asked[index] as { request: number }).request);
  }

  #socket(): Connection {
    return {
      remote: "127.0.0.1:1",
      bufferedBytes: 0,
      write: (data) => this.#written.push(data) > 0,
      pause: () => undefined,
      resume: () => undefined,
      close: () => (this.closed = true),
      destroy: () => (this.closed = true),
      handle: (handler) => (this.#handler = handler),
    };
  }
}

test("a close behind a sync is asked for when the sync is answered, and ends the connection", () => {
  const follower = new Follower();
  follower.receive(connectFrame(), requestFrame(1, sync("/")), requestFrame(2, CLOSE));
  expect(follower.asked.map(({ type }) => type)).toEqual(["sync"]);
  follower.synced(0);
  expect(follower.asked.map(({ type }) => type)).toEqual(["sync", "request"]);
  follower.applied(1);
  follower.connection.sessionEnded();
  expect([follower.xids, follower.closed]).toEqual([[1, 2], true]);
});

test("a session that expires takes its connection with it at once, whatever waits", () => {
  const follower = new Follower();
  follower.receive(connectFrame(), requestFrame(1, sync("/")));
  follower.connection.sessionEnded();
  expect([follower.xids, follower.closed]).toEqual([[], true]);
  follower.synced(0);
  expect(follower.xids).toEqual([]);
});

test("writes do not overtake a sync: what is read between them would see them", () => {
  const follower = new Follower();
  follower.receive(
    connectFrame(),
    requestFrame(1, create("/a")),
    requestFrame(2, sync("/")),
    requestFrame(3, exists("/a")),
    requestFrame(4, create("/b")),
    requestFrame(5, sync("/")),
    requestFrame(6, create("/c")),
  );
  const asked = (): string[] => follower.asked.map(({ type }) => type);
  expect(asked()).toEqual(["request", "sync"]);
  follower.applied(0);
  follower.synced(1);
  follower.turn();
  expect(follower.xids).toEqual([1, 2, 3]);
  expect(asked()).toEqual(["request", "sync", "request", "sync"]);
  follower.applied(2);
  follower.synced(3);
  expect(asked()).toEqual(["request", "sync", "request", "sync", "request"]);
  follower.applied(4);
  follower.turn();
  expect(follower.xids).toEqual([1, 2, 3, 4, 5, 6]);
});

test("a request that the leader cannot read ends the connection in its turn, not before", () => {
  const follower = new Follower();
  follower.receive(connectFrame(), requestFrame(1, create("/a")), requestFrame(2, create("/b")));
  follower.router.rejected((follower.asked[1] as { request: number }).request, -5);
  expect(follower.closed).toBe(false);
  follower.applied(0);
  expect([follower.xids, follower.closed]).toEqual([[1, 2], true]);
  expect(follower.log.complaints()).toHaveLength(1);
});
