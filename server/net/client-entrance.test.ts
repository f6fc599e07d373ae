import { afterEach, expect, test } from "vitest";
import type { Connection, ConnectionHandler } from "../env.ts";
import { RawClient } from "../testing/raw-client.ts";
import { type Ensemble, startServers } from "../testing/running-servers.ts";

let ensemble: Ensemble;
afterEach(() => ensemble.stop());

/** The end of a connection that a client in this process holds. */
class InsideEnd implements Connection {
  readonly remote = "inside:0";
  readonly bufferedBytes = 0;
  handler: ConnectionHandler | null = null;
  isClosed = false;

  handle(handler: ConnectionHandler): void {
    this.handler = handler;
  }
  write(): boolean {
    return true;
  }
  pause(): void {
    // It never sends.
  }
  resume(): void {
    // It never sends.
  }
  close(): void {
    this.isClosed = true;
  }
  destroy(): void {
    this.isClosed = true;
  }
}

test("no limit on connections counts who comes in from inside, or goes", async () => {
  ensemble = await startServers(1, { config: { maxCnxns: "1" } });
  const { server, port } = ensemble.leader;
  for (let times = 0; times < 3; times++) {
    const inside = new InsideEnd();
    server.entrance.connectInside(inside);
    expect(inside.isClosed).toBe(false);
    inside.handler?.closed(null);
  }
  server.entrance.connectInside(new InsideEnd());
  const { client } = await RawClient.open(port);
  expect(client.socket.destroyed).toBe(false);
  const second = RawClient.open(port);
  await expect(second).rejects.toThrow(/closed|reset/i);
});

test("nobody comes in while the server drains", async () => {
  ensemble = await startServers(1);
  const { server } = ensemble.leader;
  const drained = new Promise<void>((resolve) => server.drain(5_000, resolve));
  const inside = new InsideEnd();
  server.entrance.connectInside(inside);
  expect(inside.isClosed).toBe(true);
  await drained;
});
