/**
 * Random bytes at the REST port: requests, good ones and bad ones, cut, glued together, changed and left
 * half done. `QUORUM_LAB_REST_SEED=N` replays a run.
 */
import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RestClient } from "../../testing/rest-client.ts";
import { type RestEnsemble, startRestServers } from "../../testing/rest-ensemble.ts";

const SEED = Number(process.env["QUORUM_LAB_REST_SEED"] ?? Math.trunc(Math.random() * 1e9));
const CONVERSATIONS = 600;
const AT_ONCE = 30;
const LAST = "GET /openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const STATUSES = new Set([
  100, 200, 204, 400, 401, 403, 404, 405, 406, 408, 409, 412, 413, 415, 431, 501, 502, 503,
]);

let rest: RestEnsemble;
let http: RestClient;
beforeAll(async () => {
  const timeouts = { headersTimeoutMs: 100, requestTimeoutMs: 200 };
  rest = await startRestServers(1, { "jute.maxbuffer": "50000" }, timeouts);
  http = rest.clients.get(1) as RestClient;
  await http.create("/", "kept", "", { body: "as it is" });
});
afterAll(() => rest.stop());

// Whatever comes of these, no znode is changed: what they would change is not there.
const method = fc.constantFrom(
  "GET",
  "HEAD",
  "PUT",
  "POST",
  "DELETE",
  "PATCH",
  "CONNECT",
  "get",
  "",
);
const target = fc.oneof(
  fc.constantFrom(
    "/znodes/v1/none",
    "/znodes/v1/kept/none?op=create&name=a&session=x",
    "/znodes/v1/none?version=1",
    "/znodes/v1/none?op=create&name=a&sequence=true",
    "/znodes/v1/none/%2e%2e/none/..%2f",
    "/znodes/v1/none/%00%ff%C0%80",
    "/znodes/v1/none//?view=children&dataformat=hex",
    "http://elsewhere/znodes/v1/none?%=%&&&=",
    "/sessions/v1/none",
    "/openapi.json?x",
    "*",
    "none",
    "//",
  ),
  fc.string({ unit: "binary", maxLength: 40 }).map((text) => `/znodes/v1/none${text}`),
  fc.nat(20_000).map((length) => `/znodes/v1/none${"/a".repeat(length / 2)}`),
);
const header = fc.oneof(
  fc.constantFrom(
    "Host: x",
    "Host: [::1]:1\r\nHost: y",
    "Accept: application/xml",
    "Accept: application/octet-stream;q=x, */*;q=0",
    "Authorization: Basic !!!",
    "Authorization: Basic YTpi",
    "Content-Type: text/html",
    "Content-Length: 5",
    "Content-Length: 60000",
    "Content-Length: -1",
    "Content-Length: 99999999999",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: gzip, chunked",
    "Expect: 100-continue",
    "Expect: miracles",
    "Connection: close",
    "Connection: upgrade\r\nUpgrade: websocket",
    "Origin: null",
    "no header",
    "X: a\r\n folded",
  ),
  fc.string({ unit: "binary", maxLength: 30 }).map((text) => `X: ${text}`),
  fc.nat(30_000).map((length) => `Y: ${"y".repeat(length)}`),
);
const body = fc.oneof(
  fc.constantFrom("", "hello", "5\r\nhello\r\n0\r\n\r\n", "zz\r\n", "ffffffffff\r\nx", LAST),
  fc.nat(300_000).map((length) => "b".repeat(length)),
);
const wellFormed = fc
  .tuple(
    fc.constantFrom("GET", "PUT", "POST", "DELETE"),
    fc.constantFrom("/znodes/v1/none", "/znodes/v1/none?name=a", "/znodes/v1/kept/none?version=3"),
    fc.oneof(fc.constant(0), fc.nat(300_000)),
  )
  .map(
    ([verb, at, length]) =>
      `${verb} ${at} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n${"w".repeat(length)}`,
  );
const malformed = fc
  .tuple(method, target, fc.array(header, { maxLength: 5 }), body)
  .map(([verb, at, headers, content]) =>
    [`${verb} ${at} HTTP/1.1`, "Host: x", ...headers, "", content].join("\r\n"),
  );
