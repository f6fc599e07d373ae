import { afterEach, expect, test } from "vitest";
import { RawClient } from "./testing/raw-client.ts";
import { create, ephemeral, exists, setData } from "./testing/requests.ts";
import { type Ensemble, startServers } from "./testing/running-servers.ts";
import { withAppends } from "./testing/with-appends.ts";

const FSYNC_MS = 1_000;

let ensemble: Ensemble;
afterEach(() => ensemble.stop());

test("while an fsync takes a second the leader stays, and sessions of less than that live", async () => {
  let isSlow = false;
  const slow = (append: () => void): void => {
    if (isSlow) setTimeout(append, FSYNC_MS);
    else append();
  };
  ensemble = await startServers(3, { env: (env) => withAppends(env, slow) });
  const { leader, followers } = ensemble;
  const { epoch } = leader.server.status();
  const sessions = await Promise.all(
    ensemble.servers.map(({ port }) => RawClient.open(port, { timeOut: 400 })),
  );
  for (const [index, { client }] of sessions.entries())
    await client.call(ephemeral(`/mine-${index}`));
  const writer = await RawClient.open(leader.port, { timeOut: 60_000 });
  await writer.client.call(create("/slow"));
  isSlow = true;
  let over = false;
  const heartbeats = sessions.map(async ({ client }) => {
    while (!over) {
      expect((await client.ping()).err).toBe(0);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  // One after the other: each waits for a second or more.
  for (let index = 0; index < 3; index++)
    expect((await writer.client.call(setData("/slow", `${index}`))).err).toBe(0);
  over = true;
  await Promise.all(heartbeats);
  expect(ensemble.servers.map(({ server }) => server.status().epoch)).toEqual([
    epoch,
    epoch,
    epoch,
  ]);
  expect(followers.map(({ server }) => server.status().state)).toEqual(["FOLLOWING", "FOLLOWING"]);
  for (const [index, { client }] of sessions.entries())
    expect((await client.call(exists(`/mine-${index}`))).err).toBe(0);
});
