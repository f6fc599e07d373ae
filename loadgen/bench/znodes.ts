/**
 * `npm run bench -- znodes`: what many znodes cost. Creates them, and says how long that took, what each
 * costs in memory and on disk, how long a snapshot takes and whom it keeps waiting, and how long servers
 * take to come back with all of them: one that has them, all at once, and one with an empty disk.
 */
import type { Command } from "commander";
import { formatBytes, formatCount, formatMs } from "../../results/format.ts";
import type { ZkClient } from "../client/client.ts";
import { ReferenceTarget } from "../targets/reference.ts";
import type { RunningTarget } from "../targets/target.ts";
import { BenchClients } from "./bench-clients.ts";
import { pauseFor, until } from "./interruptible.ts";
import { wholeNumber } from "./options.ts";
import type { BenchContext, JsonOutput } from "./part.ts";
import { createTree, treePaths } from "./znode-tree.ts";

const COUNT_MAX = 20_000_000;
const VALUE_BYTES_MAX = 100_000;
const SETTINGS = ["admin.snapshot.enabled=true", "admin.rateLimiterIntervalInMS=0"];
/** Garbage that the load left is collected within that time, mostly. */
const SETTLE_MS = 5_000;
const PROBE_MS = 5;
const SESSION_TIMEOUT_MS = 30_000;
const SNAPSHOT_MAX_MS = 600_000;

export interface ZnodesFlags {
  readonly count: number;
  readonly valueBytes: number;
  readonly json?: boolean;
}

/** Adds the command; its action is the caller's. */
export function addZnodes(program: Command): Command {
  return program
    .command("znodes")
    .description(
      "What many znodes cost: load, memory, snapshot, restart, a server that joins with an empty disk.",
    )
    .option(
      "--count <n>",
      "znodes, a thousand below each parent",
      wholeNumber(1, COUNT_MAX),
      1_000_000,
    )
    .option("--value-bytes <n>", "data of each", wholeNumber(0, VALUE_BYTES_MAX), 100)
    .option("--json", "the figures as one line on stdout, all else on stderr")
    .allowExcessArguments(false);
}

/** Resolves with the exit code; throws when the servers cannot be started, or `signal` ends it. */
export async function benchZnodes(
  context: BenchContext,
  { count, valueBytes }: ZnodesFlags,
  output: JsonOutput,
): Promise<number> {
  const { env, signal } = context;
  output.progress("znodes: starting reference");
  const running = await new ReferenceTarget(env, { settings: SETTINGS }).start(signal);
  const figures: Record<string, number> = { znodes: count, value_bytes: valueBytes };
  const sessions = new BenchClients(context, running, SESSION_TIMEOUT_MS);
  try {
    await pauseFor(env, SETTLE_MS, signal);
    const beforeBytes = residentBytes(context, running);
    const clients = await Promise.all(running.servers.map(() => sessions.open()));
    const loadMs = await timed(context, () =>
      createTree(context, clients, { count, valueBytes }, (done) =>
        output.progress(`znodes: ${formatCount(done)} of ${formatCount(count)} are created`),
      ),
    );
    figures["load_s"] = loadMs / 1000;
    figures["load_per_s"] = (count / loadMs) * 1000;
    output.line(
      `load: ${formatCount(count)} znodes of ${valueBytes} bytes in ${formatMs(loadMs)}, ` +
        `${formatCount(figures["load_per_s"])}/s`,
    );
    await pauseFor(env, SETTLE_MS, signal);
    const bytes = (residentBytes(context, running) - beforeBytes) / running.servers.length;
    figures["memory_bytes_per_znode"] = bytes / count;
    output.line(
      `memory: ${formatBytes(bytes)} more in each server, ${Math.round(bytes / count)} bytes per znode`,
    );
    await measureSnapshot(context, running, clients, figures, output);
    sessions.abandon();
    await measureRestarts(context, running, sessions, figures, output);
  } finally {
    sessions.abandon();
    await running.stop();
  }
  output.json({ bench: "znodes", verdict: "pass", figures });
  return 0;
}

async function timed(context: BenchContext, run: () => Promise<unknown>): Promise<number> {
  const { clock } = context.env;
  const startMs = clock.nowMs();
  await run();
  return clock.nowMs() - startMs;
}

