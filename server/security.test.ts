/** What server/README.md says under "Security", done: its commands, and processes on what they made. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { RawClient } from "./testing/raw-client.ts";
import { create, getData, sync } from "./testing/requests.ts";
import { freePorts } from "./testing/running-servers.ts";
import { ServerProcess } from "./testing/server-process.ts";

const README = readFileSync(new URL("README.md", import.meta.url), "utf8");

let directory: string;
let started: ServerProcess[] = [];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "quorum-lab-test-"));
  const section = README.slice(README.indexOf("\n## Security\n"));
  const commands = /```sh\n([^`]*)```/.exec(section)?.[1] ?? "";
  expect(commands).toContain("openssl");
  execFileSync("sh", ["-e"], {
    cwd: directory,
    input: commands,
    stdio: ["pipe", "ignore", "pipe"],
  });
});
afterEach(async () => {
  await Promise.all(started.map((server) => server.kill()));
  started = [];
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const SECRET = { "quorum.auth.secretFile": "link-secret" };
const tls = (id: number): Record<string, string> => ({
  sslQuorum: "true",
  "ssl.quorum.keyStore.location": `server-${id}.pem`,
  "ssl.quorum.trustStore.location": "trust.pem",
});

let runs = 0;

/** Three servers; names of files are those that the commands made. */
async function start(keysOf: (id: number) => Record<string, string>): Promise<ServerProcess[]> {
  const ports = await freePorts(3);
  runs++;
  started = [1, 2, 3].map((id) => {
    const keys = Object.entries(keysOf(id)).map(([key, value]) => [
      key,
      /^(link|server|trust)-?/.test(value) ? join(directory, value) : value,
    ]);
    const lines = ports.map((port, index) => [`server.${index + 1}`, `127.0.0.1:${port}`]);
    return new ServerProcess(join(directory, `run-${runs}-${id}`), {
      myid: `${id}`,
      initLimit: "50",
      syncLimit: "10",
      ...Object.fromEntries(lines),
      ...Object.fromEntries(keys),
    });
  });
  return started;
}

test.each([
  ["the secret", () => SECRET],
  ["certificates", tls],
  ["both", (id: number) => ({ ...tls(id), ...SECRET })],
] as const)("an ensemble of processes serves with %s", async (_name, keysOf) => {
  const servers = await start(keysOf);
  const [one = 0, , three = 0] = await Promise.all(servers.map((server) => server.port()));
  const { client: writer } = await RawClient.open(one);
  expect((await writer.call(create("/secured", "data"))).err).toBe(0);
  const { client: reader } = await RawClient.open(three);
  await reader.call(sync("/"));
  expect((await reader.call(getData("/secured"))).err).toBe(0);
  writer.destroy();
  reader.destroy();
  for (const { lines } of servers)
    expect(lines.filter((line) => line.includes("not authenticated"))).toEqual([]);
});

test("a secret that others can read stops a server, which says what to do", async () => {
  const path = join(directory, "link-secret-for-all");
  writeFileSync(path, "0123456789abcdef0123456789abcdef");
  chmodSync(path, 0o644);
  const [first] = await start(() => ({ "quorum.auth.secretFile": "link-secret-for-all" }));
  const { code, lines } = await (first as ServerProcess).exit;
  expect(code).toBe(2);
  expect(lines.join("\n")).toContain(`its mode is 644: chmod 600 ${path}`);
});

test("open links that are not on loopback are worth one warning at the start", async () => {
  const [port = 0] = await freePorts(1);
  const server = new ServerProcess(join(directory, "open"), {
    myid: "1",
    "server.1": `127.0.0.1:${port}`,
    "server.2": "10.255.255.1:2888",
    "server.3": "10.255.255.2:2888",
  });
  started = [server];
  await server.line('"listening"');
  const warned = server.lines.filter((line) => line.includes("links between servers are not auth"));
  expect(warned).toHaveLength(1);
  expect(warned[0]).toContain("10.255.255.1:2888");
});
