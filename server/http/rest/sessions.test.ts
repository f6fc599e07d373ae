import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RawClient } from "../../testing/raw-client.ts";
import { exists } from "../../testing/requests.ts";
import type { RestClient } from "../../testing/rest-client.ts";
import { openRestPort, type RestEnsemble, startRestServers } from "../../testing/rest-ensemble.ts";

let rest: RestEnsemble;
let leader: RestClient;
let follower: RestClient;
let other: RestClient;
beforeAll(async () => {
  rest = await startRestServers(3, { minSessionTimeout: "300", maxSessionTimeout: "5000" });
  const { ensemble, clients } = rest;
  leader = clients.get(ensemble.leader.id) as RestClient;
  [follower, other] = ensemble.followers.map(({ id }) => clients.get(id)) as [
    RestClient,
    RestClient,
  ];
});
afterAll(() => rest.stop());

async function open(at: RestClient, seconds: number): Promise<string> {
  const answer = await at.call("POST", `/sessions/v1?op=create&expire=${seconds}`);
  expect(answer.status).toBe(201);
  const id = String(answer.json["id"]);
  expect(answer.headers["location"]).toBe(`http://127.0.0.1:${at.port}/sessions/v1/${id}`);
  return id;
}

/** Resolves when the znode is deleted, with what a client at the leader is told of it. */
async function watch(path: string): Promise<{ readonly gone: Promise<unknown> }> {
  const { client } = await RawClient.open(rest.ensemble.leader.port);
  await client.call({ type: "sync", path });
  expect((await client.call(exists(path, true))).err).toBe(0);
  return { gone: client.reply() };
}

describe("a session", () => {
  test("has ephemeral znodes, and ends with them when it is deleted", async () => {
    const id = await open(follower, 5);
    const more = `&ephemeral=true&session=${id}`;
    const created = await follower.create("/", "e", more, { body: "x" });
    expect(created.status).toBe(201);
    const { json } = await follower.get("/znodes/v1/e");
    const owner = Buffer.from(id.slice(0, 16), "hex").readBigInt64BE();
    // More digits than a double keeps: in the text.
    expect((await follower.get("/znodes/v1/e")).body.toString()).toContain(
      `"ephemeralOwner":${owner},`,
    );
    expect(json["data"]).toBe("eA==");
    expect((await follower.create("/e", "child")).json["error"]).toBe("NoChildrenForEphemerals");
    const { gone } = await watch("/e");
    expect((await follower.call("DELETE", `/sessions/v1/${id}`)).status).toBe(204);
    await gone;
    expect((await follower.get("/znodes/v1/e")).status).toBe(404);
    expect((await follower.call("PUT", `/sessions/v1/${id}`)).status).toBe(404);
    expect((await follower.call("DELETE", `/sessions/v1/${id}`)).status).toBe(404);
    expect((await follower.get(`/znodes/v1/?session=${id}`)).status).toBe(401);
  });

  test("is over by itself, unless there are heartbeats", async () => {
    const dies = await open(follower, 1);
    const lives = await open(follower, 1);
    await follower.create("/", "dies", `&ephemeral=true&session=${dies}`);
    await follower.create("/", "lives", `&ephemeral=true&session=${lives}`);
    const { gone } = await watch("/dies");
    const beats = setInterval(() => void follower.call("PUT", `/sessions/v1/${lives}`), 100);
    await gone;
    clearInterval(beats);
    expect((await follower.call("PUT", `/sessions/v1/${dies}`)).status).toBe(404);
    expect((await follower.call("PUT", `/sessions/v1/${lives}`)).json).toMatchObject({
      id: lives,
      expire: 1,
    });
    expect((await follower.get("/znodes/v1/lives")).status).toBe(200);
  });

  test("has a timeout within the server's bounds", async () => {
    const answer = await follower.call("POST", "/sessions/v1?op=create&expire=600");
    expect(answer.json["expire"]).toBe(5);
  });

  test("goes on at every server, for who knows its id as a whole", async () => {
    const id = await open(follower, 5);
    await follower.create("/", "moves", `&ephemeral=true&session=${id}`);
    expect((await other.call("PUT", `/sessions/v1/${id}`)).json["expire"]).toBe(5);
    expect((await leader.call("PUT", `/znodes/v1/moves?session=${id}`)).status).toBe(200);
    const forged = `${id.slice(0, 17)}${"0".repeat(32)}${id.slice(49)}`;
    expect((await other.call("PUT", `/sessions/v1/${forged}`)).status).toBe(404);
    expect((await other.get(`/znodes/v1/moves?session=${forged}`)).status).toBe(401);
    const { gone } = await watch("/moves");
    expect((await other.call("DELETE", `/sessions/v1/${id}`)).status).toBe(204);
    await gone;
  });

  test("asks in the name of who asks, not of who opened it", async () => {
    const id = await open(follower, 5);
    const amy = { user: "amy:secret" };
    const made = await follower.create("/", "amys", `&acl=creator&session=${id}`, amy);
    expect(made.status).toBe(201);
    expect((await follower.get(`/znodes/v1/amys?session=${id}`)).status).toBe(401);
    expect((await follower.get(`/znodes/v1/amys?session=${id}`, amy)).status).toBe(200);
    await follower.call("DELETE", `/sessions/v1/${id}`);
  });
});

describe("an ensemble", () => {
  test("takes writes at any server, and who wrote reads it there", async () => {
    for (const [index, client] of [follower, leader, other].entries()) {
      expect((await client.create("/", `w${index}`)).status).toBe(201);
      const set = await client.call("PUT", `/znodes/v1/w${index}`, { body: "new" });
      expect(set.status).toBe(200);
      const read = await client.get(`/znodes/v1/w${index}?dataformat=utf8`);
      expect(read.json["data"]).toBe("new");
    }
  });

  test("without a quorum is 503, to be tried again, and goes on after it", async () => {
    const { ensemble } = rest;
    const alone = ensemble.followers[0];
    if (alone === undefined) throw new Error("no follower");
    const client = rest.clients.get(alone.id) as RestClient;
    const id = await open(client, 5);
    await client.create("/", "stays", `&ephemeral=true&session=${id}`);
    const from = alone.log.lines.length;
    for (const server of ensemble.servers) if (server !== alone) server.stop();
    await alone.log.waitFor("now LOOKING", from);
    for (const [method, target] of [
      ["GET", "/znodes/v1/"],
      ["HEAD", "/znodes/v1/"],
      ["PUT", "/znodes/v1/stays"],
      ["POST", "/znodes/v1/?op=create&name=never"],
      ["DELETE", "/znodes/v1/stays"],
      ["POST", "/sessions/v1?op=create&expire=5"],
      ["PUT", `/sessions/v1/${id}`],
      ["DELETE", `/sessions/v1/${id}`],
    ] as const) {
      const answer = await client.call(method, target);
      expect([method, answer.status, answer.headers["retry-after"]]).toEqual([method, 503, "1"]);
      const { body } = answer;
      expect(method === "HEAD" ? "" : body.toString()).toMatch(/^$|"definite":true/);
    }
    expect((await client.get("/openapi.json")).status).toBe(200);
  });

  test("a server that stops says so, and then nothing", async () => {
    const port = await openRestPort(rest.ensemble.leader);
    await port.close();
    await expect(fetch(`http://127.0.0.1:${port.address.port}/openapi.json`)).rejects.toThrow(
      "fetch failed",
    );
  });
});
