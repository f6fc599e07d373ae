import { expect, test } from "vitest";
import type { Disk } from "../../../server/env.ts";
import { Host } from "./host.ts";
import { Network } from "./network.ts";
import { World } from "./world.ts";

test("what a host missed while it stood still comes first when it goes on, in its order; what is cancelled does not", () => {
  const world = new World({ seed: 1, turnMs: 5, trace: null });
  const network = new Network(world, [0, 0]);
  const host = new Host(world, network, { name: "s1", index: 1, address: "10.0.0.1" });
  host.boot({} as Disk);
  const seen: string[] = [];
  world.after(4, null, () => host.pause());
  world.after(25, null, () => host.resume());
  const at = (delayMs: number, what: string): void =>
    void world.after(delayMs, host, () => seen.push(what));
  at(21, "due when it goes on");
  at(14, "second");
  const never = world.after(18, host, () => seen.push("cancelled"));
  world.after(8, host, () => {
    seen.push("first");
    never.run = null;
  });
  world.runUntil(24);
  expect(seen).toEqual([]);
  world.runUntil(100);
  expect(seen).toEqual(["first", "second", "due when it goes on"]);
});
