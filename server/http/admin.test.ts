import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Log } from "../env.ts";
import { makeZxid } from "../ids.ts";
import { ServerStats } from "../stats.ts";
import { startAdminServer } from "./admin.ts";
import type { AdminServer } from "./admin.ts";
import type { HotZnode, ServerGauges, ServerStatus, ServerView } from "./view.ts";

const STATUS: ServerStatus = {
  server: 2,
  state: "LEADING",
  epoch: 3,
  leader: 2,
  appliedZxid: makeZxid(3, 41),
  committedZxid: makeZxid(3, 42),
  loggedZxid: makeZxid(3, 43),
  serving: true,
  part: "participant",
  ensemble: { version: 0, voters: [1, 2, 3], observers: [] },
  clientAddress: "127.0.0.1:2181",
  elections: [],
  recovery: { lastZxid: 0, notes: ["torn tail cut"] },
  config: { tickTime: 2000 },
};

const GAUGES: ServerGauges = {
  znodeCount: 1003,
  watchCount: 7,
  sessionCount: 5,
  ephemeralCount: 4,
  connectionCount: 6,
  outstanding: 9,
  unreadBytes: 11,
  approximateDataBytes: 123_456,
  quorumSize: 3,
  learners: 2,
  syncedFollowers: 1,
  syncedObservers: 0,
  leaderUptimeMs: 5_000,
  uptimeMs: 6_000,
};

const silent = (): void => undefined;
let logged: string[] = [];
const log: Log = {
  debug: silent,
  info: silent,
  warn: silent,
  error: (_fields, message) => void logged.push(message),
};

class StubView implements ServerView {
  readonly stats = new ServerStats();
  current = STATUS;
  hot: HotZnode[] = [{ path: "/hot", watchers: 100, notifications: 900 }];
  broken = false;

  status(): ServerStatus {
    return this.current;
  }
  gauges(): ServerGauges {
    return GAUGES;
  }
  finalState() {
    if (this.broken) throw new Error("no tree");
    return { server: 2, appliedZxid: 1, treeDigest: "abc", ephemerals: {}, sessions: ["0x1"] };
  }
  hotZnodes(limit: number, by: "watchers" | "notifications"): readonly HotZnode[] {
    return this.hot.toSorted((a, b) => b[by] - a[by]).slice(0, limit);
  }
}

let view: StubView;
let admin: AdminServer;
let base: string;

beforeEach(async () => {
  logged = [];
  view = new StubView();
  admin = await startAdminServer(view, { host: "127.0.0.1", port: 0 }, log);
  base = `http://127.0.0.1:${admin.address.port}`;
});
afterEach(() => admin.close());

async function metrics(): Promise<string[]> {
  return (await (await fetch(`${base}/metrics`)).text()).split("\n");
}

describe("commands", () => {
  test("status is the server's own account of itself", async () => {
    const response = await fetch(`${base}/commands/status`);
    expect(response.headers.get("content-type")).toContain("application/json");
    expect(await response.json()).toEqual(STATUS);
  });

  test("final answers; ZooKeeper's commands say that nobody is served as long as nobody is", async () => {
    expect(await (await fetch(`${base}/commands/final`)).json()).toEqual(view.finalState());
    for (const [name, command] of [
      ["ruok", "ruok"],
      ["srvr", "server_stats"],
      ["snapshot", "snapshot"],
    ]) {
      expect(await (await fetch(`${base}/commands/${name}`)).json()).toEqual({
        command,
        error: "This ZooKeeper instance is not currently serving requests",
      });
    }
  });

  test("hot gives as many znodes as were asked for, and refuses a wrong limit by name", async () => {
    view.hot = Array.from({ length: 30 }, (_, n) => ({
      path: `/${n}`,
      watchers: 0,
      notifications: 30 - n,
    }));
    const count = async (query: string): Promise<number> => {
      const response = await fetch(`${base}/commands/hot${query}`);
      return ((await response.json()) as { znodes: unknown[] }).znodes.length;
    };
    expect(await count("")).toBe(10);
    expect(await count("?limit=25")).toBe(25);
    const first = async (query: string): Promise<unknown> => {
      const response = await fetch(`${base}/commands/hot${query}`);
      return ((await response.json()) as { znodes: unknown[] }).znodes[0];
    };
    view.hot = [
      { path: "/crowded", watchers: 9, notifications: 0 },
      { path: "/busy", watchers: 0, notifications: 9 },
    ];
    expect(await first("")).toMatchObject({ path: "/crowded" });
    expect(await first("?by=notifications")).toMatchObject({ path: "/busy" });
    expect((await fetch(`${base}/commands/hot?by=size`)).status).toBe(400);
    for (const limit of ["0", "x", "1001", "-1"]) {
      const response = await fetch(`${base}/commands/hot?limit=${limit}`);
      expect(response.status).toBe(400);
      expect(await response.text()).toContain("limit: found");
    }
  });
});

