import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startLocalEnsemble } from "./local.ts";
import type { LocalEnsemble, LocalEnsembleOptions } from "./local.ts";
import { PortInUseError, reserveGivenPorts, reservePorts } from "./local/ports.ts";

const FAKE = fileURLToPath(new URL("local/fake-server.ts", import.meta.url));

function startFake(options: Partial<LocalEnsembleOptions> = {}): Promise<LocalEnsemble> {
  return startLocalEnsemble({ servers: 3, proxied: false, serverMain: FAKE, ...options });
}

/** How often `server` has heard `peer` so far. */
async function heard(ensemble: LocalEnsemble, server: number, peer: number): Promise<number> {
  return Number((await ensemble.admin(server).status()).config[`heard.${peer}`]);
}

/** Waits until `server` has heard `peer` some more; fails the test by its time limit otherwise. */
async function hearsMore(ensemble: LocalEnsemble, server: number, peer: number): Promise<void> {
  const before = await heard(ensemble, server, peer);
  while ((await heard(ensemble, server, peer)) < before + 3);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function greeting(address: string): Promise<string> {
  const { socket, line } = await connectTo(address);
  socket.destroy();
  return line;
}

async function connectTo(address: string): Promise<{ socket: Socket; line: string }> {
  const [host = "", port] = address.split(":");
  const socket = connect(Number(port), host);
  const [data] = (await once(socket, "data")) as [Buffer];
  return { socket, line: data.toString().trim() };
}

describe("an ensemble with direct links", () => {
  let ensemble: LocalEnsemble;
  beforeEach(async () => {
    ensemble = await startFake();
  });
  afterEach(() => ensemble.stop());

  test("comes up, knows its leader, and says where everything is", async () => {
    expect(await ensemble.leader()).toBe(3);
    expect(ensemble.proxyName).toBe("none");
    expect(ensemble.servers.map((server) => server.id)).toEqual([1, 2, 3]);
    for (const { id, pid, clientAddress, directClientAddress } of ensemble.servers) {
      expect(isAlive(pid as number)).toBe(true);
      expect(clientAddress).toBe(directClientAddress);
      expect(await greeting(clientAddress)).toBe(`server ${id}`);
      expect(await ensemble.status(id)).toMatchObject({ server: id, serving: true, epoch: 1 });
    }
    const sample = await ensemble.status(1);
    expect(sample.receivedMs).toBeGreaterThanOrEqual(sample.sentMs);
    await expect(ensemble.partition([[1], [2, 3]])).rejects.toThrow("start it with proxied: true");
  });

  test("a killed server is gone, is no crash, and comes back on its ports", async () => {
    const before = ensemble.servers[2];
    await ensemble.kill(3);
    expect(isAlive(before?.pid as number)).toBe(false);
    expect(ensemble.servers[2]?.pid).toBeNull();
    expect(await ensemble.leader()).toBeNull();
    await expect(ensemble.status(3)).rejects.toThrow("/commands/status: ");
    await expect(ensemble.kill(3)).rejects.toThrow("cannot kill server 3: it does not run");
    await ensemble.restart(3);
    await ensemble.waitUntilServing();
    expect(ensemble.servers[2]).toEqual({ ...before, pid: ensemble.servers[2]?.pid });
    expect(ensemble.crashes).toEqual([]);
  });

  test("a server that ends on its own is a crash, with what it said last", async () => {
    const { socket } = await connectTo(ensemble.servers[1]?.clientAddress as string);
    socket.on("error", () => undefined).write("crash");
    while (ensemble.servers[1]?.pid !== null) await new Promise((wake) => setImmediate(wake));
    expect(ensemble.crashes).toHaveLength(1);
    expect(ensemble.crashes[0]).toMatchObject({ server: 2, exit: "exit code 7" });
    expect(ensemble.crashes[0]?.lastLines.at(-1)).toContain("the disk is on fire");
    const log = readFileSync(ensemble.servers[1]?.logFile as string, "utf8");
    expect(log).toContain("the disk is on fire");
    await expect(ensemble.waitUntilServing()).rejects.toThrow(
      /^server 2 ended\nserver 2: exit code 7\n[^]*the disk is on fire/,
    );
  });

  test("a paused server answers nothing until it is resumed, and can be killed", async () => {
    await ensemble.pause(1);
    await expect(ensemble.status(1)).rejects.toThrow("no answer within 1000 ms");
    await ensemble.resume(1);
    await hearsMore(ensemble, 1, 3);
    await ensemble.pause(1);
    await ensemble.kill(1, "SIGTERM");
    expect(ensemble.servers[0]?.pid).toBeNull();
    expect(ensemble.crashes).toEqual([]);
  });

  test("stopping it leaves no process and no file, also when a server is paused", async () => {
    const pids = ensemble.servers.map((server) => server.pid as number);
    expect(existsSync(ensemble.directory)).toBe(true);
    await ensemble.pause(2);
    await Promise.all([ensemble.stop(), ensemble.stop()]);
    await ensemble.stop();
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(ensemble.directory)).toBe(false);
  });

  test("a server that it does not have is named", async () => {
    await expect(ensemble.status(4)).rejects.toThrow(
      "there is no server 4, expected one of 1, 2, 3",
    );
  });
});

