/**
 * A little ZooKeeper for tests: one flat store, sessions, one-time watches, and strings to pull: it
 * can hold its replies, drop connections, forget sessions and answer nonsense. It speaks through
 * `Env`, so it works over real sockets and in virtual time. Several may share one `FakeEnsemble`.
 */
import type { Connection, Env, Listener } from "../../server/env.ts";
import { ErrorCode } from "../../server/errors.ts";
import { NO_SESSION, type SessionId, type Zxid } from "../../server/ids.ts";
import {
  decodeConnectRequest,
  encodeConnectResponse,
  type ConnectRequest,
} from "../../server/wire/connect.ts";
import { FrameSplitter } from "../../server/wire/frames.ts";
import { JuteReader, JuteWriter } from "../../server/wire/jute.ts";
import { EventType, Xid } from "../../server/wire/opcodes.ts";
import {
  beginReply,
  encodeChildren,
  encodeData,
  encodePath,
  encodeStat,
  encodeWatcherEvent,
  type Stat,
} from "../../server/wire/replies.ts";
import type { Request } from "../../server/wire/request-types.ts";
import { decodeRequest, decodeRequestHeader } from "../../server/wire/requests.ts";

interface FakeNode {
  data: Buffer | null;
  stat: Stat;
  created: number;
  children: Set<string>;
}

/** What all the servers of a test share: the tree, the sessions, the last zxid. */
export class FakeEnsemble {
  zxid = 0x1_0000_0000;
  readonly nodes = new Map<string, FakeNode>();
  readonly sessions = new Map<SessionId, number>();
  readonly links = new Set<FakeLink>();
  nextSession = 0x1000n;
  /** Connect requests as they came. */
  readonly connects: ConnectRequest[] = [];
  /** Requests as they came: session, xid, type. */
  readonly log: { session: SessionId; xid: number; request: Request }[] = [];

  constructor() {
    this.nodes.set("/", newNode(null, 0, NO_SESSION));
  }

  create(path: string, data: Buffer | null, flags: number, owner: SessionId): string | number {
    const parentPath = parentOf(path);
    const parent = this.nodes.get(parentPath);
    if (parent === undefined) return ErrorCode.NoNode;
    const sequence = (flags & 2) === 0 ? "" : String(parent.created).padStart(10, "0");
    const name = path + sequence;
    if (this.nodes.has(name)) return ErrorCode.NodeExists;
    parent.created++;
    parent.children.add(name.slice(name.lastIndexOf("/") + 1));
    const zxid = ++this.zxid;
    this.nodes.set(name, newNode(data, zxid, (flags & 1) === 0 ? NO_SESSION : owner));
    this.#fire(EventType.created, name);
    this.#fire(EventType.childrenChanged, parentPath);
    return name;
  }

  delete(path: string): number {
    const node = this.nodes.get(path);
    this.zxid++;
    if (node === undefined) return ErrorCode.NoNode;
    this.nodes.delete(path);
    this.nodes.get(parentOf(path))?.children.delete(path.slice(path.lastIndexOf("/") + 1));
    this.#fire(EventType.deleted, path);
    this.#fire(EventType.childrenChanged, parentOf(path));
    return ErrorCode.Ok;
  }

  setData(path: string, data: Buffer | null): number {
    const node = this.nodes.get(path);
    const zxid = ++this.zxid;
    if (node === undefined) return ErrorCode.NoNode;
    node.data = data === null ? null : Buffer.from(data);
    node.stat = {
      ...node.stat,
      mzxid: zxid as Zxid,
      version: node.stat.version + 1,
      dataLength: data?.length ?? 0,
    };
    this.#fire(EventType.dataChanged, path);
    return ErrorCode.Ok;
  }

  /** Ends a session and its ephemerals; its clients are told when they next connect. */
  endSession(session: SessionId): void {
    this.sessions.delete(session);
    for (const [path, node] of this.nodes) {
      if (node.stat.ephemeralOwner === session) this.delete(path);
    }
    for (const link of this.links) {
      if (link.session === session) link.drop();
    }
  }

