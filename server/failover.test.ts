import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { ConnectResponse } from "./wire/connect.ts";
import type { Connection, Env } from "./env.ts";
import { RawClient, type RawSession } from "./testing/raw-client.ts";
import { create, ephemeral, exists, setData, sync } from "./testing/requests.ts";
import {
  type Ensemble,
  type RunningServer,
  startServer,
  startServers,
} from "./testing/running-servers.ts";

let ensemble: Ensemble;
afterEach(() => ensemble.stop());

/** Tries again and again, as a client does, until a server takes the session or refuses it. */
async function comeBack(port: number, known: ConnectResponse): Promise<RawSession> {
  for (;;) {
    const { sessionId, passwd } = known;
    const back = await RawClient.open(port, { sessionId, passwd, timeOut: 2_000 }).catch(
      () => null,
    );
    if (back !== null) return back;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("when the leader ends, sessions go on at the others as soon as these serve", async () => {
  ensemble = await startServers(3);
  const { leader, followers } = ensemble;
  const [port, otherPort] = followers.map((running) => running.port) as [number, number];
  const sessions = [];
  for (let i = 0; i < 10; i++) {
    const session = await RawClient.open(i % 2 === 0 ? port : leader.port, { timeOut: 2_000 });
    await session.client.call(ephemeral(`/mine-${i}`));
    sessions.push(session);
  }
  leader.stop();
  const back = await Promise.all(
    sessions.map(async ({ client, response }) => {
      await client.closed;
      return await comeBack(otherPort, response);
    }),
  );
  for (const [index, { client, response }] of back.entries()) {
    expect(response.sessionId).toBe(sessions[index]?.response.sessionId);
    expect((await client.call(sync("/"))).err).toBe(0);
    expect((await client.call(exists(`/mine-${index}`))).err).toBe(0);
    expect((await client.call(create(`/after-${index}`))).err).toBe(0);
  }
});

test("a follower that loses its leader closes its clients, whatever they wait for, and leaves nothing behind", async () => {
  ensemble = await startServers(3);
  const [one, two] = ensemble.followers as [RunningServer, RunningServer];
  const { leader } = ensemble;
  const clients = [];
  for (let i = 0; i < 5; i++)
    clients.push((await RawClient.open(one.port, { timeOut: 2_000 })).client);
  await clients[0]?.call(create("/waiting"));
  // No quorum any more: nothing that is asked now can be answered.
  two.stop();
  leader.stop();
  for (const client of clients) {
    client.request(setData("/waiting", "x"));
    client.request(sync("/"));
    client.request(exists("/", true));
  }
  for (const client of clients) await client.closed;
  expect(one.server.status().serving).toBe(false);
  expect(one.server.gauges()).toMatchObject({ connectionCount: 0, outstanding: 0, watchCount: 0 });
});

test("a server that is stopped leaves no timer, socket or file behind", async () => {
  ensemble = await startServers(1);
  const directory = mkdtempSync(join(tmpdir(), "quorum-lab-test-"));
  const timers = new Set<object>();
  const connections = new Set<Connection>();
  const counting = (env: Env): Env => ({
    ...env,
    timers: {
      soon: (run) => env.timers.soon(run),
      after: (delayMs, run) => {
        const timer = env.timers.after(delayMs, () => {
          timers.delete(timer);
          run();
        });
        timers.add(timer);
        return { cancel: () => (timers.delete(timer), timer.cancel()) };
      },
    },
    net: {
      connect: (address, timeoutMs, ready) => env.net.connect(address, timeoutMs, ready),
      listen: (address, accept, ready) =>
        env.net.listen(
          address,
          (connection) => (connections.add(connection), accept(connection)),
          ready,
        ),
    },
  });
  try {
    const running = await startServer(1, directory, { tickTime: "100" }, counting);
    await running.log.waitFor("serving as");
    const silent = await RawClient.connect(running.port);
    const { client } = await RawClient.open(running.port);
    await client.call(create("/x"));
    running.stop();
    await Promise.all([silent.closed, client.closed]);
    expect(timers.size).toBe(0);
    expect(connections.size).toBe(2);
    // The directory is free again.
    const again = await startServer(1, directory, { tickTime: "100" });
    await again.log.waitFor("serving as");
    again.stop();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