describe("an ensemble behind the proxy", () => {
  let ensemble: LocalEnsemble;
  beforeAll(async () => {
    ensemble = await startFake({ proxied: true });
  });
  afterEach(() => ensemble.heal());
  afterAll(() => ensemble.stop());

  test("clients are led through the proxy", async () => {
    expect(ensemble.proxyName).not.toBe("none");
    for (const { id, clientAddress, directClientAddress } of ensemble.servers) {
      expect(clientAddress).not.toBe(directClientAddress);
      expect(await greeting(clientAddress)).toBe(`server ${id}`);
    }
  });

  test("a partition silences both directions between the groups and none inside them", async () => {
    const fault = await ensemble.partition([[3], [1, 2]]);
    expect([...fault.links].sort()).toEqual(["peer-1-3", "peer-2-3"]);
    const silent = [
      await heard(ensemble, 1, 3),
      await heard(ensemble, 2, 3),
      await heard(ensemble, 3, 1),
      await heard(ensemble, 3, 2),
    ];
    await hearsMore(ensemble, 1, 2);
    await hearsMore(ensemble, 2, 1);
    expect([
      await heard(ensemble, 1, 3),
      await heard(ensemble, 2, 3),
      await heard(ensemble, 3, 1),
      await heard(ensemble, 3, 2),
    ]).toEqual(silent);
    await ensemble.heal();
    await hearsMore(ensemble, 1, 3);
    await hearsMore(ensemble, 3, 2);
  });

  test.each([
    [3, 1],
    [1, 3],
  ])("a one-way cut from %d to %d silences that direction alone", async (from, to) => {
    expect(await ensemble.cutOneWay(from, to)).toEqual({ links: ["peer-1-3"] });
    const silent = await heard(ensemble, to, from);
    await hearsMore(ensemble, from, to);
    await hearsMore(ensemble, from, to);
    expect(await heard(ensemble, to, from)).toBe(silent);
    await ensemble.heal();
    await hearsMore(ensemble, to, from);
  });

  test("a bridge cuts only those whom no group has together", async () => {
    const fault = await ensemble.partition([
      [1, 2],
      [2, 3],
    ]);
    expect(fault.links).toEqual(["peer-1-3"]);
    expect(await ensemble.links.pair(1, 3).verify()).toEqual({
      upstream: "cut",
      downstream: "cut",
    });
    expect(await ensemble.links.pair(1, 2).verify()).toEqual({
      upstream: "open",
      downstream: "open",
    });
  });

  test("a delay is put on the direction that was asked for", async () => {
    await ensemble.delay(1, 3, 50);
    expect(await ensemble.links.pair(1, 3).verify()).toEqual({
      upstream: "open",
      downstream: "delayed",
    });
    await ensemble.heal();
    await ensemble.delay(3, 1, 50, 5);
    expect(await ensemble.links.pair(3, 1).verify()).toEqual({
      upstream: "delayed",
      downstream: "open",
    });
  });

  test("a partition that would cut nothing, or that names a stranger, is an error", async () => {
    await expect(ensemble.partition([[1, 2, 3]])).rejects.toThrow("leave all servers together");
    await expect(ensemble.partition([[1], [2, 4]])).rejects.toThrow("there is no server 4");
  });

  test("a killed server comes back behind the same proxied address", async () => {
    const before = ensemble.servers[0]?.clientAddress as string;
    await ensemble.kill(1);
    await ensemble.restart(1);
    await ensemble.waitUntilServing();
    expect(ensemble.servers[0]?.clientAddress).toBe(before);
    expect(await greeting(before)).toBe("server 1");
  });
});