  #fire(type: number, path: string): void {
    for (const link of this.links) link.fire(type, path);
  }
}

function newNode(data: Buffer | null, zxid: number, owner: SessionId): FakeNode {
  const at = zxid as Zxid;
  const stat: Stat = {
    czxid: at,
    mzxid: at,
    pzxid: at,
    ctime: 0,
    mtime: 0,
    version: 0,
    cversion: 0,
    aversion: 0,
    ephemeralOwner: owner,
    dataLength: data?.length ?? 0,
    numChildren: 0,
  };
  return { data: data === null ? null : Buffer.from(data), stat, created: 0, children: new Set() };
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

/** One server of a fake ensemble. */
export class FakeServer {
  readonly env: Env;
  readonly ensemble: FakeEnsemble;
  readonly links = new Set<FakeLink>();
  listener: Listener | null = null;
  /** Replies are not sent while this is set: the server seems dead. */
  silent = false;
  /** Added to every reply's xid. */
  xidShift = 0;

  constructor(env: Env, ensemble: FakeEnsemble = new FakeEnsemble()) {
    this.env = env;
    this.ensemble = ensemble;
  }

  listen(port = 0): Promise<number> {
    return new Promise((resolve, reject) => {
      this.env.net.listen(
        { host: "127.0.0.1", port },
        (connection) => new FakeLink(this, connection),
        (result) => {
          if (result instanceof Error) return reject(result);
          this.listener = result;
          resolve(result.address.port);
        },
      );
    });
  }

  /** Breaks all connections; new ones are taken. */
  dropAll(): void {
    for (const link of this.links) link.drop();
  }

  close(): void {
    this.listener?.close();
    this.dropAll();
  }
}

class FakeLink {
  readonly #server: FakeServer;
  readonly #connection: Connection;
  readonly #splitter = new FrameSplitter(4_000_000);
  readonly #writer = new JuteWriter();
  readonly #dataWatches = new Set<string>();
  readonly #childWatches = new Set<string>();
  session: SessionId = NO_SESSION;

  constructor(server: FakeServer, connection: Connection) {
    this.#server = server;
    this.#connection = connection;
    server.links.add(this);
    server.ensemble.links.add(this);
    connection.handle({
      data: (chunk) => {
        this.#splitter.push(chunk, (buffer, start, end) => {
          this.#frame(new JuteReader(buffer, start, end));
          return true;
        });
        this.#flush();
      },
      drain: () => {},
      closed: () => this.#gone(),
    });
  }

  drop(): void {
    this.#connection.destroy();
    this.#gone();
  }

  fire(type: number, path: string): void {
    const watches = type === EventType.childrenChanged ? this.#childWatches : this.#dataWatches;
    const fired = watches.delete(path);
    const childFired = type === EventType.deleted && this.#childWatches.delete(path);
    if (!fired && !childFired) return;
    encodeWatcherEvent(this.#writer, this.#server.ensemble.zxid, type, path);
    this.#server.env.timers.soon(() => this.#flush());
  }

  #gone(): void {
    this.#server.links.delete(this);
    this.#server.ensemble.links.delete(this);
  }

  #flush(): void {
    if (this.#server.silent || this.#writer.length === 0) return;
    this.#connection.write(this.#writer.take());
  }

  #frame(reader: JuteReader): void {
    if (this.session === NO_SESSION) return this.#connect(reader);
    const { xid, type } = decodeRequestHeader(reader);
    const request = decodeRequest(reader, type);
    if (request === null) throw new Error(`fake server: opcode ${type}`);
    this.#server.ensemble.log.push({ session: this.session, xid, request });
    this.#serve(xid === Xid.ping ? xid : xid + this.#server.xidShift, request);
  }

  #connect(reader: JuteReader): void {
    const { ensemble } = this.#server;
    const request = decodeConnectRequest(reader);
    ensemble.connects.push(request);
    let { sessionId } = request;
    if (sessionId === NO_SESSION) {
      sessionId = ensemble.nextSession++ as SessionId;
      ensemble.sessions.set(sessionId, request.timeOut);
      ensemble.zxid++;
    }
    const known = ensemble.sessions.has(sessionId);
    for (const link of ensemble.links) {
      if (link !== this && link.session === sessionId) link.drop();
    }
    encodeConnectResponse(this.#writer, {
      protocolVersion: 0,
      timeOut: known ? request.timeOut : 0,
      sessionId: known ? sessionId : NO_SESSION,
      passwd: Buffer.alloc(16, known ? 7 : 0),
      readOnly: request.readOnly === null ? null : false,
    });
    this.session = sessionId;
    if (!known) {
      this.#flush();
      this.#connection.close();
      this.#gone();
    }
  }

  #serve(xid: number, request: Request): void {
    const { ensemble } = this.#server;
    const reply = (code: number, body?: () => void): void => {
      const frame = beginReply(this.#writer, xid, ensemble.zxid, code);
      if (code === ErrorCode.Ok) body?.();
      this.#writer.endFrame(frame);
    };
    switch (request.type) {
      case "create":
      case "create2": {
        const made = ensemble.create(request.path, request.data, request.flags, this.session);
        if (typeof made === "number") reply(made);
        else reply(ErrorCode.Ok, () => encodePath(this.#writer, made));
        return;
      }
      case "delete":
        return reply(ensemble.delete(request.path));
      case "setData": {
        const code = ensemble.setData(request.path, request.data);
        return reply(code, () => encodeStat(this.#writer, this.#stat(request.path)));
      }
      case "sync":
        return reply(ErrorCode.Ok, () => encodePath(this.#writer, request.path));
      case "exists":
      case "getData":
      case "getChildren":
      case "getChildren2":
        return this.#read(request.type, request.path, request.watch, reply);
      case "setWatches":
      case "setWatches2":
        for (const path of [...request.dataWatches, ...request.existWatches]) {
          this.#dataWatches.add(path);
          const node = ensemble.nodes.get(path);
          if (node === undefined && request.dataWatches.includes(path)) {
            this.fire(EventType.deleted, path);
          } else if (node !== undefined && node.stat.mzxid > request.relativeZxid) {
            this.fire(EventType.dataChanged, path);
          }
        }
        for (const path of request.childWatches) this.#childWatches.add(path);
        return reply(ErrorCode.Ok);
      case "ping":
        return reply(ErrorCode.Ok);
      case "closeSession": {
        const session = this.session;
        reply(ErrorCode.Ok);
        this.#flush();
        this.#gone();
        this.#connection.close();
        ensemble.endSession(session);
        return;
      }
      default:
        // What no load asks for.
        return reply(ErrorCode.Unimplemented);
    }
  }

  #stat(path: string): Stat {
    const node = this.#server.ensemble.nodes.get(path);
    if (node === undefined) throw new Error(`fake server: no ${path}`);
    return { ...node.stat, numChildren: node.children.size };
  }

  #read(
    type: "exists" | "getData" | "getChildren" | "getChildren2",
    path: string,
    watch: boolean,
    reply: (code: number, body?: () => void) => void,
  ): void {
    const node = this.#server.ensemble.nodes.get(path);
    const onChildren = type === "getChildren" || type === "getChildren2";
    if (watch && (node !== undefined || type === "exists")) {
      (onChildren ? this.#childWatches : this.#dataWatches).add(path);
    }
    if (node === undefined) return reply(ErrorCode.NoNode);
    reply(ErrorCode.Ok, () => {
      if (onChildren) encodeChildren(this.#writer, node.children);
      if (type === "getData") encodeData(this.#writer, node.data, this.#stat(path));
      else if (type !== "getChildren") encodeStat(this.#writer, this.#stat(path));
    });
  }
}