const request = fc.oneof(wellFormed, malformed);
const conversation: fc.Arbitrary<Conversation> = fc.record({
  text: fc.oneof(
    fc.array(request, { minLength: 1, maxLength: 4 }).map((requests) => requests.join("")),
    request.map((one) => one.repeat(100).slice(0, 200_000)),
    fc.string({ unit: "binary", maxLength: 500 }),
  ),
  // From the end, in thousandths; and bytes that are changed.
  cut: fc.option(fc.nat(1_000), { freq: 2 }),
  flips: fc.oneof(
    fc.constant([]),
    fc.array(fc.tuple(fc.nat(1_000), fc.nat(255)), { maxLength: 3 }),
  ),
  ending: fc.constantFrom("request", "end", "silence", "reset"),
});

interface Conversation {
  readonly text: string;
  readonly cut: number | null;
  readonly flips: readonly (readonly [number, number])[];
  readonly ending: string;
}

test(`answers or closes, changes nothing, and goes on (seed ${SEED})`, async () => {
  const said = fc.sample(conversation, { seed: SEED, numRuns: CONVERSATIONS });
  const seen = new Set<number>();
  const unclear: string[] = [];
  for (let at = 0; at < said.length; at += AT_ONCE) {
    const some = said.slice(at, at + AT_ONCE);
    const answers = await Promise.all(some.map(converse));
    for (const [index, answer] of answers.entries()) {
      const what = `seed ${SEED}, conversation ${at + index}: ${answer.slice(0, 500)}`;
      for (const response of responses(answer)) {
        seen.add(response.status);
        if (!isClear(response)) unclear.push(what);
      }
    }
    expect(unclear).toEqual([]);
    await unchanged();
  }
  // It was not all refused in the same way.
  for (const status of [200, 400, 404, 408, 413, 431, 501]) expect(seen).toContain(status);
  const { log } = rest.ensemble.leader;
  expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
});

/** Says it all, and resolves with what came back when the server has closed the connection. */
function converse({ text, cut, flips, ending }: Conversation): Promise<string> {
  const bytes = Buffer.from(text, "utf8");
  for (const [at, value] of flips) if (bytes.length > 0) bytes[at % bytes.length] = value;
  const part = bytes.subarray(0, Math.trunc((bytes.length * (cut ?? 1_000)) / 1_000));
  return new Promise((resolve) => {
    const socket = connect(http.port, "127.0.0.1");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
    const half = Math.trunc(part.length / 2);
    socket.write(part.subarray(0, half), () => {
      socket.write(part.subarray(half), () => {
        if (ending === "request") socket.write(LAST);
        else if (ending === "end") socket.end();
        else if (ending === "reset") socket.resetAndDestroy();
        // Silence after what is whole is a connection that may stay: something has to be under way.
        else socket.write("GET /znodes");
      });
    });
  });
}

async function unchanged(): Promise<void> {
  const kept = await http.get("/znodes/v1/kept?dataformat=utf8");
  expect(kept.json).toMatchObject({ data: "as it is", stat: { version: 0, numChildren: 0 } });
  const root = await http.get("/znodes/v1/?view=children");
  expect(root.json["children"]).toEqual(["zookeeper", "kept"]);
  expect(rest.ensemble.leader.fatal()).toBeNull();
}

interface Response {
  readonly status: number;
  readonly head: string;
  /** Empty when it did not come as a whole. */
  readonly content: string;
}

/** It has a status that there is, and an error says in JSON what is wrong. */
function isClear({ status, head, content }: Response): boolean {
  if (!STATUSES.has(status)) return false;
  if (status < 400 || content === "") return true;
  return /content-type: application\/json/i.test(head) && content.includes('"message":"');
}

function responses(text: string): Response[] {
  const found: Response[] = [];
  for (const match of text.matchAll(/HTTP\/1\.1 (\d{3})[^\r]*\r\n(?:([^\0]*?)\r\n)?\r\n/g)) {
    const head = match[2] ?? "";
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const start = match.index + match[0].length;
    const content = text.slice(start, start + length);
    found.push({ status: Number(match[1]), head, content: content.length < length ? "" : content });
  }
  return found;
}
