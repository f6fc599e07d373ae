import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatSession } from "../../ids.ts";
import { decodeSnapshot as decodeFile } from "../../storage/snapshot-file.ts";
import { TestCertificate } from "../../testing/certificates.ts";
import { DataTree } from "../../tree/data-tree.ts";
import { RawClient, type RawSession } from "../../testing/raw-client.ts";
import { create, ephemeral, getChildren, getData, setData } from "../../testing/requests.ts";
import {
  type Ensemble,
  freePorts,
  type RunningServer,
  startServer,
  startServers,
} from "../../testing/running-servers.ts";
import { type AdminServer, startAdminServer } from "../admin.ts";

/** What ZooKeeper 3.9.5 answers beside `command` and `error`: taken from servers of it that ran. */
const KEYS: Readonly<Record<string, string>> = {
  ruok: "",
  connections: "connections secure_connections",
  dump: "expiry_time_to_session_ids session_id_to_ephemeral_paths",
  watches: "session_id_to_watched_paths",
  watches_by_path: "path_to_session_ids",
  watch_summary: "num_connections num_paths num_total_watches",
  configuration:
    "client_port client_port_listen_backlog data_dir data_log_dir max_client_cnxns " +
    "max_session_timeout min_session_timeout server_id tick_time",
  is_read_only: "read_only",
  connection_stat_reset: "",
  stat_reset: "",
  leader: "is_leader leader_id leader_ip",
  voting_view: "current_config",
  observers: "observers synced_observers",
  observer_connection_stat_reset: "",
  initial_configuration: "initial_configuration",
  last_snapshot: "timestamp zxid",
  zabstate:
    "client_address election_address is_leader last_zxid myid quorum_address voting zab_counter " +
    "zab_epoch zabstate",
  dirs: "datadir_size logdir_size",
  hash: "digests",
  get_trace_mask: "tracemask",
};

const ALIASES: Readonly<Record<string, string>> = {
  server_stats: "srvr",
  stats: "stat",
  monitor: "mntr",
  connections: "cons",
  watches: "wchc",
  watches_by_path: "wchp",
  watch_summary: "wchs",
  configuration: "conf config",
  environment: "env envi",
  is_read_only: "isro",
  connection_stat_reset: "crst",
  stat_reset: "srst",
  leader: "lead",
  observers: "obsr",
  initial_configuration: "icfg",
  last_snapshot: "lsnp",
  get_trace_mask: "gtmk",
  set_trace_mask: "stmk",
  system_properties: "sysp",
  observer_connection_stat_reset: "orst",
};

type Answer = Record<string, unknown> & { command: string; error: string | null };

class Admin {
  readonly #server: AdminServer;
  constructor(server: AdminServer) {
    this.#server = server;
  }
  static async of({ server, log }: RunningServer): Promise<Admin> {
    const address = { host: "127.0.0.1", port: 0 };
    return new Admin(await startAdminServer(server, address, log, server.words));
  }
  fetch(command: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.#server.address.port}/commands${command}`, init);
  }
  async ask(command: string): Promise<Answer> {
    const response = await this.fetch(`/${command}`);
    expect(response.status).toBe(200);
    return (await response.json()) as Answer;
  }
  close(): Promise<void> {
    return this.#server.close();
  }
}

