/** The shell's modes, its exit codes and its ends; what commands print: `zkcli.test.ts`. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLog, createNodeEnv } from "../../server/node-env.ts";
import { ReferenceTarget } from "../targets/reference.ts";
import type { RunningTarget } from "../targets/target.ts";
import { runCli } from "./cli.ts";
import { Captured } from "./testing/captured.ts";
import { CliProcess, type Ended } from "./testing/cli-process.ts";

const env = createNodeEnv({ log: createLog({ level: "error", name: "test" }) });
let directory: string;
let target: RunningTarget;
let address: string;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "quorum-lab-test-"));
  const settings = ["reconfigEnabled=true", "skipACL=yes", "readonlymode.enabled=true"];
  const options = {
    servers: 3,
    settings: [...settings, "tickTime=200"],
    clientInServerLines: true,
  };
  target = await new ReferenceTarget(env, options).start();
  address = target.servers.map(({ host, port }) => `${host}:${port}`).join(",");
}, 60_000);
afterAll(async () => {
  await target.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Runs the shell in this process, with this on stdin. */
async function cli(args: readonly string[], input = ""): Promise<Ended> {
  const streams = new Captured(directory);
  streams.stdin.end(input);
  const code = await runCli(args, streams.io);
  return { code, stdout: streams.out, stderr: streams.err };
}
function command(...words: readonly string[]): Promise<Ended> {
  return cli(["-server", address, ...words]);
}
function script(lines: readonly string[], ...options: readonly string[]): Promise<Ended> {
  return cli(["-server", address, ...options], `${lines.join("\n")}\n`);
}

