import { expect, test } from "vitest";
import type { Connection, Disk } from "../../../server/env.ts";
import { Host } from "./host.ts";
import { Network } from "./network.ts";
import { World } from "./world.ts";

const DISK = {} as Disk;
const SERVER_ADDRESS = "10.0.0.1";

/** A client with a connection to a server, and what either has heard of it. */
class Pair {
  readonly world = new World({ seed: 1, turnMs: 0, trace: null });
  readonly server: Host;
  readonly client: Host;
  readonly heard: string[] = [];
  told: string | null | undefined;
  #near: Connection | null = null;

  constructor() {
    const { world } = this;
    const network = new Network(world, [1, 1]);
    this.server = new Host(world, network, { name: "s1", index: 1, address: SERVER_ADDRESS });
    this.client = new Host(world, network, { name: "c1", index: 2, address: "10.1.0.1" });
    const address = { host: SERVER_ADDRESS, port: 2181 };
    this.server.boot(DISK).net.listen(
      address,
      (connection) => {
        connection.handle({
          data: (data) => void this.heard.push(data.toString()),
          drain: () => undefined,
          closed: () => void this.heard.push("closed"),
        });
      },
      () => undefined,
    );
    this.client.boot(DISK).net.connect(address, 1_000, (result) => {
      if (result instanceof Error) throw result;
      this.#near = result;
      result.handle({
        data: () => undefined,
        drain: () => undefined,
        closed: (reason) => void (this.told = reason),
      });
      result.write(Buffer.from("before"));
    });
    world.runUntil(50);
  }

  get end(): Connection {
    if (this.#near === null) throw new Error("there is no connection");
    return this.#near;
  }
}

test("the other end of a machine that vanished hears nothing, not even of the end of the connection", () => {
  const pair = new Pair();
  const { world, client, heard, end } = pair;
  expect(heard).toEqual(["before"]);
  end.write(Buffer.from("on its way"));
  client.loseConnections();
  end.write(Buffer.from("after"));
  end.close();
  world.runUntil(10_000);
  expect(heard).toEqual(["before"]);
  expect(pair.told).toBeNull();
});

test("what waits at a process that stands still is there when it goes on, though its sender lost power", () => {
  const { world, server, client, heard, end } = new Pair();
  server.pause();
  end.write(Buffer.from("arrived"));
  world.runUntil(60);
  end.write(Buffer.from("on its way"));
  client.cutPower();
  world.runUntil(1_000);
  server.resume();
  world.runUntil(2_000);
  expect(heard).toEqual(["before", "arrived"]);
});
