/** The shell at a terminal: keys go in, the screen comes out. The server is a process. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createLog, createNodeEnv } from "../../server/node-env.ts";
import { ReferenceTarget } from "../targets/reference.ts";
import type { RunningTarget } from "../targets/target.ts";
import { runCli } from "./cli.ts";
import { Captured } from "./testing/captured.ts";

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
const UP = "\u001b[A";
const env = createNodeEnv({ log: createLog({ level: "error", name: "test" }) });
let target: RunningTarget;
let address: string;
let home: string;
let historyFile: string;
let open: { terminal: Terminal; ended: Promise<number> }[] = [];

beforeAll(async () => {
  target = await new ReferenceTarget(env, { servers: 1 }).start();
  address = target.servers.map(({ host, port }) => `${host}:${port}`).join(",");
}, 60_000);
afterAll(() => target.stop());
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "quorum-lab-test-"));
  historyFile = path.join(home, ".quorum-lab-history");
});
afterEach(async () => {
  for (const { terminal } of open) terminal.streams.end.abort();
  await Promise.all(open.map(({ ended }) => ended));
  open = [];
  rmSync(home, { recursive: true, force: true });
});

class Terminal {
  readonly streams: Captured;
  readonly ended: Promise<number>;
  constructor(server = address) {
    this.streams = new Captured(home, true);
    this.ended = runCli(["-server", server], this.streams.io);
    open.push({ terminal: this, ended: this.ended });
  }

  /** As if typed: each key by itself. */
  type(...keys: readonly string[]): void {
    for (const key of keys) this.streams.stdin.write(key);
  }
  /** Waits until the screen has it; gives what came up to it. */
  sees(text: string): Promise<string> {
    return this.streams.seen(text);
  }
  /** Waits for the prompt of the command with this number. */
  prompt(number: number, state = "CONNECTED"): Promise<string> {
    return this.sees(`(${state}) ${number}] `);
  }
}

/** A terminal whose shell is connected. */
async function connected(): Promise<Terminal> {
  const terminal = new Terminal();
  await terminal.sees("WatchedEvent state:SyncConnected type:None path:null zxid: -1");
  await terminal.prompt(0);
  return terminal;
}

