import { expect, test } from "vitest";
import { ErrorCode } from "../../server/errors.ts";
import { createLog, createNodeEnv } from "../../server/node-env.ts";
import { SeededRandom } from "../seeded-random.ts";
import { ReferenceTarget } from "../targets/reference.ts";
import { Chroot } from "./chroot.ts";
import { ZkClient } from "./client.ts";

const env = createNodeEnv({ log: createLog({ level: "error", name: "test" }) });

test("what is asked below a chroot happens there, and is told by the paths of its view", async () => {
  const target = await new ReferenceTarget(env, { servers: 1 }).start();
  const client = new ZkClient({
    env,
    servers: target.servers,
    random: new SeededRandom(1),
    sessionTimeoutMs: 10_000,
  });
  try {
    client.connect();
    await client.create("/app", Buffer.from("root"));
    await client.create("/apple", null);
    await client.create("/apple/mine", null, 1);
    const view = new Chroot(client, "/app");
    expect((await view.getData("/")).data?.toString()).toBe("root");
    expect((await view.create("/s-", null, 2)).path).toBe("/s-0000000000");
    expect((await client.exists("/app/s-0000000000")).outcome).toBe("ok");
    const made = { data: null, acl: [{ perms: 31, scheme: "world", id: "anyone" }] };
    const multi = await view.multi(
      { type: "create", path: "/e", flags: 1, ...made },
      { type: "delete", path: "/s-0000000000", version: -1 },
    );
    expect(multi.parts).toEqual([{ type: "create", path: "/e" }, { type: "delete" }]);
    expect((await view.getChildren("/")).children).toEqual(["e"]);
    // The prefix /app is one of /apple/mine too, which is no part of the view.
    expect((await view.getEphemerals()).children).toEqual(["/e"]);
    expect((await view.sync("/")).path).toBe("/");
    expect((await view.delete("relative")).code).toBe(ErrorCode.BadArguments);
    expect([view.seenPath("/app/e"), view.seenPath("/app"), view.seenPath("/apple")]).toEqual([
      "/e",
      "/",
      null,
    ]);
    const whole = new Chroot(client, "");
    expect((await whole.getChildren("/app")).children).toEqual(["e"]);
    expect(whole.realPath("/")).toBe("/");
  } finally {
    client.abandon();
    await target.stop();
  }
});
