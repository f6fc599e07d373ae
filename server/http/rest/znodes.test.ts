import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RawClient } from "../../testing/raw-client.ts";
import { create, getData } from "../../testing/requests.ts";
import type { RestClient } from "../../testing/rest-client.ts";
import { type RestEnsemble, startRestServers } from "../../testing/rest-ensemble.ts";
import { decodeData } from "../../wire/replies.ts";

const BYTES = "application/octet-stream";
const MAX_FRAME_BYTES = 20_000;

let rest: RestEnsemble;
let http: RestClient;
let client: RawClient;
beforeAll(async () => {
  rest = await startRestServers(1, {
    enforceQuota: "true",
    "jute.maxbuffer": String(MAX_FRAME_BYTES),
    // super:secret
    "DigestAuthenticationProvider.superDigest": "super:lK75jTNcA+U9vtVEw5vB51mj/w4=",
  });
  http = rest.clients.get(1) as RestClient;
  client = (await RawClient.open(rest.ensemble.leader.port)).client;
});
afterAll(() => rest.stop());

describe("a znode", () => {
  test("created over HTTP is there for clients, and the other way round", async () => {
    const created = await http.create("/", "app", "", { body: "hello" });
    const uri = `http://127.0.0.1:${http.port}/znodes/v1/app`;
    expect(created.status).toBe(201);
    expect(created.headers["location"]).toBe(uri);
    expect(created.json).toEqual({ path: "/app", uri });
    expect(decodeData((await client.call(getData("/app"))).body).data?.toString()).toBe("hello");
    await client.call(create("/app/child", Buffer.from([0xff, 0])));
    const read = await http.get("/znodes/v1/app/child");
    expect(read.json).toMatchObject({ path: "/app/child", encoding: "base64", data: "/wA=" });
    expect((await http.get("/znodes/v1/app?dataformat=utf8")).json).toMatchObject({
      encoding: "utf8",
      data: "hello",
      stat: { version: 0, datalength: 5, numChildren: 1, ephemeralOwner: 0 },
    });
    expect((await http.get("/znodes/v1/app/child?dataformat=utf8")).status).toBe(400);
  });

  test("has its children as names, and as a template for their addresses", async () => {
    expect((await http.get("/znodes/v1/app?view=children")).json).toEqual({
      path: "/app",
      uri: `http://127.0.0.1:${http.port}/znodes/v1/app`,
      child_uri_template: `http://127.0.0.1:${http.port}/znodes/v1/app/{child}`,
      children: ["child"],
    });
    for (const root of ["/znodes/v1", "/znodes/v1/"])
      expect((await http.get(`${root}?view=children`)).json).toMatchObject({
        path: "/",
        child_uri_template: `http://127.0.0.1:${http.port}/znodes/v1/{child}`,
      });
  });

  test("is set, if it has the version that is asked for", async () => {
    await http.create("/", "set");
    const set = await http.call("PUT", "/znodes/v1/set?version=0", { body: "one" });
    expect(set.json).toMatchObject({ path: "/set", stat: { version: 1, datalength: 3 } });
    const late = await http.call("PUT", "/znodes/v1/set?version=0", { body: "two" });
    expect(late.status).toBe(412);
    expect(late.json).toMatchObject({
      request: "PUT /znodes/v1/set?version=0",
      error: "BadVersion",
      definite: true,
    });
    const gone = await http.call("DELETE", "/znodes/v1/set?version=7");
    expect(gone.status).toBe(412);
    expect((await http.get("/znodes/v1/set", { headers: { Accept: BYTES } })).body.toString()).toBe(
      "one",
    );
  });

  test("is deleted, unless it has children", async () => {
    await http.create("/", "parent");
    await http.create("/parent", "child");
    expect((await http.call("DELETE", "/znodes/v1/parent")).status).toBe(409);
    const deleted = await http.call("DELETE", "/znodes/v1/parent/child");
    expect([deleted.status, deleted.body.length]).toEqual([200, 0]);
    expect((await http.call("DELETE", "/znodes/v1/parent?version=0")).status).toBe(200);
    expect((await http.call("DELETE", "/znodes/v1/parent")).status).toBe(404);
  });

  test("is there or not, for HEAD", async () => {
    expect((await http.call("HEAD", "/znodes/v1/app")).status).toBe(200);
    const headers = { Accept: BYTES };
    expect((await http.call("HEAD", "/znodes/v1/app", { headers })).status).toBe(204);
    expect((await http.call("HEAD", "/znodes/v1/nothing")).status).toBe(404);
  });

  test("that is not there is 404 for a read, and 409 as a parent", async () => {
    expect((await http.get("/znodes/v1/nothing")).status).toBe(404);
    expect((await http.call("PUT", "/znodes/v1/nothing", { body: "x" })).status).toBe(404);
    expect((await http.create("/nothing", "child")).json).toMatchObject({ error: "NoNode" });
    expect((await http.create("/nothing", "child")).status).toBe(409);
    expect((await http.create("/", "app")).json).toMatchObject({ error: "NodeExists" });
    expect((await http.create("/", "app")).status).toBe(409);
  });

  test("gets a number with sequence, also without a name", async () => {
    await http.create("/", "queue");
    const paths: unknown[] = [];
    for (const name of ["a-", "a-", ""])
      paths.push((await http.create("/queue", name, "&sequence=true")).json["path"]);
    expect(paths).toEqual(["/queue/a-0000000000", "/queue/a-0000000001", "/queue/0000000002"]);
  });

  test("has no data, which is not empty data, with null", async () => {
    await http.create("/", "null", "&null=true");
    await http.create("/", "empty");
    const headers = { Accept: BYTES };
    expect((await http.get("/znodes/v1/null")).json["data"]).toBeNull();
    expect((await http.get("/znodes/v1/null", { headers })).status).toBe(204);
    expect((await http.get("/znodes/v1/empty")).json["data"]).toBe("");
    expect((await http.get("/znodes/v1/empty", { headers })).status).toBe(200);
    await http.call("PUT", "/znodes/v1/empty?null=true");
    expect((await http.get("/znodes/v1/empty")).json["data"]).toBeNull();
    expect((await http.call("PUT", "/znodes/v1/empty?null=true", { body: "x" })).status).toBe(400);
  });

  test("has any name that a znode can have", async () => {
    const name = "a b&c=d?e#f%g\\h+ä漢";
    const created = await http.create("/", encodeURIComponent(name));
    expect(created.json["path"]).toBe(`/${name}`);
    const { pathname } = new URL(String(created.json["uri"]));
    expect((await http.get(pathname)).json["path"]).toBe(`/${name}`);
  });

  test("is answered as bytes for who accepts them alone", async () => {
    const headers = { Accept: BYTES };
    const created = await http.create("/", "bytes", "", { headers, body: "x" });
    expect([created.status, created.body.toString()]).toEqual([201, "/bytes"]);
    const set = await http.call("PUT", "/znodes/v1/bytes", { headers, body: "y" });
    expect([set.status, set.body.length]).toEqual([200, 0]);
    const xml = { Accept: "application/xml" };
    expect((await http.get("/znodes/v1/bytes", { headers: xml })).status).toBe(406);
    expect((await http.get("/znodes/v1/bytes?view=children", { headers })).status).toBe(406);
  });
});