describe("at a terminal", () => {
  test("the prompt says where and how it is connected, and counts the commands", async () => {
    const terminal = await connected();
    terminal.type("create /seen hello\r");
    expect(await terminal.prompt(1)).toContain("Created /seen\n");
    terminal.type("get /seen\r");
    expect(await terminal.prompt(2)).toContain(`hello\n`);
    terminal.type("close\r");
    await terminal.prompt(3, "CLOSED");
    terminal.type("ls /\r");
    expect(await terminal.prompt(4, "CLOSED")).toContain("Not connected");
    terminal.type("connect\r");
    await terminal.prompt(5);
    terminal.type("quit\r");
    expect(await terminal.ended).toBe(0);
  });

  test("Tab completes commands, then paths as far as they agree, and lists what they may be", async () => {
    const terminal = await connected();
    terminal.type("create /tab\r");
    await terminal.prompt(1);
    terminal.type("create /tab/inner-1 one\r");
    await terminal.prompt(2);
    terminal.type("create /tab/inner-2 two\r");
    await terminal.prompt(3);
    terminal.type("get", "A", "\t");
    await terminal.sees("getA");
    terminal.type("\t", "\t");
    const listed = await terminal.sees("getAllChildrenNumber");
    expect(listed).toContain("getAcl");
    terminal.type(CTRL_C);
    await terminal.sees("^C");
    terminal.type("get /ta", "\t");
    await terminal.sees("get /tab");
    terminal.type("/", "\t");
    await terminal.sees("/inner-");
    terminal.type("2", "\r");
    expect(await terminal.prompt(4)).toContain("two\n");
    terminal.type("get /no/such/", "\t", "x", "\r");
    expect(await terminal.prompt(5)).toContain("Node does not exist: /no/such/x");
  });

  test("an event is printed above what is being typed, which stays", async () => {
    const terminal = await connected();
    terminal.type("addWatch /\r");
    await terminal.prompt(1);
    const other = await connected();
    terminal.type("get /typ");
    await terminal.sees("get /typ");
    other.type("create /typed text\r");
    await terminal.sees("WatchedEvent state:SyncConnected type:NodeCreated path:/typed");
    await terminal.sees("1] get /typ");
    terminal.type("ed\r");
    expect(await terminal.prompt(2)).toContain("text\n");
  });

  test("Ctrl-C takes away what is typed; twice on an empty line it leaves", async () => {
    const terminal = await connected();
    terminal.type("delete /precious", CTRL_C);
    await terminal.sees("^C");
    terminal.type("\r", CTRL_C);
    await terminal.sees("(Ctrl-C once more, Ctrl-D or quit leaves)");
    terminal.type("ls /\r");
    expect(await terminal.prompt(1)).toContain("zookeeper");
    terminal.type(CTRL_C);
    await terminal.sees("(Ctrl-C once more");
    terminal.type(CTRL_C);
    expect(await terminal.ended).toBe(0);
  });

  test("Ctrl-C breaks off a command that waits, and the shell goes on", async () => {
    const terminal = new Terminal("127.0.0.1:1");
    await terminal.prompt(0, "CONNECTING");
    terminal.type("get /a\r");
    await terminal.sees("get /a");
    terminal.type(CTRL_C);
    await terminal.sees("Interrupted; what was asked may still be done");
    await terminal.prompt(1, "CONNECTING");
    terminal.type(`connect ${address}\r`);
    await terminal.prompt(2);
    terminal.type(CTRL_D);
    expect(await terminal.ended).toBe(0);
  });

  test("the session ends with the shell: its ephemerals are gone", async () => {
    const terminal = await connected();
    terminal.type("create -e /mine x\r");
    await terminal.prompt(1);
    terminal.type(CTRL_D);
    expect(await terminal.ended).toBe(0);
    const other = await connected();
    other.type("get /mine\r");
    expect(await other.prompt(1)).toContain("Node does not exist: /mine");
  });

  test("what a znode says to the terminal is made harmless", async () => {
    const terminal = await connected();
    terminal.type(`create /evil\r`);
    await terminal.prompt(1);
    terminal.type("set -b /evil YRtbMkpiCmMJZA==\r");
    await terminal.prompt(2);
    terminal.type("get /evil\r");
    expect(await terminal.prompt(3)).toContain("a�[2Jb\nc\td\n");
  });
});

describe("the history", () => {
  test("is kept for the next shell, for the user alone, without secrets", async () => {
    const first = await connected();
    first.type("ls /zookeeper\r");
    await first.prompt(1);
    first.type("addauth digest ann:secret\r");
    await first.prompt(2);
    first.type(CTRL_D);
    await first.ended;
    expect(readFileSync(historyFile, "utf8")).toBe("ls /zookeeper\n");
    expect(statSync(historyFile).mode & 0o777).toBe(0o600);
    const second = await connected();
    second.type(UP);
    await second.sees("ls /zookeeper");
    second.type("\r");
    expect(await second.prompt(1)).toContain("[config, quota]");
  });

  test("is cut when it has grown to twice its bound", async () => {
    const lines = Array.from({ length: 2001 }, (_, index) => `get /${index}\n`);
    writeFileSync(historyFile, lines.join(""));
    const terminal = await connected();
    terminal.type(UP);
    await terminal.sees("get /2000");
    expect(readFileSync(historyFile, "utf8")).toBe(lines.slice(-1000).join(""));
  });

  test("that cannot be kept is said once, and the shell goes on", async () => {
    rmSync(home, { recursive: true });
    writeFileSync(home, "no directory");
    const terminal = new Terminal();
    await terminal.sees("The history is not kept: ENOTDIR");
    await terminal.prompt(0);
    terminal.type("ls /zookeeper\r");
    expect(await terminal.prompt(1)).not.toContain("The history is not kept");
  });
});
