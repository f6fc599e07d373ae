/** `/sessions/v1`: sessions that ephemeral znodes live with. */
import { ErrorCode } from "../../errors.ts";
import { type Answer, empty, json } from "./answer.ts";
import type { InsideClient } from "./inside-client.ts";
import type { Asked, Operation, Resource } from "./operation.ts";
import { CodeError, Refusal } from "./refusal.ts";

const MAX_EXPIRE_SECONDS = 2_000_000;

const OPEN: Operation = {
  method: "POST",
  id: "createSession",
  summary: "Opens a session",
  query: {
    op: {
      description: "What to do.",
      schema: { type: "string", enum: ["create"], default: "create" },
    },
    expire: {
      description:
        "The session is over when nothing is heard of it for so many seconds; the server keeps this " +
        "within minSessionTimeout and maxSessionTimeout.",
      schema: { type: "integer", minimum: 1, maximum: MAX_EXPIRE_SECONDS },
      required: true,
    },
  },
  takes: null,
  success: { 201: { description: "It is open", json: ["Session"] } },
  refusals: [504],
  async run(asked) {
    const { token, timeoutMs } = await asked.clients.open(asked.query.integer("expire") * 1_000);
    return sessionAnswer(asked, 201, token, timeoutMs);
  },
};

const HEARTBEAT: Operation = {
  method: "PUT",
  id: "keepSession",
  summary: "A heartbeat: the session has its full time again",
  query: {},
  takes: null,
  success: { 200: { description: "It is alive", json: ["Session"] } },
  refusals: [404, 504],
  async run(asked) {
    const client = await sessionOf(asked);
    await ofLive(client.call(asked.authIds, { type: "ping" }, () => null));
    const { timeoutMs } = await client.session;
    return sessionAnswer(asked, 200, asked.rest[0] ?? "", timeoutMs);
  },
};

const CLOSE: Operation = {
  method: "DELETE",
  id: "deleteSession",
  summary: "Ends a session, and with it its ephemeral znodes",
  query: {},
  takes: null,
  success: { 204: { description: "It is over", json: [] } },
  refusals: [404, 504],
  async run(asked) {
    const client = await sessionOf(asked);
    await ofLive(client.call(asked.authIds, { type: "closeSession" }, () => null));
    return empty(204);
  },
};

export const SESSIONS: Resource = {
  path: "/sessions/v1",
  description: "Sessions.",
  prefix: ["sessions", "v1"],
  rest: null,
  operations: [OPEN],
};

export const SESSION: Resource = {
  path: "/sessions/v1/{id}",
  description: "A session. Every server of the ensemble knows it.",
  prefix: ["sessions", "v1"],
  rest: { name: "id", isPath: false, description: "The id, as it was given when it was opened." },
  operations: [HEARTBEAT, CLOSE],
};

function sessionAnswer({ base }: Asked, status: 200 | 201, id: string, timeoutMs: number): Answer {
  const uri = `${base}/sessions/v1/${id}`;
  const headers = status === 201 ? { Location: uri } : {};
  return json(status, { id, uri, expire: timeoutMs / 1_000 }, headers);
}

async function sessionOf({ clients, rest }: Asked): Promise<InsideClient> {
  const client = await clients.ofSession(rest[0] ?? "");
  if (client === null) throw isOver();
  return client;
}

async function ofLive(answer: Promise<null>): Promise<void> {
  try {
    await answer;
  } catch (error) {
    if (error instanceof CodeError && error.code === ErrorCode.SessionExpired) throw isOver();
    throw error;
  }
}

function isOver(): Refusal {
  return new Refusal(404, "there is no such session, or it is over", { error: "SessionExpired" });
}
