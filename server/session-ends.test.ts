import { afterEach, expect, test } from "vitest";
import { NO_SESSION } from "./ids.ts";
import { connectFrame, RawClient, requestFrame } from "./testing/raw-client.ts";
import { CLOSE, create, ephemeral, exists, sync } from "./testing/requests.ts";
import {
  type Ensemble,
  type RunningServer,
  startServer,
  startServers,
} from "./testing/running-servers.ts";

let ensemble: Ensemble;
const restarted: RunningServer[] = [];
afterEach(() => {
  for (const running of restarted.splice(0)) running.stop();
  ensemble.stop();
});

/** Not more often than once in a turn of the event loop. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

test("a session outlives an outage of the quorum that is longer than its timeout", async () => {
  ensemble = await startServers(3);
  const [left, other] = ensemble.followers as [RunningServer, RunningServer];
  const { client, response } = await RawClient.open(left.port, { timeOut: 200 });
  await client.call(ephemeral("/alive"));
  const { leader } = ensemble;
  leader.stop();
  other.stop();
  const outageMs = performance.now();
  await client.closed;
  await until(() => performance.now() - outageMs > 1_000);
  const before = left.log.lines.length;
  const keys: Record<string, string> = { tickTime: "100", initLimit: "50" };
  for (const { id, linkPort } of ensemble.servers) keys[`server.${id}`] = `127.0.0.1:${linkPort}`;
  restarted.push(await startServer(other.id, other.dataDir, keys));
  await left.log.waitFor("serving as", before);
  const { sessionId, passwd } = response;
  const back = await RawClient.open(left.port, { sessionId, passwd, timeOut: 2_000 });
  expect(back.response.sessionId).toBe(sessionId);
  expect((await back.client.call(exists("/alive"))).err).toBe(0);
});

test("clients that are gone before their session is there leave nothing behind", async () => {
  ensemble = await startServers(3);
  const [follower] = ensemble.followers as [RunningServer];
  const witness = await RawClient.open(follower.port, { timeOut: 2_000 });
  const beat = setInterval(() => witness.client.request({ type: "ping" }, -2), 100);
  const { stats } = follower.server;
  const opened = stats.sessionsOpened;
  const count = 60;
  for (let i = 0; i < count; i++) {
    const client = await RawClient.connect(follower.port);
    client.send(
      Buffer.concat([connectFrame({ timeOut: 200 }), requestFrame(1, ephemeral(`/gone-${i}`))]),
    );
    // Closed, reset, or with its own close behind, at one moment or another.
    if (i % 3 === 0) client.socket.end();
    else if (i % 3 === 1) client.socket.resetAndDestroy();
    else client.send(requestFrame(2, CLOSE));
    if (i % 2 === 0) await new Promise(setImmediate);
  }
  await until(() => follower.server.gauges().connectionCount === 1);
  await until(() => ensemble.leader.server.gauges().sessionCount === 1);
  clearInterval(beat);
  await ensemble.followers[0]?.log.waitFor("serving as");
  const reader = await RawClient.open(follower.port);
  await reader.client.call(sync("/"));
  expect(stats.sessionsOpened).toBeGreaterThan(opened);
  expect(follower.server.gauges()).toMatchObject({ ephemeralCount: 0, sessionCount: 2 });
});

test("many sessions that end at one moment do not keep others from being heard", async () => {
  ensemble = await startServers(1);
  const { port, server } = ensemble.leader;
  const witness = await RawClient.open(port, { timeOut: 2_000 });
  const beat = setInterval(() => witness.client.request({ type: "ping" }, -2), 50);
  const crowd = await Promise.all(
    Array.from({ length: 1_500 }, () => RawClient.open(port, { timeOut: 1_500 })),
  );
  for (const { client } of crowd) client.destroy();
  await until(() => server.gauges().sessionCount <= 1);
  clearInterval(beat);
  expect((await witness.client.reply()).err).toBe(0);
  expect(server.stats.sessionsExpired).toBe(crowd.length);
  expect(witness.client.socket.destroyed).toBe(false);
});

test("beyond maxCnxns nobody comes in, from whatever address, until somebody leaves", async () => {
  ensemble = await startServers(1, { config: { tickTime: "1000", maxCnxns: "5" } });
  const { port, log, server } = ensemble.leader;
  const inside = [];
  for (let i = 0; i < 5; i++) inside.push(await RawClient.open(port));
  const before = log.lines.length;
  for (let i = 0; i < 10; i++)
    expect(await (await RawClient.connect(port)).frameOrEnd()).toBeNull();
  expect(log.complaints(before)).toHaveLength(1);
  expect((await inside[0]?.client.call(create("/still")))?.err).toBe(0);
  inside[0]?.client.destroy();
  await until(() => server.gauges().connectionCount === 4);
  const { response } = await RawClient.open(port);
  expect(response.sessionId).not.toBe(NO_SESSION);
});

test("a session ends whose ephemerals have more characters than a message between servers", async () => {
  ensemble = await startServers(3);
  const [follower, other] = ensemble.followers as [RunningServer, RunningServer];
  const { client } = await RawClient.open(follower.port);
  await client.call(create("/many"));
  const long = "x".repeat(10_000);
  const count = 300;
  for (let i = 0; i < count; i++) client.request(ephemeral(`/many/${long}${i}`));
  for (let i = 0; i < count; i++) expect((await client.reply()).err).toBe(0);
  const witness = (await RawClient.open(other.port)).client;
  await witness.call(sync("/"));
  expect(other.server.gauges().ephemeralCount).toBe(count);
  await client.call(CLOSE);
  await witness.call(sync("/"));
  for (const { server, fatal } of [other, ensemble.leader, follower]) {
    expect([server.gauges().ephemeralCount, fatal()]).toEqual([0, null]);
  }
  expect(other.log.complaints()).toEqual([]);
});