describe("a start that cannot succeed", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "local-engine-test-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test("because the servers end: their last words are in the error, and nothing is left", async () => {
    const failing = join(directory, "failing.ts");
    writeFileSync(failing, `console.error("no such planet"); process.exit(3);`);
    const error = await startFake({ serverMain: failing, servers: 1 }).catch((e: unknown) => e);
    expect((error as Error).message).toMatch(/server 1: exit code 3\n {2}no such planet/);
  });

  test("but a port that was taken in the meantime only makes it start over", async () => {
    const unlucky = join(directory, "unlucky.ts");
    const marker = join(directory, "was-here");
    const source = `
      import { existsSync, writeFileSync } from "node:fs";
      if (existsSync(${JSON.stringify(marker)})) await import(${JSON.stringify(FAKE)});
      else {
        writeFileSync(${JSON.stringify(marker)}, "");
        console.error("listen EADDRINUSE: address already in use 127.0.0.1:12345");
        process.exit(1);
      }`;
    writeFileSync(unlucky, source);
    const ensemble = await startFake({ serverMain: unlucky, servers: 1 });
    expect(existsSync(marker)).toBe(true);
    expect(ensemble.crashes).toEqual([]);
    await ensemble.stop();
  });

  test("because a client port is in use: it is named, and the others are free again", async () => {
    const { free, held, release } = await freePortBeforeHeldOne();
    const start = startFake({ clientPort: free, servers: 2 });
    await expect(start).rejects.toThrow(`client port ${held} is in use`);
    const again = createServer().listen(free, "127.0.0.1");
    await once(again, "listening");
    again.close();
    await release();
  });

  test.each<[Record<string, string>, string]>([
    [{ tickTime: "0" }, 'tickTime: found "0", expected a whole number'],
    [{ tikTime: "1" }, "tikTime: unknown key, the nearest known one is tickTime"],
    [{ clientPort: "1" }, "clientPort: found in the settings, expected not there"],
    [{ "server.1": "h:1" }, "server.1: found in the settings, expected not there"],
    [{ syncLimit: "1\nmyid=2" }, "found a line break"],
  ])("because of the settings %o", async (config, message) => {
    await expect(startFake({ config })).rejects.toThrow(message);
  });

  test("because of its size or its port", async () => {
    await expect(startFake({ servers: 0 })).rejects.toThrow("servers: found 0, expected");
    await expect(startFake({ clientPort: 65_534 })).rejects.toThrow("from 1 to 65533");
  });

  test("because it was given up", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(startFake({ signal, dataDir: directory })).rejects.toThrow("enough");
    expect(readdirSync(directory)).not.toContain("ensemble.pid");
  });

  test("because the directory is in use, or has the data of another number of servers", async () => {
    const ensemble = await startFake({ servers: 1, dataDir: directory });
    try {
      await expect(startFake({ servers: 1, dataDir: directory })).rejects.toThrow(
        `in use by the ensemble of process ${process.pid}`,
      );
    } finally {
      await ensemble.stop();
    }
    await expect(startFake({ servers: 3, dataDir: directory })).rejects.toThrow(
      "found the data of 1 servers, expected 3",
    );
    // The servers were asked to end, and what they keep is there for the next start.
    const log = readFileSync(join(directory, "server-1", "server.log"), "utf8");
    expect(log).toContain("clean end");
    const again = await startFake({ servers: 1, dataDir: directory });
    await again.stop();
    expect(existsSync(join(directory, "server-1", "zoo.cfg"))).toBe(true);
  });
});

test("when the process that runs it is killed, servers end and the directory goes", async () => {
  const script = `
    import { startLocalEnsemble } from ${JSON.stringify(new URL("local.ts", import.meta.url).href)};
    const ensemble = await startLocalEnsemble({
      servers: 2, proxied: true, serverMain: ${JSON.stringify(FAKE)},
    });
    await ensemble.pause(1);
    const pids = ensemble.servers.map((server) => server.pid);
    console.log(JSON.stringify({ pids, directory: ensemble.directory }));
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const { pids, directory } = JSON.parse(line) as { pids: number[]; directory: string };
  expect(pids.filter(isAlive)).toHaveLength(2);
  expect(existsSync(directory)).toBe(true);
  child.kill("SIGKILL");
  while (pids.some(isRunning) || existsSync(directory)) {
    await new Promise((wake) => setImmediate(wake));
  }
});

async function freePortBeforeHeldOne() {
  for (;;) {
    const reservation = await reservePorts(1);
    const held = reservation.ports[0] as number;
    try {
      await (await reserveGivenPorts([held - 1])).release();
      return { free: held - 1, held, release: () => reservation.release() };
    } catch (error) {
      if (!(error instanceof PortInUseError)) throw error;
      await reservation.release();
    }
  }
}

/** Alive, and no zombie that only waits to be reaped by whoever inherited it. */
function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return !stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return process.platform !== "linux" && isAlive(pid);
  }
}
