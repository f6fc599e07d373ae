import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, expect, test } from "vitest";
import { createLog, createNodeEnv } from "../../server/node-env.ts";
import { startLocalEnsemble } from "./local-ensemble.ts";
import { ReferenceTarget } from "./reference.ts";
import type { RunningTarget } from "./target.ts";
import { findZooKeeper } from "./zookeeper.ts";

const env = createNodeEnv({ log: createLog({ level: "error", name: "test" }) });
let running: RunningTarget | null = null;
afterEach(async () => {
  await running?.stop();
  running = null;
});

function directories(name: string): string[] {
  return readdirSync(tmpdir()).filter((each) => each.startsWith(`quorum-bench-${name}`));
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function startScript(name: string, script: string, signal?: AbortSignal): Promise<RunningTarget> {
  return startLocalEnsemble({
    env,
    name,
    servers: 1,
    settings: [],
    command: () => ({ file: process.execPath, args: ["-e", script] }),
    leads: () => Promise.resolve(false),
    hasAdmin: false,
    ...(signal === undefined ? {} : { signal }),
  });
}

test("a machine without Java or ZooKeeper is told what to install", () => {
  expect(findZooKeeper({ PATH: "/nowhere" })).toMatch(/install a JRE/);
});

test("an ensemble whose servers end at once says what they said, and leaves nothing behind", async () => {
  const starting = startScript("broken", "console.error('no such configuration'); process.exit(3)");
  await expect(starting).rejects.toThrow(/broken: server 1 ended \(exit code 3\)\nno such conf/);
  expect(directories("broken")).toEqual([]);
});

test("an ensemble whose port was taken meanwhile is started anew on others, some times", async () => {
  const ports = new Set<string>();
  const starting = startLocalEnsemble({
    env,
    name: "taken",
    servers: 1,
    settings: [],
    command: (cfgFile) => {
      ports.add(/^clientPort=(\d+)$/m.exec(readFileSync(cfgFile, "utf8"))?.[1] ?? "none");
      return {
        file: process.execPath,
        args: ["-e", "console.error('the port is in use'); process.exit(2)"],
      };
    },
    leads: () => Promise.resolve(false),
    hasAdmin: false,
  });
  await expect(starting).rejects.toThrow("the port is in use");
  expect(ports.size).toBe(4);
  expect(directories("taken")).toEqual([]);
});

test("a start that is interrupted leaves no process and no directory", async () => {
  const interrupt = new AbortController();
  const starting = startScript("idle", "setInterval(() => {}, 1000)", interrupt.signal);
  interrupt.abort(new Error("Ctrl-C"));
  await expect(starting).rejects.toThrow("Ctrl-C");
  expect(directories("idle")).toEqual([]);
});

test("a killed leader gives way to another one, comes back, and all end with the ensemble", async () => {
  const target = (running = await new ReferenceTarget(env).start());
  expect(target.pids).toHaveLength(3);
  const first = await leaderOf(target);
  await expect(target.restart(first)).rejects.toThrow(`server ${first} is running`);
  await target.kill(first);
  expect(target.pids).toHaveLength(2);
  expect(await leaderOf(target)).not.toBe(first);
  await target.restart(first);
  const { pids } = target;
  expect(pids).toHaveLength(3);
  await target.stop();
  running = null;
  expect(pids.filter((pid) => !isGone(pid))).toEqual([]);
}, 60_000);

async function leaderOf(target: RunningTarget): Promise<number> {
  for (;;) {
    const leader = await target.leader();
    if (leader !== null) return leader;
  }
}
