import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server as NetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RawClient } from "./testing/raw-client.ts";
import { create, ephemeral, exists, getData, setData } from "./testing/requests.ts";
import { ServerProcess } from "./testing/server-process.ts";
import { decodeData, decodeStat } from "./wire/replies.ts";

let directory: string;
let started: ServerProcess[];
let taken: NetServer | null;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "quorum-lab-test-"));
  started = [];
  taken = null;
});
afterEach(async () => {
  taken?.close();
  await Promise.all(started.map((server) => server.kill()));
  rmSync(directory, { recursive: true, force: true });
});

function start(keys: Readonly<Record<string, string | null>> = {}): ServerProcess {
  const server = new ServerProcess(directory, keys);
  started.push(server);
  return server;
}

/** The message of the only line that complains. */
function complaint(lines: readonly string[]): string {
  const messages = lines
    .map((line) =>
      line.startsWith("{") ? (JSON.parse(line) as { level: string; msg: string }) : line,
    )
    .filter((line) => typeof line === "string" || line.level === "error")
    .map((line) => (typeof line === "string" ? line : line.msg));
  expect(messages).toHaveLength(1);
  return messages[0] ?? "";
}

/** Names and contents of all files below a directory, the lock and SQLite's own apart. */
function contents(of: string): string {
  const hash = createHash("sha256");
  for (const entry of readdirSync(of, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.startsWith("LOCK")) continue;
    hash
      .update(`${entry.parentPath}/${entry.name}:`)
      .update(readFileSync(join(entry.parentPath, entry.name)));
  }
  return hash.digest("hex");
}

async function takePort(): Promise<number> {
  taken = createServer();
  await new Promise<void>((resolve) => taken?.listen(0, "127.0.0.1", resolve));
  return (taken.address() as AddressInfo).port;
}

describe("refused at the start, with exit code 2 and one message", () => {
  test.each(["clientPort", "admin.serverPort", "rest.serverPort", "link.listen"] as const)(
    "%s names a port that is in use",
    async (key) => {
      const port = await takePort();
      const peers = { "server.1": "127.0.0.1:1", "server.2": "127.0.0.1:2", myid: "1" };
      const server =
        key === "link.listen"
          ? start({ ...peers, [key]: `127.0.0.1:${port}` })
          : start({
              "rest.enabled": key === "rest.serverPort" ? "true" : null,
              [key]: `${port}`,
            });
      const { code, lines } = await server.exit;
      expect(code).toBe(2);
      const message = complaint(lines);
      expect(message).toContain(`127.0.0.1:${port}`);
      expect(message).toContain(key);
      expect(message).toContain("in use");
    },
  );

  test("dataDir is a file", async () => {
    writeFileSync(join(directory, "data"), "not a directory");
    const { code, lines } = await start().exit;
    expect(code).toBe(2);
    expect(complaint(lines)).toMatch(/data.*not a directory/);
    expect(readFileSync(join(directory, "data"), "utf8")).toBe("not a directory");
  });

  test("dataLogDir cannot be made", async () => {
    writeFileSync(join(directory, "file"), "");
    const dataLogDir = join(directory, "file", "log");
    const { code, lines } = await start({ dataLogDir }).exit;
    expect(code).toBe(2);
    const message = complaint(lines);
    expect(message).toContain("dataLogDir");
    expect(message).toContain(dataLogDir);
  });

  test("dataDir is another server's", async () => {
    const first = start({ myid: "1" });
    await first.port();
    await first.kill("SIGTERM");
    const before = contents(first.dataDir);
    const { code, lines } = await start({ myid: "2" }).exit;
    expect(code).toBe(2);
    expect(complaint(lines)).toMatch(/server 1.*server 2|server 2.*server 1/);
    expect(contents(first.dataDir)).toBe(before);
  });

  test("dataDir is used by a server that runs", async () => {
    const first = start();
    await first.port();
    const { code, lines } = await start().exit;
    expect(code).toBe(2);
    expect(complaint(lines)).toContain("in use by another server process");
  });

  test("the middle of the log is damaged", async () => {
    const first = start();
    const { client } = await RawClient.open(await first.port());
    for (let i = 0; i < 20; i++) await client.call(create(`/n-${i}`, Buffer.alloc(100, i)));
    await first.kill();
    const log = readdirSync(first.dataDir, { recursive: true, encoding: "utf8" }).find((name) =>
      /log/.test(name.split("/").at(-1) ?? ""),
    );
    const path = join(first.dataDir, log ?? "");
    const bytes = readFileSync(path);
    bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 0xff;
    writeFileSync(path, bytes);
    const before = contents(first.dataDir);
    const { code, lines } = await start().exit;
    expect(code).toBe(2);
    expect(complaint(lines)).toContain(path);
    expect(contents(first.dataDir)).toBe(before);
  });

  test.each([
    [{ clientPort: "seven" }, "clientPort"],
    [{ dataDir: null }, "dataDir"],
    [{ tickTme: "5" }, "tickTime"],
    [{ myid: "900" }, "myid"],
  ])("a zoo.cfg with %o", async (keys, named) => {
    const server = start(keys);
    const { code, lines } = await server.exit;
    expect(code).toBe(2);
    expect(complaint(lines)).toContain(named);
    expect(complaint(lines)).toContain("zoo.cfg");
  });
});

describe("stopped and started again", () => {
  test("SIGTERM ends it with exit code 0, and everything acknowledged is there afterwards", async () => {
    const first = start();
    const { client } = await RawClient.open(await first.port());
    await client.call(create("/kept", "value"));
    expect((await first.kill("SIGTERM")).code).toBe(0);
    const again = await RawClient.open(await start().port());
    expect(decodeData((await again.client.call(getData("/kept"))).body).data?.toString()).toBe(
      "value",
    );
  });

  test("snapshots are taken, and a killed server comes back from snapshot and log with its sessions", async () => {
    const keys = { snapCount: "50" };
    const first = start(keys);
    const { client, response } = await RawClient.open(await first.port(), { timeOut: 2_000 });
    await client.call(ephemeral("/mine"));
    await client.call(create("/counter"));
    for (let i = 1; i <= 170; i++) await client.call(setData("/counter", `${i}`));
    const { body, zxid } = await client.call(exists("/counter"));
    const before = decodeStat(body);
    await first.kill();
    const names = readdirSync(first.dataDir, { recursive: true, encoding: "utf8" });
    expect(names.filter((name) => /snapshot/.test(name)).length).toBeGreaterThan(0);
    mkdirSync(directory, { recursive: true });

    const back = await RawClient.open(await start(keys).port(), {
      ...response,
      lastZxidSeen: zxid,
    });
    expect(back.response.sessionId).toBe(response.sessionId);
    expect(decodeStat((await back.client.call(exists("/counter"))).body)).toEqual(before);
    const mine = decodeStat((await back.client.call(exists("/mine"))).body);
    expect(mine.ephemeralOwner).toBe(response.sessionId);
  });

  test("a session that does not come back after a restart expires with its ephemerals", async () => {
    const first = start();
    const { client } = await RawClient.open(await first.port(), { timeOut: 200 });
    await client.call(ephemeral("/left"));
    await first.kill();
    const watching = await RawClient.open(await start().port(), { timeOut: 2_000 });
    const present = await watching.client.call(exists("/left", true));
    if (present.err === 0) await watching.client.event();
    expect((await watching.client.call(exists("/left"))).err).toBe(-101);
  });
});
