import { connect as connectRaw } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { Connection, Listener, NetAddress } from "../env.ts";
import { createLog } from "./node-log.ts";
import { CLOSE_LINGER_MS } from "./node-connection.ts";
import { NodeNet } from "./node-net.ts";

const net = new NodeNet(createLog({ level: "silent", name: "test" }));
const ANY: NetAddress = { host: "127.0.0.1", port: 0 };
const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

function listen(accept: (connection: Connection) => void, address = ANY): Promise<Listener> {
  return new Promise((resolve, reject) => {
    net.listen(address, accept, (result) => {
      if (result instanceof Error) {
        reject(result);
        return;
      }
      cleanups.push(() => result.close());
      resolve(result);
    });
  });
}

function connect(address: NetAddress): Promise<Peer> {
  return new Promise((resolve, reject) => {
    net.connect(address, 1_000, (result) => {
      if (result instanceof Error) reject(result);
      else resolve(new Peer(result));
    });
  });
}

/** One end of a connection, with what it was told. */
class Peer {
  readonly connection: Connection;
  received = "";
  drains = 0;
  closes: (string | null)[] = [];
  #waiting: (() => void)[] = [];

  constructor(connection: Connection) {
    this.connection = connection;
    cleanups.push(() => connection.destroy());
    const changed = (): void => {
      for (const check of this.#waiting) check();
    };
    connection.handle({
      data: (chunk) => {
        this.received += chunk.toString("latin1");
        changed();
      },
      drain: () => {
        this.drains++;
        changed();
      },
      closed: (reason) => {
        this.closes.push(reason);
        changed();
      },
    });
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        this.#waiting = this.#waiting.filter((other) => other !== check);
        resolve();
      };
      this.#waiting.push(check);
      check();
    });
  }

  closed(): Promise<void> {
    return this.until(() => this.closes.length > 0);
  }
}

/** Two ends of one connection: who connected, who accepted. */
async function pair(): Promise<[Peer, Peer]> {
  const accepted = Promise.withResolvers<Peer>();
  const listener = await listen((connection) => accepted.resolve(new Peer(connection)));
  return [await connect(listener.address), await accepted.promise];
}

describe("a connection", () => {
  test("carries bytes both ways and knows its peer", async () => {
    const [client, server] = await pair();
    expect(client.connection.remote).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(client.connection.write(Buffer.from("question"))).toBe(true);
    await server.until(() => server.received === "question");
    server.connection.write(Buffer.from("answer"));
    await client.until(() => client.received === "answer");
  });

  test("that is closed sends what is queued first; both ends are told once, with no reason", async () => {
    const [client, server] = await pair();
    client.connection.write(Buffer.alloc(5_000_000, "x"));
    client.connection.close();
    client.connection.close();
    expect(client.connection.write(Buffer.from("late"))).toBe(false);
    await Promise.all([client.closed(), server.closed()]);
    expect(server.received).toHaveLength(5_000_000);
    client.connection.destroy();
    server.connection.close();
    expect([client.closes, server.closes]).toEqual([[null], [null]]);
  });

  test("that is closed tells nothing of what still arrives, and ends with a peer that stays open", async () => {
    const accepted = Promise.withResolvers<Peer>();
    const listener = await listen((connection) => accepted.resolve(new Peer(connection)));
    const raw = connectRaw({ ...listener.address, allowHalfOpen: true });
    cleanups.push(() => raw.destroy());
    const ended = new Promise((resolve) => raw.once("end", resolve));
    raw.resume();
    const server = await accepted.promise;
    server.connection.close();
    await ended;
    raw.write("still here");
    await server.closed();
    expect(server.received).toBe("");
    expect(CLOSE_LINGER_MS).toBeLessThan(5_000);
  });

  test("that is destroyed closes at once, but not from inside the call", async () => {
    const [client, server] = await pair();
    client.connection.destroy();
    expect(client.closes).toEqual([]);
    await Promise.all([client.closed(), server.closed()]);
    expect(client.closes).toEqual([null]);
  });

  test("that is reset tells the reason", async () => {
    const accepted = Promise.withResolvers<Peer>();
    const listener = await listen((connection) => accepted.resolve(new Peer(connection)));
    const raw = connectRaw(listener.address);
    const server = await accepted.promise;
    raw.resetAndDestroy();
    await server.closed();
    expect(server.closes[0]).toContain("ECONNRESET");
  });

  test("whose peer does not read fills up, and drains when it reads again", async () => {
    const [client, server] = await pair();
    server.connection.pause();
    let written = 0;
    const chunk = Buffer.alloc(1_000_000, "x");
    do written += chunk.length;
    while (client.connection.write(chunk) || written < 20_000_000);
    expect(client.connection.bufferedBytes).toBeGreaterThan(0);
    expect(client.drains).toBe(0);
    server.connection.resume();
    await client.until(() => client.drains > 0);
    expect(client.connection.bufferedBytes).toBe(0);
    await server.until(() => server.received.length === written);
  });
});

describe("listening", () => {
  test("on a port in use is refused with the address and what to do", async () => {
    const listener = await listen(() => {});
    const { host, port } = listener.address;
    await expect(listen(() => {}, { host, port })).rejects.toThrow(
      `cannot listen on ${host}:${port}: the port is in use: stop the process that has it`,
    );
  });

  test("on an address of another machine, or a port that is none, is refused", async () => {
    await expect(listen(() => {}, { host: "192.0.2.1", port: 0 })).rejects.toThrow(
      "cannot listen on 192.0.2.1:0: this machine does not have that address",
    );
    await expect(listen(() => {}, { host: "127.0.0.1", port: 65_536 })).rejects.toThrow(
      "address 127.0.0.1:65536: the port must be 0 to 65535",
    );
  });

  test("ends with close, and the connections that are open go on", async () => {
    const accepted = Promise.withResolvers<Peer>();
    const listener = await listen((connection) => accepted.resolve(new Peer(connection)));
    const client = await connect(listener.address);
    const server = await accepted.promise;
    listener.close();
    await expect(connect(listener.address)).rejects.toThrow(/^cannot connect to .*ECONNREFUSED/);
    client.connection.write(Buffer.from("still there"));
    await server.until(() => server.received === "still there");
  });
});

describe("connecting", () => {
  test("gives up in time, and calls back once", async () => {
    const results: (Connection | Error)[] = [];
    const settled = Promise.withResolvers<null>();
    // TEST-NET-1: no host answers there; where the network refuses at once, that is an answer, too.
    net.connect({ host: "192.0.2.1", port: 9 }, 50, (result) => {
      results.push(result);
      settled.resolve(null);
    });
    await settled.promise;
    expect(results[0]).toMatchObject({
      message: expect.stringMatching(/cannot connect to 192\.0\.2\.1:9: /),
    });
    expect(results).toHaveLength(1);
  });

  test("to a port that is none is refused, in a later turn", async () => {
    await expect(connect({ host: "127.0.0.1", port: 0 })).rejects.toThrow("must be 1 to 65535");
  });
});
