import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import autocannon from "autocannon";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RawClient } from "../../testing/raw-client.ts";
import { exists } from "../../testing/requests.ts";
import { freePorts } from "../../testing/running-servers.ts";
import { ServerProcess } from "../../testing/server-process.ts";

let directory: string;
let server: ServerProcess;
let origin: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "quorum-lab-test-"));
  server = new ServerProcess(directory, {
    "rest.enabled": "true",
    "rest.serverPort": "0",
    maxSessionTimeout: "60000",
  });
  await server.port();
  origin = await originOf(server);
});
afterEach(async () => {
  await server.kill();
  rmSync(directory, { recursive: true, force: true });
});

async function originOf(running: ServerProcess): Promise<string> {
  const { rest } = JSON.parse(await running.line('"listening"')) as { rest: { port: number } };
  return `http://127.0.0.1:${rest.port}`;
}

interface Told {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

async function ask(
  method: string,
  target: string,
  options: { body?: string; headers?: Record<string, string> } = {},
): Promise<Told> {
  const response = await fetch(origin + target, { method, ...options });
  const text = await response.text();
  const body = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
  return { status: response.status, body, headers: response.headers };
}

const znode = (path: string, query = ""): string => `/znodes/v1${path}${query}`;

describe("a znode", () => {
  test("is created, read, changed and deleted", async () => {
    const made = await ask("POST", znode("/", "?op=create&name=a"), { body: "one" });
    expect(made).toMatchObject({ status: 201, body: { path: "/a", uri: `${origin}/znodes/v1/a` } });
    expect(made.headers.get("Location")).toBe(`${origin}/znodes/v1/a`);
    const read = await ask("GET", znode("/a", "?dataformat=utf8"));
    expect(read).toMatchObject({ status: 200, body: { dataUtf8: "one", stat: { version: 0 } } });
    expect((await ask("GET", znode("/a"))).body["data64"]).toBe(btoa("one"));
    const set = await ask("PUT", znode("/a", "?version=0"), { body: "two" });
    expect(set).toMatchObject({ status: 200, body: { stat: { version: 1, dataLength: 3 } } });
    expect((await ask("HEAD", znode("/a"))).status).toBe(200);
    expect((await ask("DELETE", znode("/a", "?version=1"))).status).toBe(204);
    expect((await ask("HEAD", znode("/a"))).status).toBe(404);
  });

  test("shows its children, and numbers them", async () => {
    await ask("POST", znode("/", "?op=create&name=p"));
    for (const name of ["b", "a b"]) {
      await ask("POST", znode("/p", `?op=create&name=${encodeURIComponent(name)}`));
    }
    const { body } = await ask("POST", znode("/p", "?op=create&name=n-&sequence=true"));
    expect(body).toMatchObject({ path: "/p/n-0000000002" });
    const children = await ask("GET", znode("/p", "?view=children"));
    expect(children.body).toMatchObject({
      children: ["a b", "b", "n-0000000002"],
      child_uri_template: `${origin}/znodes/v1/p/{child}`,
      stat: { numChildren: 3 },
    });
    expect((await ask("GET", znode("/p/a%20b"))).body["path"]).toBe("/p/a b");
    expect((await ask("PUT", znode("/p/b", "?null=true"))).status).toBe(200);
    expect((await ask("GET", znode("/p/b"))).body["data64"]).toBeNull();
  });

  test.each([
    ["GET", "/none", "", 404, "NoNode: /none"],
    ["POST", "/", "?op=create&name=there", 409, "NodeExists: /there"],
    ["POST", "/none", "?op=create&name=x", 404, "NoNode: /none/x"],
    ["DELETE", "/", "", 400, "BadArguments"],
    ["DELETE", "/there", "?version=7", 412, "BadVersion: /there"],
    ["PUT", "/there", "?version=x", 400, "version=x: expected a whole number"],
    ["PUT", "/there", "?version=99999999999", 400, "version="],
    ["POST", "/there", "?op=make&name=x", 400, "op=make: expected create"],
    ["POST", "/there", "?op=create", 400, "name: expected"],
    ["POST", "/there", "?op=create&name=a/b", 400, "name: expected"],
    ["POST", "/there", "?op=create&name=x&ephemeral=true", 400, "expected a session"],
    ["POST", "/there", "?op=create&name=x&ephemeral=true&session=no", 410, "session: it is over"],
    ["GET", "/there", "?view=all", 400, "view=all: expected data or children"],
    ["GET", "/there", "?dataformat=hex", 400, "dataformat=hex: expected base64 or utf8"],
    ["PATCH", "/there", "", 405, "PATCH is not allowed"],
    ["GET", "/%ff", "", 400, "not a path"],
  ])("%s %s%s is answered with %i and why", async (method, path, query, status, why) => {
    await ask("POST", znode("/", "?op=create&name=there"));
    const told = await ask(method, znode(path, query));
    expect(told.status).toBe(status);
    expect(told.body["error"]).toContain(why);
  });

  test("longer than a request may be is refused, and nothing of it is done", async () => {
    const told = await ask("POST", znode("/", "?op=create&name=big"), { body: "x".repeat(2 ** 21) })
      .then(({ status }) => status)
      // The port may close while the rest is still being sent.
      .catch(() => 413);
    expect(told).toBe(413);
    expect((await ask("HEAD", znode("/big"))).status).toBe(404);
  });
});

describe("who asks", () => {
  test("has the rights that its user and password, or its address, give", async () => {
    const hash = createHash("sha1").update("amy:secret").digest("base64");
    const { client } = await RawClient.open(await server.port());
    const acl = [
      { perms: 31, scheme: "digest", id: `amy:${hash}` },
      { perms: 1, scheme: "ip", id: "10.0.0.1" },
    ];
    const data = Buffer.from("hers");
    await client.call({ type: "create", path: "/amy", data, acl, flags: 0 });
    const stranger = await ask("GET", znode("/amy"));
    expect(stranger.status).toBe(401);
    expect(stranger.headers.get("WWW-Authenticate")).toContain("Basic");
    const as = (user: string) => ({ headers: { Authorization: `Basic ${btoa(user)}` } });
    expect((await ask("GET", znode("/amy"), as("bob:secret"))).status).toBe(403);
    expect((await ask("GET", znode("/amy"), as("amy:secret"))).body["data64"]).toBe(btoa("hers"));
    // What one connection has shown to be is not what the next one is.
    expect((await ask("GET", znode("/amy"))).status).toBe(401);
    const wrong = await ask("GET", znode("/amy"), { headers: { Authorization: "Bearer x" } });
    expect(wrong).toMatchObject({ status: 400, body: { error: expect.stringContaining("Basic") } });
  });
});

describe("a session", () => {
  test("holds ephemerals until it is ended", async () => {
    const begun = await ask("POST", "/sessions/v1?op=create&expire=60");
    expect(begun.status).toBe(201);
    const { id } = begun.body as { id: string };
    const made = await ask("POST", znode("/", `?op=create&name=e&ephemeral=true&session=${id}`));
    expect(made.status).toBe(201);
    const { body } = await ask("GET", znode("/e"));
    expect(body["stat"]).not.toMatchObject({ ephemeralOwner: "0x0" });
    expect((await ask("PUT", `/sessions/v1/${id}`)).status).toBe(200);
    expect((await ask("DELETE", `/sessions/v1/${id}`)).status).toBe(204);
    expect((await ask("HEAD", znode("/e"))).status).toBe(404);
    expect((await ask("PUT", `/sessions/v1/${id}`)).status).toBe(404);
  });

  test("ends by itself when no heartbeat comes", async () => {
    const { body } = await ask("POST", "/sessions/v1?op=create&expire=1");
    await ask("POST", znode("/", `?op=create&name=e&ephemeral=true&session=${String(body["id"])}`));
    const { client } = await RawClient.open(await server.port(), { timeOut: 60_000 });
    if ((await client.call(exists("/e", true))).err === 0) await client.event();
    expect((await client.call(exists("/e"))).err).toBe(-101);
  });

  test.each(["", "?op=create", "?op=create&expire=0", "?op=create&expire=x", "?op=drop&expire=9"])(
    "is not begun by %j",
    async (query) => expect((await ask("POST", `/sessions/v1${query}`)).status).toBe(400),
  );
});

test("a server that serves nobody says so, and to try again", async () => {
  const [linkPort] = await freePorts(1);
  const alone = new ServerProcess(join(directory, "alone"), {
    "rest.enabled": "true",
    "rest.serverPort": "0",
    myid: "1",
    "server.1": "127.0.0.1:1",
    "server.2": "127.0.0.1:2",
    "server.3": "127.0.0.1:3",
    "link.listen": `127.0.0.1:${linkPort}`,
  });
  try {
    origin = await originOf(alone);
    const told = await ask("GET", znode("/"));
    expect(told.status).toBe(503);
    expect(told.headers.get("Retry-After")).toBe("1");
  } finally {
    await alone.kill();
  }
});

test("the description names just the methods that there are", async () => {
  const { body } = await ask("GET", "/openapi.json");
  const paths = body["paths"] as Record<string, Record<string, unknown>>;
  for (const [path, methods] of Object.entries(paths)) {
    const target = path.replace("{path}", "").replace("{id}", "none");
    for (const method of ["get", "head", "put", "post", "delete", "patch"]) {
      const { status } = await ask(method.toUpperCase(), target);
      expect(status === 405, `${method} ${path}`).toBe(!Object.hasOwn(methods, method));
    }
  }
});

test("whatever comes to the port, the next request is answered", async () => {
  const port = Number(new URL(origin).port);
  const send = (bytes: string): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => socket.end(bytes, "latin1"));
      socket
        .resume()
        .on("error", () => undefined)
        .on("close", () => resolve());
    });
  const line = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.constantFrom(
      "GET /znodes/v1/%zz HTTP/1.1\r\nHost: x\r\n\r\n",
      "POST /znodes/v1/?op=create&name=half HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\nhalf",
      "GET http://[/ HTTP/1.1\r\nHost: ]\r\n\r\n",
      "PUT /znodes/v1/none HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "GET /znodes/v1/\u0000 HTTP/1.1\r\n\r\n",
      `GET /${"a".repeat(20_000)} HTTP/1.1\r\n\r\n`,
      "DELETE /sessions/v1/../../x HTTP/1.1\r\nHost: x\r\n\r\n",
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 4 }), async (lines) => {
      await send(lines.join(""));
    }),
    { numRuns: 60 },
  );
  expect((await ask("GET", znode("/", "?view=children"))).body["children"]).toEqual(["zookeeper"]);
});

test("autocannon drives it: every request is answered, in one session", async () => {
  await ask("POST", znode("/", "?op=create&name=hot"), { body: "x" });
  const result = await autocannon({ url: `${origin}/znodes/v1/hot`, amount: 500, connections: 10 });
  expect(result.requests.total).toBe(500);
  expect(result.non2xx + result.errors + result.timeouts).toBe(0);
});
