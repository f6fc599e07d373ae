import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { LOG_HEADER_BYTES } from "../storage/log-scan.ts";
import { RawClient } from "../testing/raw-client.ts";
import { CLOSE, create, ephemeral, OPEN_ACL, setData } from "../testing/requests.ts";
import { startServer, type RunningServer } from "../testing/running-servers.ts";
import { CreateFlag } from "../wire/opcodes.ts";
import type { DumpEvent } from "./events.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function logdump(...args: string[]): Result {
  const options = { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], options);
  return { code: status, stdout, stderr };
}

function events(...args: string[]): { code: number | null; events: DumpEvent[] } {
  const { code, stdout } = logdump(...args, "--json");
  const lines = stdout.split("\n").filter((line) => line !== "");
  return { code, events: lines.map((line) => JSON.parse(line) as DumpEvent) };
}

function only<Kind extends DumpEvent["kind"]>(all: readonly DumpEvent[], kind: Kind) {
  return all.filter((event): event is Extract<DumpEvent, { kind: Kind }> => event.kind === kind);
}

/** A server whose directory has two snapshots and two log files, the second snapshot at the end, and what it said of its state. */
async function serve(id: number, dataDir: string): Promise<RunningServer> {
  const running = await startServer(id, dataDir, { tickTime: "100", snapCount: "6" });
  await running.log.waitFor("serving as");
  const { client } = await RawClient.open(running.port);
  await client.call(create("/a", "one"));
  await client.call(ephemeral("/mine"));
  for (let round = 0; round < 6; round++) await client.call(setData("/a", `value ${round}`));
  const data = Buffer.from([0xff, 0]);
  await client.call({
    type: "multi",
    ops: [
      { type: "create", path: "/b", data, acl: OPEN_ACL, flags: CreateFlag.persistent },
      { type: "setData", path: "/a", data: null, version: -1 },
    ],
  });
  await client.call(setData("/missing", "x"));
  await client.call(CLOSE);
  await client.closed;
  await vi.waitFor(() => expect(running.server.stats.snapshotMs.count).toBe(2));
  return running;
}

const base = mkdtempSync(join(tmpdir(), "quorum-lab-logdump-"));
const clean = join(base, "clean");
const stranger = join(base, "stranger");
let digest = "";
let directory = "";
let copies = 0;

beforeAll(async () => {
  const running = await serve(1, clean);
  digest = running.server.finalState().treeDigest;
  running.stop();
  (await serve(2, stranger)).stop();
});
afterAll(() => rmSync(base, { recursive: true, force: true }));
beforeEach(() => {
  directory = join(base, `copy-${++copies}`);
  cpSync(clean, directory, { recursive: true });
});

function files(kind: "log" | "snapshot", of = directory): string[] {
  const folder = join(of, "history-0");
  const names = readdirSync(folder).filter((name) => name.startsWith(`${kind}.`));
  const zxid = (name: string): number => Number.parseInt(name.split(".")[1] ?? "", 16);
  return names.toSorted((a, b) => zxid(a) - zxid(b)).map((name) => join(folder, name));
}

function flip(path: string, offset: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8((bytes[offset] ?? 0) ^ 0x10, offset);
  writeFileSync(path, bytes);
}

function everything(of: string): string {
  const names = readdirSync(of, { recursive: true, encoding: "utf8" }).toSorted();
  return names
    .map((name) => [name, statSync(join(of, name))] as const)
    .map(([name, stat]) => `${name} ${stat.isFile() ? readFileSync(join(of, name), "hex") : ""}`)
    .join("\n");
}

