import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { reservePorts } from "./engines/local/ports.ts";
import { runEnsemble } from "./ensemble-command.ts";

const FAKE = fileURLToPath(new URL("engines/local/fake-server.ts", import.meta.url));

interface Run {
  readonly out: string[];
  readonly err: string[];
  /** Resolves with the first line on stdout that matches. */
  line(pattern: RegExp): Promise<string>;
  end(): void;
  readonly exitCode: Promise<number>;
}

function run(...args: string[]): Run {
  const out: string[] = [];
  const err: string[] = [];
  const waiting: { pattern: RegExp; resolve: (line: string) => void }[] = [];
  const end = new AbortController();
  const exitCode = runEnsemble(args, {
    out: (line) => {
      out.push(line);
      for (const { pattern, resolve } of waiting) if (pattern.test(line)) resolve(line);
    },
    err: (line) => void err.push(line),
    end: end.signal,
    serverMain: FAKE,
  });
  return {
    out,
    err,
    line: (pattern) => {
      const shown = out.find((line) => pattern.test(line));
      if (shown !== undefined) return Promise.resolve(shown);
      return new Promise((resolve) => waiting.push({ pattern, resolve }));
    },
    end: () => end.abort(new Error("ended by SIGINT")),
    exitCode,
  };
}

/** The first of `count` ports in a row that are free. */
async function freePortRow(count: number): Promise<number> {
  for (;;) {
    const reservation = await reservePorts(1);
    await reservation.release();
    const first = reservation.ports[0] as number;
    const servers = Array.from({ length: count }, (_, n) => createServer().listen(first + n));
    const results = await Promise.allSettled(servers.map((server) => once(server, "listening")));
    for (const server of servers) server.close();
    if (results.every((result) => result.status === "fulfilled")) return first;
  }
}

test("with --json one line on stdout tells where the servers are, and logs go to stderr", async () => {
  const port = await freePortRow(2);
  const command = run("--servers", "2", "--client-port", String(port), "--json");
  const line = await command.line(/./);
  const answer = JSON.parse(line) as {
    servers: { id: number; pid: number; client: string; admin: string }[];
    leader: number;
  };
  expect(answer.leader).toBe(2);
  expect(answer.servers.map(({ id, client }) => [id, client])).toEqual([
    [1, `127.0.0.1:${port}`],
    [2, `127.0.0.1:${port + 1}`],
  ]);
  for (const { pid, admin } of answer.servers) {
    expect(process.kill(pid, 0)).toBe(true);
    expect((await fetch(`http://${admin}/commands/ruok`)).status).toBe(200);
  }
  command.end();
  expect(await command.exitCode).toBe(0);
  expect(command.out).toEqual([line]);
  expect(command.err.some((text) => text.includes("listening"))).toBe(true);
  for (const { pid } of answer.servers) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

test("--observers adds servers without a vote, and says which they are", async () => {
  const port = await freePortRow(2);
  const command = run("--servers=1", "--observers=1", `--client-port=${port}`, "--json");
  const answer = JSON.parse(await command.line(/./)) as { servers: { id: number; role: string }[] };
  expect(answer.servers.map(({ id, role }) => [id, role])).toEqual([
    [1, "participant"],
    [2, "observer"],
  ]);
  command.end();
  expect(await command.exitCode).toBe(0);
  const tooMany = run("--servers=9", "--observers=7");
  expect(await tooMany.exitCode).toBe(2);
  expect(tooMany.err.join()).toContain("expected at most 15 together");
});

test("a person is told the connect string, and --set reaches every server", async () => {
  const port = await freePortRow(3);
  const command = run("--client-port", String(port), "--set", "tickTime=321");
  const directory = /Data and logs are in (\S+) \(removed/.exec(await command.line(/Ctrl-C/))?.[1];
  expect(command.out).toContain(
    `  npm run cli -- -server 127.0.0.1:${port},127.0.0.1:${port + 1},127.0.0.1:${port + 2}`,
  );
  expect(command.out).toContain(
    `  zkCli.sh -server 127.0.0.1:${port},127.0.0.1:${port + 1},127.0.0.1:${port + 2}`,
  );
  expect(command.err).toEqual(["Starting 3 servers …"]);
  for (const id of [1, 2, 3]) {
    const config = readFileSync(join(directory as string, `server-${id}`, "zoo.cfg"), "utf8");
    expect(config).toContain("tickTime=321\n");
  }
  command.end();
  expect(await command.exitCode).toBe(0);
  expect(existsSync(directory as string)).toBe(false);
});

test("data that was asked to be kept is there for the next start", async () => {
  const directory = mkdtempSync(join(tmpdir(), "ensemble-test-"));
  try {
    for (let round = 1; round <= 2; round++) {
      const port = await freePortRow(1);
      const command = run("--servers=1", `--client-port=${port}`, "--data", directory);
      expect(await command.line(/Ctrl-C/)).toContain(`${directory} (kept)`);
      command.end();
      expect(await command.exitCode).toBe(0);
      expect(existsSync(join(directory, "server-1", "data", "myid"))).toBe(true);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("when all servers have ended on their own, the command ends too, and tells why", async () => {
  const port = await freePortRow(1);
  const command = run("--servers=1", `--client-port=${port}`);
  await command.line(/Ctrl-C/);
  const socket = connect(port, "127.0.0.1", () => socket.write("crash"));
  socket.on("error", () => undefined);
  expect(await command.exitCode).toBe(1);
  expect(command.err).toContain("server 1 ended: exit code 7");
  expect(command.err.join("\n")).toContain("the disk is on fire");
  expect(command.err.at(-2)).toBe("All servers have ended.");
});

test("an end that is asked for during the start is no error, and leaves nothing", async () => {
  const port = await freePortRow(3);
  const command = run("--client-port", String(port));
  command.end();
  expect(await command.exitCode).toBe(0);
  expect(command.out).toEqual([]);
});

describe("what is wrong is named, and the exit code is 2", () => {
  test.each<[string[], string]>([
    [["--servers", "0"], "Expected a whole number from 1 to 15."],
    [["--servers", "x"], "'x' is invalid"],
    [["--client-port", "70000"], "Expected a whole number from 1 to 65535."],
    [["--client-port", "65534"], "gives server 3 port 65536, expected at most 65533"],
    [["--set", "tickTime"], "Expected KEY=VALUE"],
    [["--set", "tickTime=1", "--set", "tickTime=2"], "tickTime is set twice."],
    [["--set", "tikTime=1"], "tikTime: unknown key, the nearest known one is tickTime"],
    [["--set", "dataDir=/x"], "dataDir: found in the settings, expected not there"],
    [["--severs", "3"], "unknown option '--severs'"],
    [["three"], "too many arguments"],
  ])("%j", async (args, message) => {
    const command = run(...args);
    expect(await command.exitCode).toBe(2);
    expect(command.err.join("\n")).toContain(message);
    expect(command.out).toEqual([]);
  });

  test("a port in use", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const { port } = holder.address() as AddressInfo;
    const command = run("--client-port", String(port));
    expect(await command.exitCode).toBe(2);
    expect(command.err.join("\n")).toContain(`client port ${port} is in use`);
    holder.close();
  });
});

test("--help describes every flag", async () => {
  const command = run("--help");
  expect(await command.exitCode).toBe(0);
  for (const flag of ["--servers", "--client-port", "--data", "--set", "--json"]) {
    expect(command.out.join("\n")).toContain(flag);
  }
});
