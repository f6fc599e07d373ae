import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RawClient } from "./testing/raw-client.ts";
import { create, exists, setData, sync } from "./testing/requests.ts";
import { type Ensemble, type RunningServer, startServers } from "./testing/running-servers.ts";
import { withAppends } from "./testing/with-appends.ts";
import { ServerProcess } from "./testing/server-process.ts";
import { decodeStat } from "./wire/replies.ts";

const WRITES = 2_000;
const PATIENCE_MS = 60_000;

let directory: string;
let process: ServerProcess | null;
let ensemble: Ensemble | null;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "quorum-lab-test-"));
  process = null;
  ensemble = null;
});
afterEach(async () => {
  await process?.kill();
  ensemble?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** How many of the writes under way are answered before the connection ends. */
async function answered(client: RawClient): Promise<number> {
  for (let count = 0; ; count++) if ((await client.replyOrEnd()) === null) return count;
}

function drained({ server }: RunningServer): Promise<void> {
  return new Promise((resolve) => server.drain(PATIENCE_MS, resolve));
}

test("SIGTERM answers every write that the server has taken: none is done that is not told", async () => {
  process = new ServerProcess(directory);
  const { client } = await RawClient.open(await process.port());
  await client.call(create("/counter"));
  for (let index = 0; index < WRITES; index++) client.request(setData("/counter", `${index}`));
  // In the middle of them.
  await client.reply();
  const ended = process.kill("SIGTERM");
  const told = 1 + (await answered(client));
  const { code, lines } = await ended;
  expect(code).toBe(0);
  expect(lines.join("\n")).toContain("drained: all that was asked is answered");
  process = new ServerProcess(directory);
  const again = await RawClient.open(await process.port());
  expect(decodeStat((await again.client.call(exists("/counter"))).body).version).toBe(told);
});

test("a leader that drains has what it proposed committed, and the others go on from there", async () => {
  ensemble = await startServers(3);
  const { leader, followers } = ensemble;
  const { client } = await RawClient.open(leader.port);
  await client.call(create("/counter"));
  for (let index = 0; index < WRITES; index++) client.request(setData("/counter", `${index}`));
  await client.reply();
  const ended = drained(leader);
  const told = 1 + (await answered(client));
  await ended;
  for (const { port } of followers) {
    for (;;) {
      // It may not serve yet, or not again.
      const session = await RawClient.open(port).catch(() => null);
      if (session === null) continue;
      await session.client.call(sync("/"));
      const { body } = await session.client.call(exists("/counter"));
      expect(decodeStat(body).version).toBe(told);
      session.client.destroy();
      break;
    }
  }
});

test("a drain that cannot end is over when its time is", async () => {
  let hangs = false;
  const hanging = (append: () => void): void => {
    if (!hangs) append();
  };
  ensemble = await startServers(1, { env: (env) => withAppends(env, hanging) });
  const { leader } = ensemble;
  const { client } = await RawClient.open(leader.port);
  await client.call(create("/stuck"));
  hangs = true;
  client.request(setData("/stuck", "x"));
  // It is on its way to the disk when the leader's time to answer it begins.
  while (leader.server.gauges().outstanding === 0) await new Promise(setImmediate);
  await new Promise<void>((resolve) => leader.server.drain(50, resolve));
  expect(leader.log.lines.map(({ message }) => message)).toContain("drained: time is over");
  expect(await client.frameOrEnd()).toBeNull();
});
