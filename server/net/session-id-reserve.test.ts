import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Disk } from "../env.ts";
import type { ServerId, SessionId } from "../ids.ts";
import { NodeDisk } from "../node-env/node-disk.ts";
import { CapturedLog } from "../testing/captured-log.ts";
import { SessionIdReserve, sessionIdsPath } from "./session-id-reserve.ts";
import { SessionIds } from "./session-ids.ts";

const START_MS = 1_700_000_000_000;
const HOUR_MS = 3_600_000;
const SID = 3 as ServerId;

let directory: string;
let log: CapturedLog;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "quorum-lab-test-"));
  log = new CapturedLog();
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function reserve(wallMs: number, disk: Disk = new NodeDisk(), sid = SID): SessionIdReserve {
  const clock = { wallMs: () => wallMs, nowMs: () => 0 };
  return new SessionIdReserve({ clock, disk, log }, sid, directory);
}

async function opened(wallMs: number, disk?: Disk, sid?: ServerId): Promise<SessionIdReserve> {
  const ids = reserve(wallMs, disk, sid);
  await new Promise<void>((resolve) => ids.open(resolve));
  return ids;
}

function take(ids: SessionIdReserve, count: number): bigint[] {
  return Array.from({ length: count }, () => BigInt.asUintN(64, ids.next() as SessionId));
}

describe("session ids", () => {
  test("begin with the server and the time, as ZooKeeper's", async () => {
    const [first = 0n, second] = take(await opened(START_MS), 2);
    expect(first >> 56n).toBe(3n);
    expect((first >> 16n) & 0xff_ffff_ffffn).toBe(BigInt.asUintN(40, BigInt(START_MS)));
    expect(second).toBe(first + 1n);
  });

  test.each([
    ["an hour back", -HOUR_MS],
    ["as it was", 0],
    ["forward", HOUR_MS],
  ])("never come again in a later run whose clock is %s", async (_name, shiftMs) => {
    const before = take(await opened(START_MS), 100_000);
    const after = take(await opened(START_MS + shiftMs), 100_000);
    expect(after[0]! > before.at(-1)!).toBe(true);
  });

  test("never come again after many runs within one millisecond", async () => {
    const seen = new Set<bigint>();
    for (let run = 0; run < 20; run++)
      for (const id of take(await opened(START_MS), 10)) seen.add(id);
    expect(seen.size).toBe(200);
  });

  test("are those of the server's own number, also in a directory of another", async () => {
    await opened(START_MS + HOUR_MS);
    const [first = 0n] = take(await opened(START_MS, undefined, 200 as ServerId), 1);
    expect(first >> 56n).toBe(200n);
    expect((first >> 16n) & 0xff_ffff_ffffn).toBe(BigInt.asUintN(40, BigInt(START_MS)));
  });
});

describe("the reservation", () => {
  test("is on disk before the first id is given out, whoever asks first", async () => {
    const ids = reserve(START_MS);
    expect(ids.next()).toBeNull();
    await new Promise<void>((resolve) => ids.open(resolve));
    const reserved = BigInt(readFileSync(sessionIdsPath(directory), "latin1").trim());
    const [first = 0n] = take(ids, 1);
    expect(reserved).toBe(first + (1n << 24n) - 1n);
  });

  test("that cannot be written costs a line, and no session", async () => {
    const full = Object.assign(new NodeDisk(), {
      replaceDurable: (_path: string, _chunks: unknown, done: (error: Error) => void) =>
        setImmediate(done, new Error("ENOSPC")),
    });
    expect(take(await opened(START_MS, full), 3)).toHaveLength(3);
    expect(log.complaints()).toHaveLength(1);
  });

  test("that is damaged costs a line, and the ids are those of the clock", async () => {
    writeFileSync(sessionIdsPath(directory), "\0\0\0\0");
    const [first = 0n] = take(await opened(START_MS), 1);
    expect((first >> 16n) & 0xff_ffff_ffffn).toBe(BigInt.asUintN(40, BigInt(START_MS)));
    expect(log.complaints()).toHaveLength(1);
  });
});

test("after 35 years ids begin anew, and none of them is that of a container", () => {
  const wrapMs = 2 ** 40;
  const before = new SessionIds(128 as ServerId, wrapMs - 1);
  const after = new SessionIds(128 as ServerId, wrapMs, before.last);
  expect(after.next()).toBe(BigInt.asIntN(64, (128n << 56n) | 1n));
  const back = new SessionIds(128 as ServerId, wrapMs - 1, after.last);
  expect(back.next()).toBe(BigInt.asIntN(64, (128n << 56n) | 2n));
});