describe("in an ensemble", () => {
  let ensemble: Ensemble;
  let leader: Admin;
  let follower: Admin;
  let session: RawSession;
  let id: string;
  beforeAll(async () => {
    ensemble = await startServers(3, { config: { maxSessionTimeout: "10000" } });
    leader = await Admin.of(ensemble.leader);
    follower = await Admin.of(ensemble.followers[0] as RunningServer);
    session = await RawClient.open(ensemble.leader.port);
    id = String(session.response.sessionId);
    const { client } = session;
    await client.call(create("/watched", "value"));
    await client.call(ephemeral("/mine"));
    await client.call(getData("/watched", true));
    await client.call(getChildren("/watched", true));
  });
  afterAll(async () => {
    await leader.close();
    await follower.close();
    ensemble.stop();
  });

  test("/commands has a link to each", async () => {
    const response = await leader.fetch("");
    expect(response.headers.get("content-type")).toContain("text/html");
    const page = await response.text();
    for (const name of [...Object.keys(KEYS), "snapshot", "restore", "status"])
      expect(page).toContain(`<a href="/commands/${name}">${name}</a>`);
  });

  test("connections are told with their sessions, whole numbers beyond 2^53", async () => {
    const { client } = session;
    const response = await leader.fetch("/connections");
    const text = await response.text();
    expect(text).toContain(`"session_id":${id},`);
    const { connections } = JSON.parse(text) as { connections: Answer[] };
    expect(connections).toHaveLength(1);
    expect(connections[0]).toMatchObject({
      remote_socket_address: `127.0.0.1:${client.socket.localPort}`,
      interest_ops: 1,
      packets_received: 5,
      session_timeout: 10_000,
      last_operation: "GETC",
      last_cxid: 4,
    });
    const { connections: brief } = (await leader.ask("stats")) as unknown as {
      connections: Answer[];
    };
    expect(Object.keys(brief[0] ?? {}).join(" ")).toBe(
      "remote_socket_address interest_ops outstanding_requests packets_received packets_sent",
    );
  });

  test("server_stats tells of the leader and of a follower what they are", async () => {
    const { appliedZxid } = ensemble.leader.server.status();
    expect(await leader.ask("server_stats")).toMatchObject({
      version: expect.stringContaining("3.9"),
      read_only: false,
      server_stats: {
        server_state: "leader",
        last_processed_zxid: appliedZxid,
        num_alive_client_connections: 1,
        provider_null: false,
        fsync_threshold_exceed_count: expect.any(Number),
      },
      proposal_stats: { last_buffer_size: expect.any(Number) },
      node_count: 6,
    });
    const answer = await follower.ask("srvr");
    expect(answer).toMatchObject({ server_stats: { server_state: "follower" } });
    expect(answer).not.toHaveProperty("proposal_stats");
  });

  test("monitor has the figures of mntr, as values", async () => {
    expect(await leader.ask("monitor")).toMatchObject({
      server_state: "leader",
      peer_state: "leading - broadcast",
      quorum_size: 3,
      synced_followers: 2,
      ephemerals_count: 1,
      avg_latency: expect.any(Number),
    });
    expect(await follower.ask("monitor")).not.toHaveProperty("synced_followers");
  });

  test("dump and watches tell of sessions; their end is known to the leader alone", async () => {
    const text = await (await leader.fetch("/dump")).text();
    expect(text).toMatch(new RegExp(`"expiry_time_to_session_ids":\\{"\\d+":\\[${id}\\]\\}`));
    expect(JSON.parse(text)).toMatchObject({ session_id_to_ephemeral_paths: { [id]: ["/mine"] } });
    expect(await follower.ask("dump")).toMatchObject({
      expiry_time_to_session_ids: {},
      session_id_to_ephemeral_paths: { [id]: ["/mine"] },
    });
    expect(await leader.ask("watches")).toMatchObject({
      session_id_to_watched_paths: { [id]: ["/watched"] },
    });
    const byPath = await (await leader.fetch("/watches_by_path")).text();
    expect(byPath).toContain(`{"/watched":[${id}]}`);
    expect(await leader.ask("watch_summary")).toMatchObject({
      num_connections: 1,
      num_paths: 1,
      num_total_watches: 1,
    });
    expect(formatSession(BigInt(id))).toMatch(/^0x/);
  });

  test("leader, voting_view and zabstate tell of the ensemble", async () => {
    const { id: sid, linkPort } = ensemble.leader;
    const leads = { leader_id: sid, leader_ip: "127.0.0.1" };
    expect(await leader.ask("leader")).toMatchObject({ is_leader: true, ...leads });
    expect(await follower.ask("leader")).toMatchObject({ is_leader: false, ...leads });
    const { current_config: view } = await leader.ask("voting_view");
    expect(Object.keys(view as object)).toEqual(["1", "2", "3"]);
    expect((view as Record<string, unknown>)[sid]).toMatchObject({
      server_addresses: [`127.0.0.1:${linkPort}`],
      learner_type: "participant",
    });
    expect(await follower.ask("zabstate")).toMatchObject({
      myid: ensemble.followers[0]?.id,
      is_leader: false,
      voting: true,
      zabstate: "broadcast",
      zab_epoch: 1,
    });
  });

  test("the trace mask is kept, and a wrong one refused in ZooKeeper's words", async () => {
    expect(await leader.ask("get_trace_mask")).toMatchObject({ tracemask: 306 });
    expect(await leader.ask("set_trace_mask?traceMask=5")).toMatchObject({ tracemask: 5 });
    expect(await leader.ask("gtmk")).toMatchObject({ tracemask: 5 });
    expect((await leader.ask("set_trace_mask")).error).toBe(
      "setTraceMask requires long traceMask argument",
    );
    expect((await leader.ask("stmk?traceMask=x")).error).toContain("got x");
    expect((await leader.ask("stmk?traceMask=9223372036854775808")).error).toContain("got 9");
  });

  test("the resetting commands count from zero again, the metrics go on", async () => {
    await leader.ask("connection_stat_reset");
    const { connections } = (await leader.ask("connections")) as unknown as {
      connections: Answer[];
    };
    expect(connections[0]).toMatchObject({ packets_received: 0, packets_sent: 0 });
    const before = ensemble.leader.server.stats.packetsReceived;
    await leader.ask("stat_reset");
    expect(await leader.ask("srvr")).toMatchObject({ server_stats: { packets_received: 0 } });
    expect(ensemble.leader.server.stats.packetsReceived).toBe(before);
  });

  test("every answer has ZooKeeper's keys, by each of its names", async () => {
    for (const [name, keys] of Object.entries(KEYS)) {
      const answer = await leader.ask(name);
      const expected = `${keys} command error`.trim().split(" ").toSorted();
      expect([name, Object.keys(answer).toSorted()]).toEqual([name, expected]);
      expect(answer).toMatchObject({ command: name, error: null });
    }
    for (const [name, aliases] of Object.entries(ALIASES)) {
      for (const alias of aliases.split(" ")) expect((await leader.ask(alias)).command).toBe(name);
    }
  });

  test("what the machine and the file say is told, without passwords", async () => {
    expect(await leader.ask("environment")).toHaveProperty(["node.version"], process.version);
    expect(await leader.ask("system_properties")).toHaveProperty(["file.separator"], "/");
    const { initial_configuration: text } = await leader.ask("initial_configuration");
    expect(text).toContain("tickTime=100");
    const { datadir_size: size } = await leader.ask("dirs");
    expect(size).toBeGreaterThan(0);
  });

  test("restore is refused with what to do instead, whatever comes with it", async () => {
    for (const init of [{}, { method: "POST", body: "a snapshot" }]) {
      const response = await leader.fetch("/restore", init);
      expect(response.status).toBe(501);
      expect(await response.json()).toEqual({
        command: "restore",
        error: expect.stringMatching(/not supported.*stop all servers.*Backup and restore/),
      });
    }
  });
});

