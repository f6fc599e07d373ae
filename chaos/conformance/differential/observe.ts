/**
 * Walks through steps against one server and tells what its clients saw: every reply and every watch
 * event, in the order in which each connection got them. After each step every client asks for a ping,
 * so that events of a step come before its end.
 */
import { errorName } from "../../../server/errors.ts";
import { NO_SESSION, type SessionId } from "../../../server/ids.ts";
import { RawClient, type RawReply } from "../../../server/testing/raw-client.ts";
import { Xid } from "../../../server/wire/opcodes.ts";
import { decodeWatcherEvent } from "../../../server/wire/replies.ts";
import type { Request } from "../../../server/wire/request-types.ts";
import { describeBody, type Json } from "./answers.ts";
import { Names } from "./names.ts";
import type { Step } from "./steps.ts";

/** What was seen during one step, by client. */
export interface Observation {
  readonly step: Step;
  readonly seen: readonly (readonly Json[])[];
}

/** The pings at the end of a step; clients' own pings have another number. */
const END_XID = Xid.ping;
const SESSION_TIMEOUT_MS = 20_000;
const WRITES: ReadonlySet<Request["type"]> = new Set([
  "create",
  "create2",
  "createContainer",
  "createTTL",
  "delete",
  "setData",
  "setACL",
  "multi",
  "reconfig",
]);

interface Client {
  readonly index: number;
  raw: RawClient;
  sessionId: SessionId;
  password: Buffer;
  sessions: number;
  xid: number;
}

/**
 * That a connection is closed by the server is told as seen; where none can be had any more, what was
 * observed ends, with fewer observations than steps.
 */
export async function observe(
  port: number,
  clients: number,
  steps: readonly Step[],
): Promise<Observation[]> {
  const walk = new Walk(port);
  try {
    for (let index = 0; index < clients; index++) await walk.open(index);
    const observations: Observation[] = [];
    for (const [number, step] of steps.entries()) {
      try {
        observations.push({ step, seen: await walk.take(step, number) });
      } catch (error) {
        if (error instanceof NotServed) return observations;
        throw error;
      }
    }
    await walk.close();
    return observations;
  } finally {
    walk.abandon();
  }
}

/** The server does not take the connection. */
class NotServed extends Error {
  override readonly name = "NotServed";
}

async function openAt(
  port: number,
  request: Parameters<typeof RawClient.open>[1],
): ReturnType<typeof RawClient.open> {
  try {
    return await RawClient.open(port, request);
  } catch (error) {
    throw new NotServed(`port ${port}: ${(error as Error).message}`);
  }
}

class Walk {
  readonly #port: number;
  readonly #names = new Names();
  readonly #clients: Client[] = [];
  #seen: Json[][] = [];

  constructor(port: number) {
    this.#port = port;
  }

  async open(index: number): Promise<void> {
    const { client: raw, response } = await openAt(this.#port, {
      timeOut: SESSION_TIMEOUT_MS,
    });
    const before = this.#clients[index]?.sessions ?? 0;
    this.#clients[index] = {
      index,
      raw,
      sessionId: response.sessionId,
      password: response.passwd ?? Buffer.alloc(0),
      sessions: before + 1,
      xid: 0,
    };
    this.#names.nameSession(response.sessionId, `session ${index}.${before + 1}`);
    // A read's header tells the zxid that the session's beginning had.
    const { zxid } = await raw.call({ type: "exists", path: "/", watch: false });
    this.#names.nameZxid(zxid, `beginning ${index}.${before + 1}`);
  }

  async take(step: Step, number: number): Promise<readonly (readonly Json[])[]> {
    this.#seen = this.#clients.map(() => []);
    const client = this.#clients[step.client] as Client;
    switch (step.type) {
      case "requests":
        await this.#ask(client, step.requests, number);
        break;
      case "reconnect":
        await this.#reconnect(client);
        break;
      case "renew":
        await this.#renew(client);
        break;
    }
    await this.#settle();
    // In which order a session's ephemerals go with it is nobody's promise.
    if (step.type === "renew") return this.#seen.map((seen) => seen.map(asText).toSorted());
    return this.#seen;
  }

  /** Closes all sessions: one that expires later would end in the midst of another walk. */
  async close(): Promise<void> {
    for (const { raw } of this.#clients) raw.request({ type: "closeSession" });
    await Promise.all(this.#clients.map(({ raw }) => raw.closed));
  }

  abandon(): void {
    for (const { raw } of this.#clients) raw.destroy();
  }

  async #ask(client: Client, requests: readonly Request[], number: number): Promise<void> {
    const { raw } = client;
    const xids = requests.map((request) => raw.request(request, this.#xidOf(client, request)));
    for (const [at, request] of requests.entries()) {
      const reply = await this.#until(client, xids[at] as number);
      if (reply === null) {
        await this.open(client.index);
        return;
      }
      if (WRITES.has(request.type)) this.#names.nameZxid(reply.zxid, `write ${number}.${at}`);
      const header = `${request.type} ${this.#names.zxid(reply.zxid)} ${errorName(reply.err)}`;
      const failed = reply.err !== 0;
      const body = failed ? reply.body.remaining : describeBody(request, reply.body, this.#names);
      this.#see(client, [header, body]);
    }
  }

  #xidOf(client: Client, request: Request): number {
    return request.type === "auth" ? Xid.auth : ++client.xid;
  }

  async #reconnect(client: Client): Promise<void> {
    client.raw.destroy();
    const { sessionId, password: passwd } = client;
    const { client: raw, response } = await openAt(this.#port, {
      timeOut: SESSION_TIMEOUT_MS,
      sessionId,
      passwd,
    });
    client.raw = raw;
    this.#see(client, response.sessionId === sessionId ? "the same session" : "another session");
    if (response.sessionId === NO_SESSION) await this.open(client.index);
  }

  async #renew(client: Client): Promise<void> {
    const xid = client.raw.request({ type: "closeSession" }, ++client.xid);
    const reply = await this.#until(client, xid);
    if (reply) this.#names.nameZxid(reply.zxid, `end ${client.index}.${client.sessions}`);
    await client.raw.closed;
    await this.open(client.index);
  }

  /** Every client has seen what there is to see. */
  async #settle(): Promise<void> {
    for (const client of this.#clients) client.raw.request({ type: "ping" }, END_XID);
    for (const client of this.#clients) {
      if ((await this.#until(client, END_XID)) === null) await this.open(client.index);
    }
  }

  /** The reply with this xid; what comes before it is seen. Null: the server closed the connection. */
  async #until(client: Client, xid: number): Promise<RawReply | null> {
    for (;;) {
      const frame = await client.raw.replyOrEnd();
      if (frame === null) {
        this.#see(client, "closed by the server");
        return null;
      }
      if (frame.xid === xid || (frame.xid === Xid.ping && xid !== END_XID)) return frame;
      if (frame.xid !== Xid.watch) {
        this.#see(client, `a reply with xid ${frame.xid} and error ${errorName(frame.err)}`);
        continue;
      }
      const { type, state, path } = decodeWatcherEvent(frame.body);
      this.#see(client, ["event", type, state, path, this.#names.zxid(frame.zxid)]);
    }
  }

  #see(client: Client, what: Json): void {
    (this.#seen[client.index] as Json[]).push(what);
  }
}

function asText(what: Json): string {
  return JSON.stringify(what);
}