describe("what is not a question", () => {
  test("an unknown path is answered with the list of paths", async () => {
    for (const path of ["/", "/command", "/commands/statusx", "/constructor", "/__proto__"]) {
      const response = await fetch(base + path);
      expect(response.status).toBe(404);
      const body = (await response.json()) as { paths: string[] };
      expect(body.paths).toContain("/commands/status");
      expect(body.paths).toContain("/metrics");
    }
    const response = await fetch(`${base}/commands/constructor`);
    expect([response.status, await response.json()]).toMatchObject([
      404,
      { command: "constructor", error: "Unknown command: constructor" },
    ]);
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS"])("%s is not allowed", async (method) => {
    const response = await fetch(`${base}/commands/status`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, HEAD");
  });

  test("HEAD answers without a body", async () => {
    const response = await fetch(`${base}/metrics`, { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
  });

  test("a header beyond the limit and a body are refused, and the port goes on", async () => {
    const huge = await fetch(base, { headers: { "x-pad": "a".repeat(10_000) } });
    expect(huge.status).toBe(431);
    expect(await raw("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")).toMatch(
      /^HTTP\/1\.1 413 /,
    );
    expect(await raw("\x00\x01garbage\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
    expect((await fetch(`${base}/commands/ruok`)).status).toBe(200);
  });

  test("a command that fails is answered with 500, and said in the log", async () => {
    view.broken = true;
    expect((await fetch(`${base}/commands/final`)).status).toBe(500);
    expect(logged).toEqual(["the admin port could not answer a request"]);
  });
});

describe("metrics", () => {
  test("gauges have ZooKeeper's names and the server's figures", async () => {
    const lines = await metrics();
    for (const line of [
      "znode_count 1003",
      "watch_count 7",
      "ephemerals_count 4",
      "num_alive_connections 6",
      "outstanding_requests 9",
      "approximate_data_size 123456",
      "quorum_size 3",
      "learners 2",
      "synced_followers 1",
      "leader_uptime 5000",
      "quorumlab_epoch 3",
      "quorumlab_applied_zxid_counter 41",
      `quorumlab_role{role="LEADING"} 1`,
      `quorumlab_role{role="FOLLOWING"} 0`,
    ]) {
      expect(lines).toContain(line);
    }
  });

  test("every counter of the stats shows up, and a second reading shows what was added", async () => {
    view.stats.packetsReceived = 10;
    view.stats.requests.getData = 4;
    let lines = await metrics();
    expect(lines).toContain("packets_received 10");
    expect(lines).toContain(`quorumlab_requests{kind="getData"} 4`);
    view.stats.packetsReceived = 15;
    view.stats.requests.getData = 5;
    lines = await metrics();
    expect(lines).toContain("packets_received 15");
    expect(lines).toContain(`quorumlab_requests{kind="getData"} 5`);
  });

  test("no number of the stats is left out of the page", async () => {
    const stats = view.stats as unknown as Record<string, unknown>;
    const names = Object.keys(stats).filter((name) => typeof stats[name] === "number");
    for (const [index, name] of names.entries()) stats[name] = 770_000 + index;
    const page = await metrics();
    const missing = names.filter(
      (_name, index) => !page.some((line) => line.endsWith(` ${770_000 + index}`)),
    );
    expect(missing).toEqual([]);
  });

  test("a distribution is there as ZooKeeper's summary and as a histogram of ours", async () => {
    for (const ms of [0.05, 0.15, 0.15, 20_000]) view.stats.fsyncMs.observe(ms);
    const lines = await metrics();
    expect(lines).toContain("# TYPE fsynctime summary");
    expect(lines).toContain(`fsynctime{quantile="0.99"} 19600`);
    expect(lines).toContain("fsynctime_count 4");
    expect(lines).toContain("fsynctime_sum 20000.35");
    expect(lines).toContain("# TYPE quorumlab_fsync_ms histogram");
    expect(lines).toContain(`quorumlab_fsync_ms_bucket{le="0.1"} 1`);
    expect(lines).toContain(`quorumlab_fsync_ms_bucket{le="0.2"} 3`);
    expect(lines).toContain(`quorumlab_fsync_ms_bucket{le="10000"} 3`);
    expect(lines).toContain(`quorumlab_fsync_ms_bucket{le="+Inf"} 4`);
    expect(lines).toContain("quorumlab_fsync_ms_count 4");
    expect(lines.some((line) => line.startsWith("election_time_count "))).toBe(true);
  });

  test("each phase of an election and each stage of a write has its times", async () => {
    const { stats } = view;
    const phases = { durationMs: 70, electionMs: 30, discoveryMs: 15, synchronizationMs: 25 };
    stats.elected(phases, false);
    stats.elected({ ...phases, durationMs: 80 }, true);
    stats.prepareMs.observe(1);
    stats.applyMs.observe(2);
    stats.updateMs.observe(3);
    const byType = { created: 3, deleted: 0, dataChanged: 0, childrenChanged: 4 };
    stats.fannedOut({ watchers: 7, byType, durationMs: 5 });
    const lines = await metrics();
    for (const line of [
      "election_time_sum 60",
      "unavailable_time_sum 150",
      "leader_unavailable_time_sum 80",
      "quorumlab_election_choice_ms_sum 60",
      "quorumlab_election_discovery_ms_sum 30",
      "quorumlab_election_synchronization_ms_sum 50",
      "prep_process_time_sum 1",
      "write_final_proc_time_ms_sum 2",
      "updatelatency_sum 3",
      "quorumlab_watch_fan_out_sum 7",
      "quorumlab_watch_fan_out_ms_sum 5",
      "node_created_watch_count_sum 3",
      "node_deleted_watch_count_count 0",
      "node_changed_watch_count_count 0",
      "node_children_watch_count_sum 4",
      "local_sessions 0",
    ]) {
      expect(lines).toContain(line);
    }
  });

  test("the hottest by watchers and the hottest by notifications are different ones", async () => {
    view.hot = [
      ...Array.from({ length: 10 }, (_, n) => ({ path: `/w${n}`, watchers: 9, notifications: 0 })),
      ...Array.from({ length: 10 }, (_, n) => ({ path: `/n${n}`, watchers: 0, notifications: 9 })),
    ];
    const lines = await metrics();
    const paths = (name: string): string[] =>
      lines.filter((line) => line.startsWith(`${name}{`)).map((line) => line.slice(name.length));
    expect(paths("quorumlab_hot_znode_watchers")).toHaveLength(10);
    expect(paths("quorumlab_hot_znode_watchers")).toContain(`{path="/w9"} 9`);
    expect(paths("quorumlab_hot_znode_notifications")).toHaveLength(10);
    expect(paths("quorumlab_hot_znode_notifications")).toContain(`{path="/n9"} 9`);
  });

  test("znodes that are hot are named, few, short, and gone when they cooled", async () => {
    const long = `/${"x".repeat(500)}`;
    view.hot = [
      { path: `${long}a`, watchers: 1, notifications: 5 },
      { path: `${long}b`, watchers: 2, notifications: 4 },
      { path: `/quo"te\n`, watchers: 3, notifications: 3 },
      ...Array.from({ length: 20 }, (_, n) => ({ path: `/${n}`, watchers: 0, notifications: 1 })),
    ];
    let hot = (await metrics()).filter((line) => line.startsWith("quorumlab_hot_znode_watchers{"));
    expect(hot).toContain(`quorumlab_hot_znode_watchers{path="/${"x".repeat(199)}…"} 3`);
    expect(hot).toContain(`quorumlab_hot_znode_watchers{path="/quo\\"te\\n"} 3`);
    expect(hot.length).toBeLessThanOrEqual(10);
    view.hot = [{ path: "/other", watchers: 8, notifications: 1 }];
    hot = (await metrics()).filter((line) => line.startsWith("quorumlab_hot_znode_watchers{"));
    expect(hot).toEqual([`quorumlab_hot_znode_watchers{path="/other"} 8`]);
  });

  test("the process's own use of the machine is there", async () => {
    await metrics();
    const lines = await metrics();
    const value = (name: string): number =>
      Number(lines.find((line) => line.startsWith(`${name} `))?.split(" ")[1]);
    expect(value("process_cpu_user_seconds_total")).toBeGreaterThan(0);
    expect(value("process_resident_memory_bytes")).toBeGreaterThan(1e6);
    expect(value("nodejs_eventloop_lag_p99_seconds")).toBeGreaterThanOrEqual(0);
    expect(value("quorumlab_event_loop_utilization")).toBeLessThanOrEqual(1);
  });
});

test("a port in use is named, with the key to change", async () => {
  const { port } = admin.address;
  await expect(startAdminServer(view, { host: "127.0.0.1", port }, log)).rejects.toThrow(
    new RegExp(`127\\.0\\.0\\.1:${port}: the port is in use; set admin\\.serverPort`),
  );
});

test("closing ends connections that are kept alive", async () => {
  const socket = connect(admin.address.port, "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  const ended = new Promise((resolve) => socket.once("close", resolve));
  await admin.close();
  await ended;
  await expect(fetch(base)).rejects.toThrow("fetch failed");
});

/** Sends bytes as they are and gives back all that is answered until the connection ends. */
function raw(request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(admin.address.port, "127.0.0.1", () => socket.write(request));
    let answer = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => (answer += chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
  });
}