describe("one command", () => {
  test("prints its result and nothing else, with exit code 0", async () => {
    const created = await command("create", "/one", "data with spaces");
    expect(created).toEqual({ code: 0, stdout: "Created /one\n", stderr: "" });
    const read = await command("get", "/one");
    expect(read).toEqual({ code: 0, stdout: "data with spaces\n", stderr: "" });
    expect((await command("set", "/one", "-5", "-v", "0")).code).toBe(0);
    expect((await command("get", "/one")).stdout).toBe("-5\n");
    expect((await command("set", "/one", "--", "-x y")).code).toBe(0);
    expect((await command("get", "/one")).stdout).toBe("-x y\n");
  });

  test("that fails says why on stderr, with exit code 1", async () => {
    const { code, stdout, stderr } = await command("get", "/none");
    expect([code, stdout, stderr]).toEqual([1, "", "Node does not exist: /none\n"]);
    expect(await command("addauth", "nonsense", "x")).toEqual({
      code: 1,
      stdout: "",
      stderr: "KeeperErrorCode = AuthFailed for scheme nonsense\n",
    });
  });

  test.each([
    [["lss", "/"], "Command not found: lss (help lists the commands)"],
    [["getacl", "/"], "Command not found: getacl (did you mean getAcl?)"],
    [["ls", "-q", "/"], "Unrecognized option: -q\nls [-s] [-w] [-R] path"],
    [["set", "/a"], "set path data [-s] [-v version] [-b]"],
    [["set", "/a", "two", "words"], 'Unexpected "words" (quote what has spaces)\nset path'],
    [["set", "/a", "x", "-v"], "Missing argument for option: v\nset path"],
    [["set", "/a", "x", "-v", "one"], "-v one: expected a whole number from -2147483648"],
    [["set", "/a", "x", "-b"], "-b x: expected data in base64"],
    [["create", "a"], "Path must start with / character"],
    [["create", "-s", "-c", "/a"], "-c cannot be combined with -s or -e"],
    [["create", "-t", "0", "/a"], "-t 0: expected a whole number from 1 to 1099511627775"],
    [["create", "/a", "x", "world:anyone"], "world:anyone does not have the form scheme:id:perm"],
    [["setAcl", "/a", "world:anyone:rx"], "Unknown perm type: x in world:anyone:rx"],
    [["addWatch", "-m", "SOMETIMES", "/a"], "-m SOMETIMES: expected one of PERSISTENT"],
    [["setquota", "-n", "0", "/a"], "-n 0: expected a whole number from 1"],
    [["setquota", "-n", "1", "-b", "1", "/a"], "expected exactly one of -n, -b, -N and -B"],
    [["setquota", "-n", "1", "/"], "/ cannot have a quota"],
    [["reconfig"], "expected -add or -remove, or one of -members and -file"],
    [["reconfig", "-add", "x", "-file", "y"], "-add and -remove cannot be combined"],
    [["reconfig", "-file", "/no/such"], "-file /no/such: ENOENT"],
    [["redo", "7"], "redo 7: expected the number of a line that history has"],
    [["printwatches", "maybe"], "printwatches maybe: expected on or off"],
    [["connect", "host:port"], 'server "host:port": expected HOST:PORT'],
  ])("%j is not understood: exit code 2, and what to write", async (words, message) => {
    const { code, stdout, stderr } = await command(...words);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  test.each([
    [["-server", "nowhere:99999", "ls", "/"], "with ports from 1 to 65535"],
    [["-server", "a:1/app/", "ls", "/"], "Path must not end with / character"],
    [["-timeout", "soon", "ls", "/"], "Expected milliseconds from 1"],
    [["-servers", "a:1", "ls", "/"], "unknown option '-servers'"],
    [["-server"], "argument missing"],
  ])("options that make no sense are refused: %j", async (args, message) => {
    const { code, stdout, stderr } = await cli(args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  test("--help and help list the commands; help takes one", async () => {
    const { code, stdout } = await cli(["--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/default:\s+localhost:2181\)/);
    expect(stdout).toContain("deleteall path [-b batch size]");
    expect((await command("help")).stdout).toContain("\tdeleteall path [-b batch size]\n");
    expect((await command("help", "ls")).stdout).toBe("ls [-s] [-w] [-R] path\n");
  });

  test("says that no server is there, and where it looked", async () => {
    const { code, stderr } = await cli(["-server", "127.0.0.1:1", "-timeout", "50", "ls", "/"]);
    expect(code).toBe(1);
    expect(stderr).toContain("no server at 127.0.0.1:1 opened a session within 50 ms");
  });

  test("below a chroot sees that part of the tree alone, also in errors and events", async () => {
    await script(["create /app", "create /app/in x", "create /outside"]);
    const { stdout, stderr } = await cli(
      ["-server", `${address}/app`],
      "ls /\nls -R /\nget -w /in\nset /in y\nget /none\ncreate -e /e\ngetEphemerals\nsetquota -n 9 /in\n",
    );
    expect(stdout.replace(/zxid: \d+/, "zxid: N")).toBe(
      "[in]\n/\n/in\nx\n\nWATCHER::\n\n" +
        "WatchedEvent state:SyncConnected type:NodeDataChanged path:/in zxid: N\n" +
        "Created /e\n[/e]\n",
    );
    expect(stderr).toBe("Node does not exist: /none\n");
    expect((await command("listquota", "/app/in")).stdout).toContain("count=9,");
  });
});

describe("a script", () => {
  test("goes on after an error; its exit code is that of the last command", async () => {
    const lines = ["# a comment", "", "create /s1", "get /none", "create /s1", "create /s2"];
    const { code, stdout, stderr } = await script(lines);
    expect(stdout).toBe("Created /s1\nCreated /s2\n");
    expect(stderr).toBe("Node does not exist: /none\nNode already exists: /s1\n");
    expect(code).toBe(0);
    expect((await script(["ls /", "nonsense"])).code).toBe(2);
    expect((await script(["ls /", "get /none", "# end"])).code).toBe(1);
  });

  test.each(["-e", "--stop-on-error"])("stops at the first error with %s", async (option) => {
    const { code, stdout } = await script(["help ls", "delete /none", "help get"], option);
    expect([code, stdout]).toEqual([1, "ls [-s] [-w] [-R] path\n"]);
  });

  test("closes, connects elsewhere, and says when it is not connected", async () => {
    const [first, second] = address.split(",") as [string, string];
    const lines = ["create -e /gone", "close", "ls /", `connect ${second}`, "sync /", "get /gone"];
    const { stdout, stderr } = await cli(["-server", first], lines.join("\n"));
    expect(stdout).toBe("Created /gone\nSync is OK\n");
    expect(stderr).toBe("Not connected: connect opens a new session\nNode does not exist: /gone\n");
  });

  test("does lines again, and numbers them", async () => {
    const { stdout, stderr } = await script([
      "create -s /redo-",
      "redo 0",
      "redo 1",
      "redo 5",
      "history",
    ]);
    const [one, two, three, ...history] = stdout.trimEnd().split("\n");
    expect([one, two, three].map((line) => line?.replace(/\d{10}$/, "N"))).toEqual([
      "Created /redo-N",
      "Created /redo-N",
      "Created /redo-N",
    ]);
    expect(new Set([one, two, three]).size).toBe(3);
    expect(history).toEqual([
      "0 - create -s /redo-",
      "1 - create -s /redo-",
      "2 - create -s /redo-",
      "3 - redo 5",
      "4 - history",
    ]);
    expect(stderr).toContain("redo 5: expected the number");
  });

  test("keeps no history file", async () => {
    await script(["ls /"]);
    expect(() => rmSync(path.join(directory, ".quorum-lab-history"))).toThrow("ENOENT");
  });
});

describe("a process", () => {
  test("quit ends it while its stdin stays open, and its ephemerals go at once", async () => {
    const shell = new CliProcess("-server", address);
    shell.child.stdin.write("create -e /q\nquit\n");
    expect(await shell.ended).toEqual({ code: 0, stdout: "Created /q\n", stderr: "" });
    expect((await script(["sync /", "get /q"])).stderr).toBe("Node does not exist: /q\n");
  });

  test("a signal closes its session and ends it", async () => {
    const shell = new CliProcess("-server", address);
    shell.child.stdin.write("create -e /signalled\n");
    await shell.printed("Created");
    shell.child.kill("SIGTERM");
    expect((await shell.ended).code).toBe(128 + 15);
    expect((await script(["sync /", "get /signalled"])).stderr).toContain("does not exist");
  });

  test("Ctrl-C ends it while it waits for a server", async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const knocked = new Promise<Socket>((resolve) => silent.once("connection", resolve));
    const { port } = silent.address() as AddressInfo;
    const shell = new CliProcess("-server", `127.0.0.1:${port}`, "ls", "/");
    const socket = await knocked;
    shell.child.kill("SIGINT");
    expect(await shell.ended).toEqual({ code: 128 + 2, stdout: "", stderr: "" });
    socket.destroy();
    silent.close();
  });

  test("gives data byte for byte, and ends when nobody reads on", async () => {
    await command("create", "/bytes");
    await command("set", "/bytes", "-b", "AP8bCg==");
    const shell = new CliProcess("-server", address, "get", "/bytes");
    expect((await shell.ended).stdout).toBe("\u0000\u00ff\u001b\n\n");
    const endless = new CliProcess("-server", address);
    endless.child.stdout.destroy();
    endless.child.stdin.on("error", () => undefined);
    endless.child.stdin.write("ls /\nls /\nls /\n");
    expect(await endless.ended).toEqual({ code: 128 + 13, stdout: "", stderr: "" });
  });
});

// The last: the ensemble is smaller after each.
describe("an ensemble that shrinks", () => {
  test("shows the configuration, and changes it by its file", async () => {
    const clients = (await command("config", "-c")).stdout;
    expect(clients).toBe(`${/^\w+/.exec(clients)?.[0]} ${address}\n`);
    const lines = (await command("config")).stdout;
    const [, version = ""] = /^version=(\w+)$/m.exec(lines) ?? [];
    const file = path.join(directory, "members.cfg");
    writeFileSync(file, lines.replace(/^server\.3=.*\n/m, "").replaceAll("=", " = "));
    const wrong = await command("reconfig", "-file", file, "-v", "77");
    expect(wrong).toMatchObject({
      code: 1,
      stderr: "version No is not valid : /zookeeper/config\n",
    });
    const { code, stdout, stderr } = await command("reconfig", "-s", "-v", version, "-file", file);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      /^Committed new configuration:\nserver\.1=.*\nserver\.2=.*\nversion=\w+\ncZxid = 0x/,
    );
  });

  test("without a quorum answers reads to a shell with -r", async () => {
    await command("create", "/kept", "as it was");
    const [first = ""] = address.split(",");
    await target.kill(2);
    const lines = "get /kept\nset /kept new\n";
    const { code, stdout, stderr } = await cli(["-server", first, "-r"], lines);
    expect([code, stdout, stderr]).toEqual([1, "as it was\n", "Not a read-only call: /kept\n"]);
    const without = await cli(["-server", first, "-timeout", "100"], lines);
    expect(without.stderr).toContain(`no server at ${first} opened a session`);
  });
});
