import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AppendFile, Disk, DiskDone, Env } from "./env.ts";
import { RawClient } from "./testing/raw-client.ts";
import { create, exists, getChildren, setData } from "./testing/requests.ts";
import { type RunningServer, startServer, startServers } from "./testing/running-servers.ts";
import { decodeChildren } from "./wire/replies.ts";

/** A disk of this machine that has no space left while `full` says so. */
class FillingDisk implements Disk {
  full = false;
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
    if (!this.#refuses(done)) this.#disk.replaceDurable(path, chunks, done);
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

  #refuses(done: DiskDone): boolean {
    if (!this.full) return false;
    const error = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    this.#env.timers.soon(() => done(error));
    return true;
  }
}

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

async function start(): Promise<RunningServer> {
  const running = await startServer(1, directory, { tickTime: "100" }, onFillingDisk);
  started.push(running);
  return running;
}

test("a server whose disk is full says so and stops; with space again it has everything acknowledged", async () => {
  const first = await start();
  await first.log.waitFor("serving as");
  const { client } = await RawClient.open(first.port);
  const acknowledged = [];
  for (let i = 0; ; i++) {
    if (i === 10) (disks[0] as FillingDisk).full = true;
    client.request(create(`/n-${i}`));
    if ((await client.frameOrEnd()) === null) break;
    acknowledged.push(`n-${i}`);
  }
  expect(acknowledged).toHaveLength(10);
  expect(first.fatal()).toContain("ENOSPC");
  expect(first.fatal()).toContain(directory);
  expect(first.log.complaints().filter(({ level }) => level === "error")).toHaveLength(1);

  const second = await start();
  await second.log.waitFor("serving as");
  const back = await RawClient.open(second.port);
  const names = decodeChildren((await back.client.call(getChildren("/"))).body);
  expect(names).toEqual(expect.arrayContaining(acknowledged));
  expect((await back.client.call(create("/room-again"))).err).toBe(0);
});

test("a server that starts on a full disk says so and stops", async () => {
  const starting = start();
  (disks[0] as FillingDisk).full = true;
  const running = await starting;
  const line = await running.log.waitFor("cannot go on");
  expect(String(line.fields["reason"])).toContain("ENOSPC");
});

test("when a follower's disk is full the others go on, and no write is lost", async () => {
  const ensemble = await startServers(3, { env: onFillingDisk });
  started.push(ensemble);
  const [full, healthy] = ensemble.followers as [RunningServer, RunningServer];
  const { client } = await RawClient.open(healthy.port);
  await client.call(create("/shared"));
  (disks[full.id - 1] as FillingDisk).full = true;
  for (let i = 0; i < 20; i++) expect((await client.call(setData("/shared", `${i}`))).err).toBe(0);
  await full.log.waitFor("cannot go on");
  expect((await client.call(exists("/shared"))).err).toBe(0);
  expect(ensemble.leader.server.gauges().syncedFollowers).toBe(1);
});