describe("a snapshot", () => {
  const directory = mkdtempSync(join(tmpdir(), "quorum-lab-admin-"));
  let running: RunningServer;
  let admin: Admin;
  const start = async (keys: Readonly<Record<string, string>>): Promise<RawClient> => {
    running = await startServer(1, join(directory, "1"), { tickTime: "100", ...keys });
    await running.log.waitFor("serving as");
    admin = await Admin.of(running);
    return (await RawClient.open(running.port)).client;
  };
  const stop = async (): Promise<void> => {
    await admin.close();
    running.stop();
  };
  const authorized = { headers: { Authorization: "ip" } };
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test("is taken, told of and given; the next one has to wait", async () => {
    const client = await start({});
    await client.call(create("/saved", "value"));
    const zxid = running.server.status().appliedZxid;
    const response = await admin.fetch("/snapshot", authorized);
    expect(response.status).toBe(200);
    expect(response.headers.get("last_zxid")).toBe(`0x${zxid.toString(16)}`);
    const file = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get("snapshot_size")).toBe(String(file.length));
    const snapshot = decodeFile(file, zxid as never);
    if (typeof snapshot === "string") throw new Error(snapshot);
    expect(DataTree.restore(snapshot.data).get("/saved")?.data?.toString()).toBe("value");
    const { zxid: last, timestamp } = await admin.ask("last_snapshot");
    expect([last, Number(timestamp) > 1e9]).toEqual([zxid.toString(16), true]);
    const second = await admin.fetch("/snap?streaming=false", authorized);
    expect(second.status).toBe(429);
    expect(await second.json()).toEqual({
      command: "snapshot",
      error: expect.stringMatching(/admin\.rateLimiterIntervalInMS.*ask again in \d+ s/),
    });
    await stop();
  });

  test("put into the place of the log brings its state back, as the README says", async () => {
    let client = await start({ "admin.rateLimiterIntervalInMS": "0" });
    await client.call(setData("/saved", "kept"));
    const response = await admin.fetch("/snapshot", authorized);
    const zxid = Number(response.headers.get("last_zxid")).toString(16);
    const file = Buffer.from(await response.arrayBuffer());
    await client.call(setData("/saved", "regretted"));
    await stop();
    const history = join(directory, "1", "history-0");
    rmSync(history, { recursive: true });
    mkdirSync(history);
    writeFileSync(join(history, `snapshot.${zxid}`), file);
    client = await start({});
    const { err, body } = await client.call(getData("/saved"));
    expect([err, body.readBuffer()?.toString()]).toEqual([0, "kept"]);
    await stop();
  });

  test("is not streamed if that is not wanted, as often as the interval allows", async () => {
    await start({ "admin.rateLimiterIntervalInMS": "0" });
    for (let times = 0; times < 2; times++) {
      const response = await admin.fetch("/snapshot?streaming=false", authorized);
      expect(await response.json()).toEqual({ command: "snapshot", error: null });
      expect(Number(response.headers.get("snapshot_size"))).toBeGreaterThan(100);
    }
    await stop();
  });

  test("is for those alone who have all rights on the root", async () => {
    const client = await start({});
    const refused = async (init: RequestInit): Promise<unknown> => {
      const response = await admin.fetch("/snapshot", init);
      return [response.status, ((await response.json()) as Answer).error];
    };
    const as = (Authorization: string): RequestInit => ({ headers: { Authorization } });
    expect(await refused({})).toEqual([401, "Auth info is missing for the command"]);
    expect(await refused(as("digest"))).toEqual([401, "Not authenticated"]);
    expect(await refused(as("basic abc"))).toEqual([401, "Not authenticated"]);
    const reader = { perms: 1, scheme: "world", id: "anyone" };
    const owner = { perms: 31, scheme: "auth", id: "" };
    client.request({ type: "auth", scheme: "digest", auth: Buffer.from("me:secret") }, -4);
    expect((await client.reply()).err).toBe(0);
    const acl = [reader, owner];
    expect((await client.call({ type: "setACL", path: "/", acl, version: -1 })).err).toBe(0);
    expect(await refused(as("ip"))).toEqual([403, "Not authorized"]);
    expect(await refused(as("digest me:wrong"))).toEqual([403, "Not authorized"]);
    expect((await admin.fetch("/snapshot", as("digest me:secret"))).status).toBe(200);
    await stop();
  });

  test("is disabled by admin.snapshot.enabled=false, which the answer says", async () => {
    await start({ "admin.snapshot.enabled": "false", skipACL: "yes" });
    const response = await admin.fetch("/snapshot", authorized);
    expect(response.status).toBe(503);
    expect(((await response.json()) as Answer).error).toContain("admin.snapshot.enabled=true");
    await stop();
  });
});

