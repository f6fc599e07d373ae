import { expect, test } from "vitest";
import { ErrorCode } from "../../server/errors.ts";
import { createLog, createNodeEnv } from "../../server/node-env.ts";
import { SeededRandom } from "../seeded-random.ts";
import { ReferenceTarget } from "../targets/reference.ts";
import { ZkClient } from "./client.ts";

const env = createNodeEnv({ log: createLog({ level: "error", name: "test" }) });

test("a client that may be read-only gets a session of a server that has lost its quorum", async () => {
  const settings = ["readonlymode.enabled=true", "tickTime=200"];
  const target = await new ReferenceTarget(env, { servers: 2, settings }).start();
  const clients: ZkClient[] = [];
  const open = (readOnly: boolean): ZkClient => {
    const client = new ZkClient({
      env,
      servers: target.servers.filter(({ id }) => id === 1),
      random: new SeededRandom(1),
      sessionTimeoutMs: 4_000,
      readOnly,
    });
    clients.push(client);
    client.connect();
    return client;
  };
  try {
    const before = open(true);
    await before.create("/a", Buffer.from("kept"));
    expect(before.readOnly).toBe(false);
    await target.kill(2);
    const [wrong, client] = [open(false), open(true)];
    expect((await client.getData("/a")).data?.toString()).toBe("kept");
    expect(client.readOnly).toBe(true);
    expect((await client.setData("/a", null)).code).toBe(ErrorCode.NotReadOnly);
    expect([wrong.connected, wrong.readOnly]).toEqual([false, false]);
  } finally {
    for (const client of clients) client.abandon();
    await target.stop();
  }
});
