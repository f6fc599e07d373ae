import { afterEach, expect, test } from "vitest";
import { connectFrame, RawClient } from "../testing/raw-client.ts";
import { type Ensemble, startServers } from "../testing/running-servers.ts";
import { ConnectionThrottle } from "./connection-throttle.ts";

let ensemble: Ensemble | null = null;
afterEach(() => {
  ensemble?.stop();
  ensemble = null;
});

function throttle(tokens: number) {
  let nowMs = 1_000;
  const lines: string[] = [];
  const log = {
    warn: (_fields: object, message: string): void => {
      lines.push(message);
    },
  };
  const rate = { tokens, fillMs: 100, fillCount: 2 };
  const made = new ConnectionThrottle(rate, { nowMs: () => nowMs }, log);
  return {
    lines,
    /** How many of so many come in, after so long. */
    enter: (count: number, laterMs: number): number => {
      nowMs += laterMs;
      return Array.from({ length: count }, () => made.enter("h:1")).filter(Boolean).length;
    },
  };
}

test("a crowd comes in as fast as the bucket fills, and its refusals are one line in a while", () => {
  const { enter, lines } = throttle(5);
  expect([enter(8, 0), enter(8, 99), enter(8, 1), enter(8, 250), enter(1, 50)]).toEqual([
    5, 0, 2, 4, 1,
  ]);
  expect(lines).toHaveLength(1);
  expect(enter(8, 60_000)).toBe(5);
  expect(lines).toHaveLength(2);
});

test("without a limit everybody comes in", () => {
  expect(throttle(0).enter(10_000, 0)).toBe(10_000);
});

test("who comes when the tokens are used up is sent away, and who has a session keeps it", async () => {
  ensemble = await startServers(1, {
    config: {
      connection_throttle_tokens: "3",
      connection_throttle_fill_time: "3600000",
      connection_throttle_fill_count: "1",
    },
  });
  const { port, server, log } = ensemble.leader;
  const inside = [];
  for (let i = 0; i < 3; i++) inside.push(await RawClient.open(port));
  const rejected = server.stats.connectionsRejected;
  for (let i = 0; i < 5; i++) {
    const client = await RawClient.connect(port);
    client.send(connectFrame());
    expect(await client.frameOrEnd()).toBeNull();
  }
  expect(server.stats.connectionsRejected - rejected).toBe(5);
  expect(log.complaints()).toHaveLength(1);
  for (const { client } of inside) expect((await client.ping()).err).toBe(0);
});