describe("who may do what", () => {
  test("is the ACL's to say: by password, and 401 asks for one", async () => {
    const amy = { user: "amy:secret" };
    expect((await http.create("/", "mine", "&acl=creator", amy)).status).toBe(201);
    const stranger = await http.get("/znodes/v1/mine");
    expect(stranger.status).toBe(401);
    expect(stranger.headers["www-authenticate"]).toContain("Basic");
    expect(stranger.json).toMatchObject({ error: "NoAuth", definite: true });
    expect((await http.get("/znodes/v1/mine", { user: "amy:wrong" })).status).toBe(403);
    expect((await http.call("PUT", "/znodes/v1/mine", { user: "bob:secret" })).status).toBe(403);
    expect((await http.get("/znodes/v1/mine", amy)).status).toBe(200);
    // Nobody else becomes amy because she was here before.
    expect((await http.get("/znodes/v1/mine")).status).toBe(401);
    expect((await http.create("/mine", "child")).status).toBe(401);
    expect((await http.call("DELETE", "/znodes/v1/app/child", amy)).status).toBe(200);
  });

  test("holds for many at once, each for himself", async () => {
    const asks = Array.from({ length: 60 }, (_, n) =>
      http.get("/znodes/v1/mine", {
        user: n % 2 === 0 ? "amy:secret" : `bob:${n}`,
      }),
    );
    const statuses = (await Promise.all(asks)).map(({ status }) => status);
    expect(statuses).toEqual(statuses.map((_, n) => (n % 2 === 0 ? 200 : 403)));
  });

  test("reads alone with acl=read, and creator needs somebody", async () => {
    await http.create("/", "readable", "&acl=read");
    expect((await http.get("/znodes/v1/readable")).status).toBe(200);
    expect((await http.call("PUT", "/znodes/v1/readable", { body: "x" })).status).toBe(401);
    const nobody = await http.create("/", "nobodys", "&acl=creator");
    expect([nobody.status, nobody.json["error"]]).toEqual([400, "InvalidAcl"]);
  });

  test("the super user's password opens everything, and a header that says nothing is 401", async () => {
    expect((await http.get("/znodes/v1/mine", { user: "super:secret" })).status).toBe(200);
    for (const Authorization of ["Basic", "Basic !", "Bearer abc", "Basic YW15"]) {
      const answer = await http.get("/znodes/v1/app", { headers: { Authorization } });
      expect([answer.status, answer.json["error"]]).toEqual([401, "AuthFailed"]);
    }
  });

  test("is the address's too", async () => {
    const acl = [{ perms: 31, scheme: "ip", id: "127.0.0.1" }];
    const elsewhere = [{ perms: 31, scheme: "ip", id: "10.1.2.3" }];
    const made = { type: "create", data: Buffer.from("x"), flags: 0 } as const;
    await client.call({ ...made, path: "/here", acl });
    await client.call({ ...made, path: "/there", acl: elsewhere });
    expect((await http.get("/znodes/v1/here")).status).toBe(200);
    expect((await http.get("/znodes/v1/there")).status).toBe(401);
    expect((await http.get("/znodes/v1/here", { from: "127.0.0.2" })).status).toBe(401);
  });
});