describe("alone", () => {
  const directory = mkdtempSync(join(tmpdir(), "quorum-lab-admin-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test("a standalone server has ZooKeeper's words for what it has not; passwords are not shown", async () => {
    const digest = "super:xQJmxLMiHGwaqBvst5y6rkB6HQs=";
    const running = await startServer(1, join(directory, "1"), {
      tickTime: "100",
      "DigestAuthenticationProvider.superDigest": digest,
    });
    await running.log.waitFor("serving as");
    const admin = await Admin.of(running);
    try {
      expect(await admin.ask("leader")).toEqual({
        command: "leader",
        error: "server is not initialized",
      });
      expect(await admin.ask("voting_view")).toMatchObject({ current_config: {} });
      expect(await admin.ask("zabstate")).toMatchObject({ voting: false, zabstate: "" });
      expect(await admin.ask("srvr")).toMatchObject({
        server_stats: { server_state: "standalone" },
      });
      expect(await admin.ask("lsnp")).toMatchObject({ zxid: "ffffffffffffffff", timestamp: -1 });
      const { initial_configuration: text } = await admin.ask("icfg");
      expect(text).toMatch(/^DigestAuthenticationProvider\.superDigest=\*\*\*$/m);
      expect(text).not.toContain(digest);
    } finally {
      await admin.close();
      running.stop();
    }
  });

  test("connections over TLS are told apart", async () => {
    const own = new TestCertificate({ subject: [["CN", "127.0.0.1"]] });
    const pem = join(directory, "server.pem");
    writeFileSync(pem, own.pem);
    const [port = 0] = await freePorts(1);
    const running = await startServer(1, join(directory, "3"), {
      tickTime: "100",
      secureClientPort: `${port}`,
      secureClientPortAddress: "127.0.0.1",
      "ssl.keyStore.location": pem,
      "ssl.clientAuth": "none",
    });
    await running.log.waitFor("serving as");
    const admin = await Admin.of(running);
    try {
      const secure = await RawClient.secure(port, { rejectUnauthorized: false });
      await secure.handshake();
      const plain = await RawClient.open(running.port);
      const at = ({ socket }: RawClient): object => ({
        remote_socket_address: `127.0.0.1:${socket.localPort}`,
      });
      expect(await admin.ask("connections")).toMatchObject({
        connections: [at(plain.client)],
        secure_connections: [at(secure)],
      });
    } finally {
      await admin.close();
      running.stop();
    }
  });

  test("a server without a quorum says that it serves nobody, and how far it is", async () => {
    const [first, second] = await freePorts(2);
    const running = await startServer(1, join(directory, "2"), {
      tickTime: "100",
      "server.1": `127.0.0.1:${first}`,
      "server.2": `127.0.0.1:${second}`,
    });
    const admin = await Admin.of(running);
    try {
      const error = "This ZooKeeper instance is not currently serving requests";
      for (const name of ["ruok", "stats", "monitor", "leader", "dump", "snapshot"])
        expect(await admin.ask(name)).toMatchObject({ error });
      expect(await admin.ask("zabstate")).toMatchObject({ zabstate: "election", error: null });
      expect(await admin.ask("environment")).toMatchObject({ error: null });
    } finally {
      await admin.close();
      running.stop();
    }
  });
});

