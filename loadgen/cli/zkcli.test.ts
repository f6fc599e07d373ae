/**
 * What the commands print, line by line: testdata/zkcli.txt has it, and it is what ZooKeeper's own shell
 * prints for them. Where they differ on purpose, `cli.test.ts` has ours.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLog, createNodeEnv } from "../../server/node-env.ts";
import { ReferenceTarget } from "../targets/reference.ts";
import type { RunningTarget } from "../targets/target.ts";
import { findZooKeeper39, type Installation } from "../targets/zookeeper.ts";
import { runCli } from "./cli.ts";
import { Captured } from "./testing/captured.ts";

const TRANSCRIPT = path.join(import.meta.dirname, "testdata/zkcli.txt");
const FENCE = "sync /";
const FENCED = "Sync is OK\n";
const env = createNodeEnv({ log: createLog({ level: "error", name: "test" }) });
const found = findZooKeeper39(process.env);
const [zkcli, missing] = typeof found === "string" ? [null, found] : [found, ""];

let target: RunningTarget;
beforeAll(async () => {
  const settings = ["extendedTypesEnabled=true"];
  target = await new ReferenceTarget(env, {
    servers: 1,
    settings,
    clientInServerLines: true,
  }).start();
}, 60_000);
afterAll(() => target.stop());

function server(): string {
  const { host, port } = target.servers[0] ?? { host: "", port: 0 };
  return `${host}:${port}`;
}

/** Without what differs from run to run. */
function normalized(text: string, root: string): string {
  return text
    .replaceAll(root, "/R")
    .replace(/^([cmp]Zxid) = 0x[0-9a-f]+$/gm, "$1 = ZXID")
    .replace(
      /^([cm]time) = (Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d [\w+:-]+ \d{4}$/gm,
      "$1 = DATE",
    )
    .replace(/^ephemeralOwner = 0x[0-9a-f]{12,}$/gm, "ephemeralOwner = SESSION")
    .replace(/zxid: \d+/g, "zxid: ZXID")
    .replace(/127\.0\.0\.1:\d+(:\d+)?/g, "HOST");
}

/**
 * The lines that follow each command, its events first: ZooKeeper's shell prints those from another
 * thread, in the middle of what the command prints.
 */
function eventsFirst(text: string): (readonly string[])[] {
  return text.split(/^(?=> )/m).map((block) => {
    const lines = block.split("\n").filter((line) => line !== "" && line !== "WATCHER::");
    const isEvent = (line: string): boolean => line.startsWith("WatchedEvent ");
    const [command = "", ...rest] = lines;
    return [command, ...rest.filter(isEvent), ...rest.filter((line) => !isEvent(line))];
  });
}

interface Peer {
  write(line: string): void;
  /** Waits for the text; gives what was printed before it. */
  until(text: string): Promise<string>;
}

/** What the peer prints for each line of the transcript, in the form of the transcript. */
async function play(peer: Peer, root: string): Promise<string> {
  const lines = readFileSync(TRANSCRIPT, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("> "))
    .map((line) => line.slice(2));
  let text = "";
  for (const line of lines) {
    peer.write(line.replaceAll("/R", root));
    // Its answer is told after all events before it.
    peer.write(FENCE);
    const printed = await peer.until(FENCED);
    text += `> ${line}\n${normalized(printed, root)}`;
  }
  return text;
}

/** It wants a terminal; without it the shell reads lines. */
function withoutJline(classPath: readonly string[]): string[] {
  return classPath.flatMap((entry) => {
    if (!entry.endsWith("*")) return [entry];
    const directory = path.dirname(entry);
    const jars = readdirSync(directory).filter((name) => name.endsWith(".jar"));
    return jars
      .filter((name) => !name.startsWith("jline"))
      .map((name) => path.join(directory, name));
  });
}

test("the commands print what the transcript says", async () => {
  const shell = new Captured(tmpdir());
  const ended = runCli(["-server", server()], shell.io);
  const text = await play(
    {
      write: (line) => void shell.stdin.write(`${line}\n`),
      until: async (fence) => (await shell.seen(fence)).slice(0, -fence.length),
    },
    "/ours",
  );
  shell.stdin.end();
  expect(await ended).toBe(0);
  await expect(text).toMatchFileSnapshot(TRANSCRIPT);
});

const skipped = zkcli === null ? ` (skipped: ${missing})` : "";
test.skipIf(zkcli === null)(`and so does ZooKeeper's shell${skipped}`, async () => {
  const directory = mkdtempSync(path.join(tmpdir(), "quorum-lab-test-"));
  writeFileSync(
    path.join(directory, "logback.xml"),
    '<configuration><root level="OFF"></root></configuration>',
  );
  const { java, classPath } = zkcli as Installation;
  const jars = [directory, ...withoutJline(classPath)].join(path.delimiter);
  const shell = ["-cp", jars, "org.apache.zookeeper.ZooKeeperMain", "-server", server()];
  const child = spawn(
    "sh",
    // One stream for both, in the order of printing.
    ["-c", 'exec "$@" 2>&1', "sh", java, "-Xmx128m", ...shell],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const seen = new Captured(tmpdir());
  child.stdout.on("data", (chunk: Buffer) => void seen.stdout.write(chunk));
  try {
    child.stdin.write(`${FENCE}\n`);
    await seen.seen(FENCED);
    const text = await play(
      {
        write: (line) => void child.stdin.write(`${line}\n`),
        until: async (fence) => (await seen.seen(fence)).slice(0, -fence.length),
      },
      "/zkcli",
    );
    expect(eventsFirst(text)).toEqual(eventsFirst(readFileSync(TRANSCRIPT, "utf8")));
  } finally {
    child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  }
});
