import { expect, test } from "vitest";
import type { Connection, Disk } from "../../../server/env.ts";
import { Host } from "./host.ts";
import { Network } from "./network.ts";
import { World } from "./world.ts";

const DISK = {} as Disk;

test("the other end of a machine that vanished hears nothing, not even of the end of the connection", () => {
  const world = new World({ seed: 1, turnMs: 0, trace: null });
  const network = new Network(world, [1, 1]);
  const server = new Host(world, network, { name: "s1", index: 1, address: "10.0.0.1" });
  const client = new Host(world, network, { name: "c1", index: 2, address: "10.1.0.1" });
  const heard: string[] = [];
  const address = { host: server.address, port: 2181 };
  server.boot(DISK).net.listen(
    address,
    (connection) => {
      connection.handle({
        data: (data) => void heard.push(data.toString()),
        drain: () => undefined,
        closed: () => void heard.push("closed"),
      });
    },
    () => undefined,
  );
  let near: Connection | null = null;
  let told: string | null | undefined;
  client.boot(DISK).net.connect(address, 1_000, (result) => {
    if (result instanceof Error) throw result;
    near = result;
    result.handle({
      data: () => undefined,
      drain: () => undefined,
      closed: (reason) => void (told = reason),
    });
    result.write(Buffer.from("before"));
  });
  const end = (): Connection => {
    if (near === null) throw new Error("there is no connection");
    return near;
  };
  world.runUntil(50);
  expect(heard).toEqual(["before"]);
  end().write(Buffer.from("on its way"));
  client.loseConnections();
  end().write(Buffer.from("after"));
  end().close();
  world.runUntil(10_000);
  expect(heard).toEqual(["before"]);
  expect(told).toBeNull();
});