describe("a clean directory", () => {
  test("is told of line by line, is not changed, and ends with 0", () => {
    const before = everything(directory);
    const { code, stdout } = logdump(directory);
    expect(code).toBe(0);
    expect(everything(directory)).toBe(before);
    expect(stdout).toMatch(/^server 1 {2}dataDir .*\nstate .*acceptedEpoch 1 {2}currentEpoch 1 /);
    expect(stdout).toContain("history 0  in force");
    expect(stdout).toMatch(
      /^ {2}0x10000000\d {2}\d{4}-\d\d-\d\dT[\d:.]+Z {2}session 0x[0-9a-f]+ {2}cxid 1 {2}create {2}\/a {2}version 0 {2}3 B$/m,
    );
    expect(stdout).toMatch(/ {2}setData {2}\/a {2}version 6 {2}7 B$/m);
    expect(stdout).toMatch(/a start would recover from snapshot 0x1\w+ to 0x1\w+, committed/);
    expect(stdout).not.toContain("value 3");
    expect(stdout).not.toContain("!");
  });

  test("shows of each transaction and snapshot what the server did", () => {
    const { code, events: all } = events(directory, "--values");
    expect(code).toBe(0);
    const changes = only(all, "txn").map(({ change }) => change);
    expect(changes).toContainEqual({
      type: "setData",
      path: "/a",
      version: 3,
      valueBytes: 7,
      value: "value 2",
      valueEncoding: "utf8",
    });
    expect(changes.find(({ path }) => path === "/mine")?.ephemeralOwner).toMatch(/^0x1/);
    expect(changes.find(({ type }) => type === "multi")?.parts).toHaveLength(2);
    expect(changes).toContainEqual({ type: "error", errorCode: -101 });
    expect(changes.at(-1)).toMatchObject({ type: "closeSession" });
    expect(only(all, "logEnd").reduce((sum, end) => sum + end.transactions, 0)).toBe(
      changes.length,
    );
    const snapshots = only(all, "snapshot");
    expect(snapshots.length).toBeGreaterThan(1);
    expect(snapshots.at(-1)?.content).toMatchObject({ sid: 1, sessions: 0, znodes: 6 });
  });

  test("has the digest that the server had at the snapshot", () => {
    const { events: all } = events(directory);
    const snapshot = only(all, "snapshot").at(-1);
    expect(snapshot?.zxid).toBe(only(all, "txn").at(-1)?.zxid);
    expect(snapshot?.content?.digest).toBe(digest);
  });

  test("is shown from one zxid to another", () => {
    const all = only(events(directory).events, "txn").map(({ zxid }) => zxid);
    const [from, to] = [all[3] as string, all[5] as string];
    const some = events(directory, "--from", from, "--to", String(Number(to)));
    expect(only(some.events, "txn").map(({ zxid }) => zxid)).toEqual(all.slice(3, 6));
  });

  test("may belong to a server that runs, and be parted", async () => {
    const [dataDir, dataLogDir] = [join(base, "data"), join(base, "log")];
    const running = await startServer(1, dataDir, { tickTime: "100", dataLogDir });
    try {
      await running.log.waitFor("serving as");
      const { client } = await RawClient.open(running.port);
      await client.call(create("/here"));
      const { code, stdout } = logdump(dataDir, "--data-log-dir", dataLogDir);
      expect(stdout).toMatch(/create {2}\/here {2}version 0 {2}0 B/);
      expect(code).toBe(0);
      expect((await client.call(create("/still"))).err).toBe(0);
    } finally {
      running.stop();
    }
  });
});