describe("the limits of a client hold", () => {
  test("jute.maxbuffer, to the byte", async () => {
    await http.create("/", "big");
    // Header, path with its length, length of the data, version.
    const most = MAX_FRAME_BYTES - 8 - 4 - "/big".length - 4 - 4;
    const put = (bytes: number) =>
      http.call("PUT", "/znodes/v1/big", { body: Buffer.alloc(bytes) });
    expect((await put(most)).status).toBe(200);
    expect((await put(most + 1)).status).toBe(413);
    expect((await put(MAX_FRAME_BYTES + 1)).status).toBe(413);
    expect((await put(1_000_000)).status).toBe(413);
    expect((await http.get("/znodes/v1/big")).json).toMatchObject({ stat: { version: 1 } });
  });

  test("a hard quota", async () => {
    await http.create("/", "limited");
    await client.call(create("/zookeeper/quota/limited"));
    const limits = "count=-1,bytes=-1=;countHardLimit=2;byteHardLimit=-1";
    await client.call(create("/zookeeper/quota/limited/zookeeper_limits", limits));
    await client.call(create("/zookeeper/quota/limited/zookeeper_stats", "count=1,bytes=0"));
    expect((await http.create("/limited", "one")).status).toBe(201);
    const over = await http.create("/limited", "two");
    expect([over.status, over.json["error"]]).toEqual([502, "QuotaExceeded"]);
  });
});

