import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createNodeEnv } from "./node-env.ts";
import { openServerLog } from "./storage/log-reader.ts";
import { RawClient } from "./testing/raw-client.ts";
import { create, exists, setData } from "./testing/requests.ts";
import { ServerProcess } from "./testing/server-process.ts";
import { decodeStat } from "./wire/replies.ts";

const WRITES = 200;

let directory: string;
let server: ServerProcess;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "quorum-lab-test-"));
});
afterEach(async () => {
  await server.kill();
  rmSync(directory, { recursive: true, force: true });
});

function files(kind: "snapshot" | "log"): string[] {
  const names = readdirSync(server.dataDir, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.includes(`/${kind}.`) && !name.endsWith(".tmp"));
}

async function versionThere(): Promise<number> {
  const { client } = await RawClient.open(await server.port());
  const { version } = decodeStat((await client.call(exists("/counter"))).body);
  client.destroy();
  return version;
}

/** A server that has taken many snapshots, and was killed. */
async function withManySnapshots(): Promise<void> {
  server = new ServerProcess(directory, { snapCount: "20" });
  const { client } = await RawClient.open(await server.port());
  await client.call(create("/counter"));
  for (let index = 0; index < WRITES; index++) await client.call(setData("/counter", `${index}`));
  await server.kill();
}

test("autopurge.purgeInterval: old snapshots go, and the log that only they needed", async () => {
  await withManySnapshots();
  const [snapshots, logs] = [files("snapshot").length, files("log").length];
  expect(snapshots).toBeGreaterThan(5);
  server = new ServerProcess(directory, { "autopurge.purgeInterval": "1" });
  await server.line("purged old snapshots and logs");
  expect(files("snapshot")).toHaveLength(3);
  expect(files("log").length).toBeLessThan(logs - 2);
  expect(await versionThere()).toBe(WRITES);
  await server.kill();
  const log = openServerLog(createNodeEnv().disk, {
    dataDir: server.dataDir,
    dataLogDir: server.dataDir,
  });
  // What is left says itself where it begins.
  expect(log?.histories.at(-1)?.baseZxid).toBeGreaterThan(0);
  server = new ServerProcess(directory);
  expect(await versionThere()).toBe(WRITES);
});

test("autopurge.snapRetainCount: so many are kept", async () => {
  await withManySnapshots();
  const keys = { "autopurge.purgeInterval": "1", "autopurge.snapRetainCount": "5" };
  server = new ServerProcess(directory, keys);
  await server.line("purged old snapshots and logs");
  expect(files("snapshot")).toHaveLength(5);
});

test("without an interval nothing is purged", async () => {
  await withManySnapshots();
  const before = files("snapshot");
  server = new ServerProcess(directory, { "autopurge.snapRetainCount": "3" });
  expect(await versionThere()).toBe(WRITES);
  expect(files("snapshot")).toEqual(before);
});