function residentBytes({ meter }: BenchContext, { pids }: RunningTarget): number {
  const usage = meter.processes(pids);
  if (usage !== null) return usage.rssBytes;
  throw new Error("znodes: this system does not tell the memory of processes (no /proc)");
}

/** The leader's, while a client of it reads: its reads wait for what keeps the server from them. */
async function measureSnapshot(
  context: BenchContext,
  running: RunningTarget,
  clients: readonly ZkClient[],
  figures: Record<string, number>,
  output: JsonOutput,
): Promise<void> {
  const leader = (await running.leader()) ?? 1;
  const [address, client] = [running.admin[leader - 1], clients[leader - 1]];
  if (address === undefined || client === undefined)
    throw new Error("the leader has no admin port");
  output.progress("znodes: a snapshot");
  const url = `http://${address.host}:${address.port}/commands/snapshot?streaming=false`;
  let size = 0;
  let snapshotMs = 0;
  const take = async (): Promise<void> => {
    const answer = await fetch(url, {
      headers: { Authorization: "digest bench:bench" },
      signal: AbortSignal.any([context.signal, AbortSignal.timeout(SNAPSHOT_MAX_MS)]),
    });
    if (!answer.ok) throw new Error(`no snapshot: ${await answer.text()}`);
    await answer.text();
    size = Number(answer.headers.get("snapshot_size"));
  };
  const worstMs = await worstReadDuring(context, client, async () => {
    snapshotMs = await timed(context, take);
  });
  Object.assign(figures, {
    snapshot_s: snapshotMs / 1000,
    snapshot_bytes: size,
    snapshot_bytes_per_znode: size / (figures["znodes"] ?? 1),
    snapshot_worst_read_ms: worstMs,
  });
  output.line(
    `snapshot: ${formatMs(snapshotMs)}, ${formatBytes(size)}, ` +
      `${Math.round(figures["snapshot_bytes_per_znode"] ?? 0)} bytes per znode; ` +
      `a read of this server waited ${formatMs(worstMs)} at most meanwhile`,
  );
}

/** The longest that a read of the client took while `run` went on, ms. */
async function worstReadDuring(
  context: BenchContext,
  client: ZkClient,
  run: () => Promise<void>,
): Promise<number> {
  const over = new AbortController();
  const [worstMs] = await Promise.all([
    probe(context, client, over.signal),
    run().finally(() => over.abort()),
  ]);
  return worstMs;
}

async function probe(context: BenchContext, client: ZkClient, over: AbortSignal): Promise<number> {
  const { env, signal } = context;
  const [path = "/"] = treePaths(1);
  let worstMs = 0;
  while (!over.aborted) {
    const startMs = env.clock.nowMs();
    await until(signal, client.getData(path));
    worstMs = Math.max(worstMs, env.clock.nowMs() - startMs);
    await pauseFor(env, PROBE_MS, signal);
  }
  return worstMs;
}

async function measureRestarts(
  context: BenchContext,
  running: RunningTarget,
  sessions: BenchClients,
  figures: Record<string, number>,
  output: JsonOutput,
): Promise<void> {
  const { signal } = context;
  const ids = running.servers.map(({ id }) => id);
  const leader = await running.leader();
  const follower = ids.find((id) => id !== leader) ?? 1;
  const measure = async (name: string, what: string, servers: readonly number[]): Promise<void> => {
    output.progress(`znodes: ${what}`);
    const tookMs = await timed(context, () =>
      Promise.all(servers.map((id) => running.restart(id, signal))),
    );
    figures[name] = tookMs / 1000;
    output.line(`${what}: serves after ${formatMs(tookMs)}`);
  };
  await running.kill(follower);
  await measure("restart_follower_s", "a follower that was killed", [follower]);
  await Promise.all(ids.map((id) => running.kill(id)));
  await measure("restart_all_s", "all servers after they were killed", ids);
  const source = (await running.leader()) ?? 1;
  const joiner = ids.find((id) => id !== source) ?? 1;
  await running.kill(joiner);
  await running.wipe(joiner);
  const client = await sessions.open(source);
  const worstMs = await worstReadDuring(context, client, () =>
    measure("join_s", "a server with an empty disk", [joiner]),
  );
  figures["join_worst_read_ms"] = worstMs;
  output.line(`  a read of the leader waited ${formatMs(worstMs)} at most meanwhile`);
}