test("a write fills the stages of its pipeline, and a watch its fan-out", async () => {
  const directory = mkdtempSync(join(tmpdir(), "quorum-lab-admin-"));
  const running = await startServer(1, join(directory, "1"), { tickTime: "100" });
  try {
    await running.log.waitFor("serving as");
    const { client } = await RawClient.open(running.port);
    await client.call(create("/a"));
    await client.call(getData("/a", true));
    const { stats } = running.server;
    const before = stats.updateMs.count;
    client.request(setData("/a", "new"));
    expect(await client.event()).toMatchObject({ path: "/a" });
    expect((await client.reply()).err).toBe(0);
    expect(stats.updateMs.count).toBe(before + 1);
    expect(stats.watchEvents.dataChanged).toMatchObject({ count: 1, sum: 1 });
    expect(stats.watchEvents.created.count).toBe(0);
    expect(stats.watchFanOutMs.count).toBe(1);
    expect(stats.prepareMs.count).toBeGreaterThanOrEqual(3);
    expect(stats.applyMs.count).toBe(stats.commits);
    expect(stats.electionPhaseMs.choice.count).toBe(1);
    expect(stats.leaderElectionMs.count).toBe(1);
  } finally {
    running.stop();
    rmSync(directory, { recursive: true, force: true });
  }
});
