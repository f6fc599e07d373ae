import { connect, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openRestPort } from "../../testing/rest-ensemble.ts";
import { type Ensemble, startServers } from "../../testing/running-servers.ts";
import type { RestOptions, RestPort } from "./port.ts";

let ensemble: Ensemble;
let ports: RestPort[] = [];
beforeAll(async () => {
  ensemble = await startServers(1, { config: { "jute.maxbuffer": "200000" } });
});
afterAll(() => ensemble.stop());
afterEach(async () => {
  await Promise.all(ports.map((port) => port.close()));
  ports = [];
});

async function open(options: Partial<RestOptions> = {}): Promise<number> {
  const port = await openRestPort(ensemble.leader, options);
  ports.push(port);
  return port.address.port;
}

class Raw {
  readonly socket: Socket;
  /** All that came until the end of the connection. */
  readonly all: Promise<string>;
  #text = "";
  #more = (): void => undefined;

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("error", () => undefined);
    this.socket.on("data", (chunk) => {
      this.#text += chunk.toString("latin1");
      this.#more();
    });
    this.all = new Promise((resolve) => this.socket.on("close", () => resolve(this.#text)));
  }
  /** Resolves when this text has come. */
  async until(text: string): Promise<string> {
    while (!this.#text.includes(text))
      await new Promise<void>((resolve) => {
        this.#more = resolve;
      });
    return this.#text;
  }
}

function get(target: string, more = ""): string {
  return `GET ${target} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
}
function statuses(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

describe("one connection", () => {
  test("has its requests done in order: a read sees the write before it", async () => {
    const raw = new Raw(await open());
    const lines: string[] = [];
    for (let n = 0; n < 20; n++) {
      const put = `PUT /znodes/v1/pipe HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n`;
      lines.push(`${put}${10 + n}`, get("/znodes/v1/pipe?dataformat=utf8"));
    }
    raw.socket.write(
      `POST /znodes/v1/?name=pipe HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n${lines.join("")}` +
        get("/openapi.json", "Connection: close\r\n"),
    );
    const text = await raw.all;
    expect(statuses(text)).toEqual([201, ...Array.from({ length: 41 }, () => 200)]);
    const data = [...text.matchAll(/"data":"(\d+)"/g)].map(([, number]) => Number(number));
    expect(data).toEqual(Array.from({ length: 20 }, (_, n) => 10 + n));
  });

  test("that pipelines far too much is told so once, and closed", async () => {
    const raw = new Raw(await open());
    raw.socket.write(get("/znodes/v1/").repeat(2_000));
    const said = statuses(await raw.all);
    expect(said.at(-1)).toBe(503);
    expect(said.slice(0, -1).every((status) => status === 200)).toBe(true);
    expect(said.length).toBeLessThan(200);
  });

  test("gets an answer to all before the garbage, then to the garbage, and is closed", async () => {
    const raw = new Raw(await open());
    raw.socket.write(`${get("/znodes/v1/")}${get("/znodes/v1/none")}\u0001garbage\r\n\r\n`);
    const text = await raw.all;
    expect(statuses(text)).toEqual([200, 404, 501]);
    expect(text).toContain('"message":"this begins with no method');
  });

  test("is asked for a body only when nothing speaks against it", async () => {
    const port = await open();
    const put = (path: string, bytes: number): string =>
      `PUT ${path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: ${bytes}\r\n\r\n`;
    const good = new Raw(port);
    good.socket.write(put("/znodes/v1/pipe", 1));
    await good.until("100 Continue");
    good.socket.write("x");
    expect(statuses(await good.all)).toEqual([100, 200]);
    for (const [path, bytes, status] of [
      ["/znodes/v1/pipe", 300_000, 413],
      ["/nowhere", 1, 404],
    ] as const) {
      const bad = new Raw(port);
      bad.socket.write(put(path, bytes));
      expect(statuses(await bad.all)).toEqual([status]);
    }
  });
});

test("an upgrade is not made: the request is answered as it is, and the connection closed", async () => {
  const raw = new Raw(await open());
  raw.socket.write(get("/znodes/v1/", "Connection: Upgrade\r\nUpgrade: h2c\r\n").concat("PRI * "));
  expect(statuses(await raw.all)).toEqual([200]);
});

describe("whoever is too slow or too many is sent away", () => {
  test.each([
    ["half a head", "GET /znodes/v1/ HTT"],
    ["headers without an end", "GET /znodes/v1/ HTTP/1.1\r\nHost: x\r\n"],
    ["half a body", "PUT /znodes/v1/pipe HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf"],
    [
      "half a chunk",
      "PUT /znodes/v1/pipe HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nx",
    ],
  ])("%s", async (_what, text) => {
    const raw = new Raw(await open({ headersTimeoutMs: 100, requestTimeoutMs: 200 }));
    raw.socket.write(text);
    expect(statuses(await raw.all)).toEqual([408]);
  });

  test("headers that are too large", async () => {
    const raw = new Raw(await open());
    raw.socket.write(get("/znodes/v1/", `X: ${"x".repeat(20_000)}\r\n`));
    expect(statuses(await raw.all)).toEqual([431]);
  });

  test("connections from one address, and in all, beyond the limit", async () => {
    for (const options of [{ maxConnectionsPerAddress: 2 }, { maxConnections: 2 }]) {
      const port = await open(options);
      const raws = [new Raw(port), new Raw(port)];
      for (const raw of raws) {
        raw.socket.write(get("/openapi.json"));
        await raw.until("200 OK");
      }
      const third = new Raw(port);
      third.socket.write(get("/openapi.json"));
      expect(await third.all).toBe("");
      raws[0]?.socket.destroy();
      await raws[0]?.all;
      // Its place is free as soon as the server has seen that it is gone.
      let answer = "";
      for (let tries = 0; answer === "" && tries < 1_000; tries++) {
        await turn();
        const fourth = new Raw(port);
        fourth.socket.write(get("/openapi.json", "Connection: close\r\n"));
        answer = await fourth.all;
      }
      expect(statuses(answer)).toEqual([200]);
      raws[1]?.socket.destroy();
    }
  });

  test("a port that is in use is named, with the key to change", async () => {
    const port = await open();
    await expect(
      openRestPort(ensemble.leader, { address: { host: "127.0.0.1", port } }),
    ).rejects.toThrow(`127.0.0.1:${port}: the port is in use; set rest.serverPort`);
  });
});