describe("damage", () => {
  test("a torn tail is what recovery cuts off, and the rest is shown", () => {
    const last = files("log").at(-1) as string;
    const size = statSync(last).size;
    const whole = only(events(directory).events, "txn");
    truncateSync(last, size - 3);
    const { code, events: all } = events(directory);
    expect(code).toBe(1);
    const [torn, ...others] = only(all, "finding");
    expect(others).toEqual([]);
    const { offset } = whole.at(-1) as { offset: number };
    expect(torn).toMatchObject({ file: last, offset, verdict: "cut" });
    expect(torn?.found).toMatch(/^torn tail at offset \d+ \(a record of \d+ bytes where only/);
    expect(torn?.advice).toContain("Nothing needs to be done");
    expect(only(all, "txn")).toHaveLength(whole.length - 1);
    const notes = only(all, "recovery")[0]?.notes.join() ?? "";
    expect(notes).toContain(`at offset ${offset} cut off`);
  });

  test("a flipped bit in the middle of the log is refused by name and offset, what follows is shown", () => {
    const last = files("log").at(-1) as string;
    const whole = only(events(directory).events, "txn");
    const inLast = whole.slice(
      -(only(events(directory).events, "logEnd").at(-1)?.transactions ?? 0),
    );
    const victim = inLast[0] as { offset: number; zxid: string };
    flip(last, victim.offset + 40);
    const { code, events: all } = events(directory);
    expect(code).toBe(1);
    const [damage, ...others] = only(all, "finding");
    expect(others).toEqual([]);
    expect(damage).toMatchObject({ file: last, offset: victim.offset, verdict: "refused" });
    expect(damage?.advice).toContain("Restore the file from a copy");
    expect(only(all, "txn").map(({ zxid }) => zxid)).toEqual(
      whole.map(({ zxid }) => zxid).filter((zxid) => zxid !== victim.zxid),
    );
    const refused = only(all, "recovery")[0]?.refused ?? "";
    expect(refused).toContain(`${last}: ${damage?.found}`);
    expect(logdump(directory).stdout).toContain(`! ${last}: ${damage?.found}: recovery refuses`);
  });

  test("a flipped bit in a log's header hides none of its transactions", () => {
    const last = files("log").at(-1) as string;
    const whole = only(events(directory).events, "txn").length;
    flip(last, 12);
    const { code, events: all } = events(directory);
    expect(code).toBe(1);
    expect(only(all, "finding")).toMatchObject([
      { file: last, offset: 0, verdict: "refused", found: expect.stringContaining("header") },
    ]);
    expect(only(all, "txn")).toHaveLength(whole);
  });

  test("in a log below the newest snapshot is not read by recovery", () => {
    const first = files("log")[0] as string;
    flip(first, LOG_HEADER_BYTES + 10);
    const { code, events: all } = events(directory);
    expect(code).toBe(1);
    expect(only(all, "finding")).toMatchObject([{ file: first, verdict: "notRead" }]);
    expect(only(all, "recovery")[0]?.refused).toBeNull();
  });

  test("of the newest snapshot is passed over, and refused when the log does not reach it", () => {
    const newest = files("snapshot").at(-1) as string;
    flip(newest, 60);
    const passed = events(directory);
    expect(passed.code).toBe(1);
    expect(only(passed.events, "finding")).toMatchObject([
      { file: newest, verdict: "passedOver", found: "damaged (checksum mismatch)" },
    ]);
    for (const log of files("log").slice(1)) rmSync(log);
    const refused = events(directory);
    expect(only(refused.events, "finding")).toMatchObject([{ file: newest, verdict: "refused" }]);
    expect(only(refused.events, "recovery")[0]?.refused).toContain("reach only to");
  });

  test("of the state file is named, and all histories are shown", () => {
    const whole = only(events(directory).events, "txn").length;
    flip(join(directory, "state"), 40);
    const { code, events: all } = events(directory);
    expect(code).toBe(1);
    const [damage] = only(all, "finding");
    expect(damage).toMatchObject({ file: join(directory, "state"), verdict: "refused" });
    expect(damage?.advice).toContain("restore it from a copy");
    expect(only(all, "history")).toMatchObject([{ number: 0, standing: "unknown" }]);
    expect(only(all, "txn")).toHaveLength(whole);
    rmSync(join(directory, "state"));
    expect(only(events(directory).events, "finding")[0]?.found).toBe("missing");
  });

  test("swapped files are told by their headers", () => {
    const logs = files("log");
    const [a, b] = [logs.at(-1) as string, logs.at(-2) as string];
    renameSync(a, join(directory, "aside"));
    renameSync(b, a);
    renameSync(join(directory, "aside"), b);
    const { code, events: all } = events(directory);
    expect(code).toBe(1);
    const found = only(all, "finding").filter((one) => one.found.includes("unlike its name"));
    expect(found.map(({ file }) => file).toSorted()).toEqual([a, b].toSorted());
    const [one, two] = files("snapshot").slice(-2) as [string, string];
    cpSync(one, two);
    const last = only(events(directory).events, "finding").find(({ file }) => file === two);
    expect(last?.found).toContain("not what its name says");
  });

  test("another server's log and snapshot are told by their owner", () => {
    const log = files("log").at(-1) as string;
    cpSync(files("log", stranger).at(-1) as string, log);
    const snapshot = files("snapshot").at(-1) as string;
    cpSync(files("snapshot", stranger).at(-1) as string, snapshot);
    const { code, events: all } = events(directory);
    expect(code).toBe(1);
    const theirs = only(all, "finding").filter((one) => one.found.includes("the data of server 2"));
    expect(theirs.map(({ file }) => file)).toEqual([snapshot, log]);
    expect(theirs[0]?.advice).toContain("Correct myid");
    cpSync(join(stranger, "state"), join(directory, "state"));
    expect(logdump(directory).stdout).toMatch(/data of server 1, this is server 2/);
  });

  test("of many places ends somewhere", () => {
    const last = files("log").at(-1) as string;
    writeFileSync(last, Buffer.concat([readFileSync(last), Buffer.alloc(1_000_000, 0xee)]));
    const { events: all } = events(directory);
    expect(only(all, "finding")).toMatchObject([{ file: last, verdict: "cut" }]);
  });
});

describe("usage", () => {
  test("that is wrong is said with what to do, and ends with 2", () => {
    const empty = join(base, "empty");
    mkdirSync(empty);
    for (const [args, said] of [
      [[], /missing required argument 'dir'/],
      [[join(base, "nowhere")], /no server was ever run here; expected a dataDir/],
      [[empty], /no server was ever run here/],
      [[directory, "--from", "1x"], /--from <zxid>.*Expected a zxid/],
      [[directory, "--from", "0x20", "--to", "0x10"], /is above --to/],
      [[directory, "--to"], /argument missing/],
      [[directory, "--verbose"], /unknown option/],
    ] as const) {
      const { code, stderr, stdout } = logdump(...args);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(said);
    }
  });

  test("--help tells of it", () => {
    const { code, stdout } = logdump("--help");
    expect(code).toBe(0);
    expect(stdout).toContain("--data-log-dir");
  });
});
