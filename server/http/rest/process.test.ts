import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RestClient } from "../../testing/rest-client.ts";
import { ServerProcess } from "../../testing/server-process.ts";

let directory: string;
let server: ServerProcess;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "quorum-lab-test-"));
});
afterEach(async () => {
  await server.kill();
  rmSync(directory, { recursive: true, force: true });
});

async function restAddress(): Promise<{ host: string; port: number } | null> {
  await server.port();
  const line = JSON.parse(await server.line('"listening"')) as { rest: never };
  return line.rest;
}

test("rest.enabled opens the port on loopback; a session and its znodes outlive the process", async () => {
  const keys = { "rest.enabled": "true", "rest.serverPort": "0", maxSessionTimeout: "20000" };
  server = new ServerProcess(directory, keys);
  const address = await restAddress();
  expect(address?.host).toBe("127.0.0.1");
  let client = await RestClient.open(address?.port ?? 0);
  const { json } = await client.call("POST", "/sessions/v1?op=create&expire=20");
  const id = String(json["id"]);
  await client.create("/", "e", `&ephemeral=true&session=${id}`);
  client.close();
  const { code } = await server.kill("SIGTERM");
  expect(code).toBe(0);
  server = new ServerProcess(directory, keys);
  client = await RestClient.open((await restAddress())?.port ?? 0);
  expect((await client.call("PUT", `/sessions/v1/${id}`)).status).toBe(200);
  expect((await client.get("/znodes/v1/e")).status).toBe(200);
  expect((await client.call("DELETE", `/sessions/v1/${id}`)).status).toBe(204);
  expect((await client.get("/znodes/v1/e")).status).toBe(404);
  client.close();
});

test("without rest.enabled there is no port", async () => {
  server = new ServerProcess(directory);
  expect(await restAddress()).toBeNull();
});

test("rest.serverAddress is where it listens", async () => {
  server = new ServerProcess(directory, {
    "rest.enabled": "true",
    "rest.serverPort": "0",
    "rest.serverAddress": "127.0.0.2",
  });
  const address = await restAddress();
  const answer = await fetch(`http://127.0.0.2:${address?.port}/openapi.json`);
  expect(answer.status).toBe(200);
});
