import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AppendFile, Disk, DiskDone, Env } from "./env.ts";
import { ErrorCode } from "./errors.ts";
import { RawClient } from "./testing/raw-client.ts";
import { create, exists, getData, setData } from "./testing/requests.ts";
import { type RunningServer, startServer, startServers } from "./testing/running-servers.ts";
import { decodeData } from "./wire/replies.ts";

/** A disk of this machine that has no space left while `full` says so. */
class FillingDisk implements Disk {
  full = false;
  /** There is room for what files have begun, and for no new one. */
  refusesFiles = false;
  readonly #disk: Disk;
  readonly #env: Env;

  constructor(env: Env) {
    this.#env = env;
    this.#disk = env.disk;
  }

  list(directory: string): string[] {
    return this.#disk.list(directory);
  }
  makeDirectory(directory: string): void {
    this.#disk.makeDirectory(directory);
  }
  exists(path: string): boolean {
    return this.#disk.exists(path);
  }
  read(path: string): Buffer {
    return this.#disk.read(path);
  }
  removeDurable(path: string, done: DiskDone): void {
    this.#disk.removeDurable(path, done);
  }
  lock(directory: string): () => void {
    return this.#disk.lock?.(directory) ?? (() => undefined);
  }
  replaceDurable(path: string, chunks: readonly Buffer[], done: DiskDone): void {
    if (this.#refuses(done, this.full || (this.refusesFiles && path.includes("snapshot")))) return;
    this.#disk.replaceDurable(path, chunks, done);
  }
  openAppend(path: string, done: (result: AppendFile | Error) => void): void {
    this.#disk.openAppend(path, (file) => {
      if (file instanceof Error) done(file);
      else
        done({
          path: file.path,
          appendDurable: (chunks, appended) => {
            if (!this.#refuses(appended)) file.appendDurable(chunks, appended);
          },
          truncateDurable: (size, cut) => file.truncateDurable(size, cut),
          close: () => file.close(),
        });
    });
  }

  #refuses(done: DiskDone, refuses = this.full): boolean {
    if (!refuses) return false;
    const error = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    this.#env.timers.soon(() => done(error));
    return true;
  }
}

/** Sessions that last for as long as a test. */
const LONG = { timeOut: 60_000 };

let directory: string;
let disks: FillingDisk[];
let started: { stop(): void }[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "quorum-lab-test-"));
  disks = [];
  started = [];
});
afterEach(() => {
  for (const running of started) running.stop();
  rmSync(directory, { recursive: true, force: true });
});

function onFillingDisk(env: Env): Env {
  const disk = new FillingDisk(env);
  disks.push(disk);
  return { ...env, disk };
}

async function start(keys: Readonly<Record<string, string>> = {}): Promise<RunningServer> {
  const running = await startServer(
    1,
    directory,
    { tickTime: "100", maxSessionTimeout: "60000", ...keys },
    onFillingDisk,
  );
  started.push(running);
  return running;
}

test("on a full disk writes are refused and reads go on; with space again all that was taken is done", async () => {
  const running = await start();
  await running.log.waitFor("serving as");
  const [one, two] = await Promise.all([1, 2].map(() => RawClient.open(running.port, LONG)));
  if (one === undefined || two === undefined) throw new Error("no clients");
  await one.client.call(create("/kept", "before"));
  (disks[0] as FillingDisk).full = true;
  // On its way to the disk when that is full: it waits for room.
  one.client.request(setData("/kept", "taken"));
  const { fields, level, message } = await running.log.waitFor("the disk is full");
  expect(level).toBe("error");
  expect(message).toContain(`make room in dataDir ${directory}`);
  expect(String(fields["err"])).toContain("ENOSPC");
  expect((await two.client.call(setData("/kept", "refused"))).err).toBe(ErrorCode.ThrottledOp);
  expect((await two.client.call(create("/refused"))).err).toBe(ErrorCode.ThrottledOp);
  expect(decodeData((await two.client.call(getData("/kept"))).body).data?.toString()).toBe(
    "before",
  );
  (disks[0] as FillingDisk).full = false;
  expect((await one.client.reply()).err).toBe(0);
  await running.log.waitFor("the disk has room again");
  expect(decodeData((await two.client.call(getData("/kept"))).body).data?.toString()).toBe("taken");
  expect((await two.client.call(create("/room-again"))).err).toBe(0);
  expect(running.fatal()).toBeNull();
  // And it is on disk.
  running.stop();
  const again = await start();
  await again.log.waitFor("serving as");
  const { client } = await RawClient.open(again.port);
  expect(decodeData((await client.call(getData("/kept"))).body).data?.toString()).toBe("taken");
});

test("a snapshot for which there is no room is left out", async () => {
  const running = await start({ snapCount: "10" });
  await running.log.waitFor("serving as");
  const { client } = await RawClient.open(running.port, LONG);
  await client.call(create("/n"));
  (disks[0] as FillingDisk).refusesFiles = true;
  while (!running.log.lines.some((line) => line.message.includes("left out a snapshot")))
    await client.call(setData("/n", "x"));
  (disks[0] as FillingDisk).refusesFiles = false;
  expect((await client.call(setData("/n", "y"))).err).toBe(0);
  expect(running.fatal()).toBeNull();
});

test("a server that starts on a full disk says so and stops", async () => {
  const starting = start();
  (disks[0] as FillingDisk).full = true;
  const running = await starting;
  const line = await running.log.waitFor("cannot go on");
  expect(String(line.fields["reason"])).toContain("ENOSPC");
});

test("when a follower's disk is full the others go on, and it catches up with its disk later", async () => {
  const ensemble = await startServers(3, { env: onFillingDisk });
  started.push(ensemble);
  const [full, healthy] = ensemble.followers as [RunningServer, RunningServer];
  const { client } = await RawClient.open(healthy.port, LONG);
  await client.call(create("/shared"));
  const disk = disks[full.id - 1] as FillingDisk;
  disk.full = true;
  for (let i = 0; i < 20; i++) expect((await client.call(setData("/shared", `${i}`))).err).toBe(0);
  await full.log.waitFor("the disk is full");
  const reader = await RawClient.open(full.port, LONG);
  expect((await reader.client.call(exists("/shared"))).err).toBe(0);
  disk.full = false;
  await full.log.waitFor("the disk has room again");
  const { loggedZxid, appliedZxid } = full.server.status();
  expect(loggedZxid).toBe(appliedZxid);
});

test("a leader whose disk is full goes on with the logs of the others", async () => {
  const ensemble = await startServers(3, { env: onFillingDisk });
  started.push(ensemble);
  const { leader } = ensemble;
  const { client } = await RawClient.open(leader.port, LONG);
  await client.call(create("/shared"));
  (disks[leader.id - 1] as FillingDisk).full = true;
  for (let i = 0; i < 20; i++) expect((await client.call(setData("/shared", `${i}`))).err).toBe(0);
  expect(leader.fatal()).toBeNull();
});