describe("what is wrong is named, with what would be right", () => {
  const rows: [method: string, target: string, status: number, message: string][] = [
    ["GET", "/znodes/v1/a?view=date", 400, 'view: found "date", expected data or children'],
    ["GET", "/znodes/v1/a?dataformat=hex", 400, "dataformat: found"],
    ["GET", "/znodes/v1/a?watch=true", 400, 'unknown parameter "watch", expected view,'],
    ["GET", "/znodes/v1/a?view=data&view=data", 400, "view: given twice"],
    ["GET", "/znodes/v1/a/", 400, "ends with /"],
    ["GET", "/znodes/v1//a", 400, "empty element"],
    ["GET", "/znodes/v1/a%2Fb", 400, "encoded slash"],
    ["GET", "/znodes/v1/a%00", 400, "forbidden character"],
    ["GET", "/znodes/v1/%ff", 400, "not percent-encoded UTF-8"],
    ["GET", "/znodes/v1/a?session=1", 400, "session: found"],
    ["PUT", "/znodes/v1/a?version=one", 400, 'version: found "one", expected a whole number'],
    ["DELETE", "/znodes/v1/a?version=2147483648", 400, "version: found"],
    ["DELETE", "/znodes/v1/", 400, "BadArguments"],
    ["POST", "/znodes/v1/?op=create", 400, "name: missing"],
    ["POST", "/znodes/v1/?op=create&name=", 400, "name: expected"],
    ["POST", "/znodes/v1/?op=create&name=a/b", 400, "without slashes"],
    ["POST", "/znodes/v1/?op=remove&name=a", 400, 'op: found "remove", expected create'],
    ["POST", "/znodes/v1/?name=a&ephemeral=true", 400, "session: missing"],
    ["POST", "/znodes/v1/?name=a&ephemeral=yes", 400, "expected true or false"],
    ["POST", "/sessions/v1?op=create", 400, "expire: missing"],
    ["POST", "/sessions/v1?op=create&expire=0", 400, "expire: found"],
    ["PUT", "/sessions/v1/nonsense", 404, "there is no such session"],
    ["GET", "/znodes/v2/a", 404, "unknown path"],
    ["GET", "/sessions/v1", 405, "expected POST"],
    ["POST", "/openapi.json", 405, "expected GET"],
    ["PATCH", "/znodes/v1/a", 501, "expected GET, HEAD, PUT, POST, DELETE"],
  ];
  test.each(rows)("%s %s: %i", async (method, target, status, message) => {
    const answer = await http.call(method, target);
    expect([answer.status, answer.body.toString()]).toEqual([
      status,
      expect.stringContaining(message.replaceAll('"', '\\"')),
    ]);
  });

  test("a body that is no stream of bytes is 415, one where none belongs is 400", async () => {
    const form = { "Content-Type": "application/x-www-form-urlencoded" };
    expect((await http.create("/", "x", "", { headers: form, body: "a=b" })).status).toBe(415);
    const zipped = { "Content-Encoding": "gzip" };
    expect((await http.create("/", "x", "", { headers: zipped, body: "x" })).status).toBe(415);
    expect((await http.get("/znodes/v1/app", { body: "x" })).status).toBe(400);
    expect((await http.get("/znodes/v1/app")).status).toBe(200);
  });

  test("a page in a browser is not served", async () => {
    const headers = { Origin: "http://example.org" };
    expect((await http.create("/", "forged", "", { headers })).status).toBe(403);
    expect((await http.get("/znodes/v1/forged")).status).toBe(404);
  });

  test("dots in a path are folded, as everywhere in HTTP", async () => {
    expect((await http.get("/znodes/v1/nothing/../app/./")).status).toBe(400);
    expect((await http.get("/znodes/v1/nothing/%2e%2e/./app")).json["path"]).toBe("/app");
    expect((await http.get("/znodes/v1/../../openapi.json")).json["openapi"]).toBe("3.1.0");
  });
});
