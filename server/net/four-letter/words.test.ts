import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatSession, NO_ZXID } from "../../ids.ts";
import { RawClient, type RawSession } from "../../testing/raw-client.ts";
import { CLOSE, create, ephemeral, exists, getChildren, getData } from "../../testing/requests.ts";
import {
  type Ensemble,
  freePorts,
  type RunningServer,
  startServer,
  startServers,
} from "../../testing/running-servers.ts";

const NO_WATCHES = {
  type: "setWatches",
  relativeZxid: NO_ZXID,
  dataWatches: [],
  existWatches: [],
  childWatches: [],
} as const;

/** Sends the bytes, and gives all that comes back until the server closes. */
function ask(port: number, bytes: string, pieces = 1): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    let answer = "";
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => (answer += text));
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
    socket.on("connect", () => {
      const step = Math.ceil(bytes.length / pieces);
      for (let at = 0; at < bytes.length; at += step) socket.write(bytes.slice(at, at + step));
    });
  });
}

const VERSION =
  /^Zookeeper version: (\d+\.\d+\.\d+-[\w.]+), built on \d{4}-\d\d-\d\d \d\d:\d\d UTC$/m;

describe("with every word allowed", () => {
  let ensemble: Ensemble;
  let session: RawSession;
  let sid: string;
  let port: number;
  beforeAll(async () => {
    const config = { "4lw.commands.whitelist": "*", maxSessionTimeout: "10000" };
    ensemble = await startServers(3, { config });
    ({ port } = ensemble.leader);
    session = await RawClient.open(port);
    sid = formatSession(session.response.sessionId);
    await session.client.call(create("/watched"));
    await session.client.call(ephemeral("/mine"));
    for (const path of ["/watched", "/mine"]) await session.client.call(getData(path, true));
    await session.client.call(getChildren("/watched", true));
  });
  afterAll(() => ensemble.stop());

  test("ruok and isro are answered in a word, without an end of line", async () => {
    expect(await ask(port, "ruok")).toBe("imok");
    expect(await ask(port, "isro")).toBe("rw");
  });

  test("srvr has the lines that scripts and clients parse", async () => {
    const text = await ask(port, "srvr");
    expect(text).toMatch(VERSION);
    const net = /^Received: (\d+)\nSent: (\d+)\nConnections: (\d+)\nOutstanding: (\d+)$/m;
    expect(text).toMatch(/^Latency min\/avg\/max: \d+\/\d+\.\d+\/\d+$/m);
    expect(net.exec(text)?.slice(3)).toEqual(["2", "0"]);
    expect(text).toMatch(
      /^Zxid: 0x1[0-9a-f]+\nMode: leader\nNode count: \d+\nProposal sizes last\/min\/max: \d+\/\d+\/\d+\n$/m,
    );
    expect(await ask(ensemble.followers[0]?.port ?? 0, "srvr")).toContain("\nMode: follower\n");
  });

  test("stat and cons tell of every client; cons with its session", async () => {
    const { localPort } = session.client.socket;
    const stat = await ask(port, "stat");
    expect(stat).toMatch(VERSION);
    expect(stat).toMatch(
      new RegExp(
        `^Clients:\n(?: .*\n)* /127.0.0.1:${localPort}\\[1\\]\\(queued=0,recved=\\d+,sent=\\d+\\)$`,
        "m",
      ),
    );
    const line = (await ask(port, "cons"))
      .split("\n")
      .find((one) => one.startsWith(` /127.0.0.1:${localPort}[`));
    expect(line).toMatch(
      new RegExp(
        `\\(queued=0,recved=\\d+,sent=\\d+,sid=${sid},lop=GETC,est=\\d+,to=10000,lcxid=0x[0-9a-f]+,` +
          "lzxid=0x[0-9a-f]+,lresp=\\d+,llat=\\d+,minlat=\\d+,avglat=\\d+,maxlat=\\d+\\)$",
      ),
    );
  });

  test("cons shows of a session that has asked for nothing yet that it was opened", async () => {
    const { client, response } = await RawClient.open(port);
    const sid = `0x${response.sessionId.toString(16)}`;
    expect(await ask(port, "cons")).toMatch(
      new RegExp(`sid=${sid},lop=SESS,est=\\d+,to=10000,lcxid=0x0,`),
    );
    await client.call(CLOSE);
    await client.closed;
  });

  test("crst and srst count from zero again; the counters of the metrics go on", async () => {
    const { stats } = ensemble.leader.server;
    expect(await ask(port, "crst")).toBe("Connection stats reset.\n");
    await session.client.ping();
    expect(await ask(port, "cons")).toMatch(new RegExp(`recved=1,sent=1,sid=${sid},lop=PING`));
    const before = stats.packetsReceived;
    expect(await ask(port, "srst")).toBe("Server stats reset.\n");
    expect(await ask(port, "srvr")).toMatch(/^Received: 1$/m);
    expect(stats.packetsReceived).toBe(before + 2);
  });

  test("wchs, wchp and wchc tell of watches for data", async () => {
    expect(await ask(port, "wchs")).toBe("1 connections watching 2 paths\nTotal watches:2\n");
    expect(await ask(port, "wchp")).toBe(`/watched\n\t${sid}\n/mine\n\t${sid}\n\n`);
    expect(await ask(port, "wchc")).toBe(`${sid}\n\t/watched\n\t/mine\n\n`);
  });

  test("dump tells of sessions, ephemerals and connections", async () => {
    const text = await ask(port, "dump");
    expect(text).toContain(`SessionTracker dump:\nGlobal Sessions(1):\n${sid}\t10000ms\n`);
    expect(text).toContain(
      `ephemeral nodes dump:\nSessions with Ephemerals (1):\n${sid}:\n\t/mine\n`,
    );
    expect(text).toContain("Connections dump:\n");
  });

  test("envi, conf and dirs tell what the server runs on", async () => {
    expect(await ask(port, "envi")).toMatch(/^Environment:\nzookeeper\.version=3\.9\.\d+-/);
    const conf = await ask(port, "conf");
    expect(conf).toMatch(new RegExp(`^clientPort=${port}\n(?:.+=.*\n)*tickTime=100\n`));
    expect(conf).toMatch(/^serverId=\d\n(?:.+=.*\n)*peerType=0\nmembership: \nserver\.1=/m);
    const [, data, log] =
      /^datadir_size: (\d+)\nlogdir_size: (\d+)\n$/.exec(await ask(port, "dirs")) ?? [];
    expect([Number(data) > 0, data === log]).toEqual([true, true]);
  });

  test("mntr has a name and a value in each line, under ZooKeeper's names", async () => {
    const text = await ask(port, "mntr");
    const values = new Map(
      text.split("\n").map((line) => line.split("\t") as [string, string | undefined]),
    );
    expect(
      text
        .trimEnd()
        .split("\n")
        .filter((line) => !/^zk_\w+\t\S/.test(line)),
    ).toEqual([]);
    expect(values.get("zk_server_state")).toBe("leader");
    expect(values.get("zk_peer_state")).toBe("leading - broadcast");
    expect(values.get("zk_ephemerals_count")).toBe("1");
    expect(values.get("zk_global_sessions")).toBe("1");
    expect(values.get("zk_synced_followers")).toBe("2");
    const follower = await ask(ensemble.followers[0]?.port ?? 0, "mntr");
    expect(follower).not.toContain("zk_synced_followers");
  });

  test("a word that comes letter by letter, or with more behind it, or from who closes at once", async () => {
    expect(await ask(port, "ruok", 4)).toBe("imok");
    expect(await ask(port, "ruok\r\n")).toBe("imok");
    expect(await ask(port, `ruok${"x".repeat(10_000)}`)).toBe("imok");
    const half = connect({ host: "127.0.0.1", port });
    let answer = "";
    half.on("data", (bytes: Buffer) => (answer += bytes.toString()));
    half.end("ruok");
    await new Promise((resolve) => half.on("close", resolve));
    expect(answer).toBe("imok");
  });

  test("a word in the place of a later request is a broken frame", async () => {
    const { client } = await RawClient.open(port);
    client.send(Buffer.from("ruok"));
    expect(await client.frameOrEnd()).toBeNull();
  });

  test("long answers to many who do not read hold up nobody, and end when they are read", async () => {
    const { client } = await RawClient.open(port);
    for (let part = 0; part < 4; part++) {
      const existWatches = Array.from(
        { length: 8_000 },
        (_, at) => `/long/${"p".repeat(60)}-${part}-${at}`,
      );
      client.request({ ...NO_WATCHES, existWatches }, -8);
      expect((await client.reply()).err).toBe(0);
    }
    const lazy = Array.from({ length: 5 }, () => {
      const socket = connect({ host: "127.0.0.1", port });
      socket.pause();
      socket.write("wchp");
      return socket;
    });
    expect((await session.client.call(create("/elsewhere"))).err).toBe(0);
    for (const socket of lazy) {
      let length = 0;
      socket.on("data", (bytes: Buffer) => (length += bytes.length));
      const closed = new Promise((resolve) => socket.on("close", resolve));
      socket.resume();
      await closed;
      expect(length).toBeGreaterThan(2_000_000);
    }
    client.destroy();
  });
});

describe("as it comes", () => {
  let running: RunningServer;
  let stop: () => void;
  beforeAll(async () => {
    const ensemble = await startServers(1);
    running = ensemble.leader;
    stop = () => ensemble.stop();
  });
  afterAll(() => stop());

  test("srvr alone is answered, and standalone is what it says", async () => {
    expect(await ask(running.port, "srvr")).toMatch(/^Mode: standalone$/m);
    for (const word of ["ruok", "stat", "isro", "gtmk"])
      expect(await ask(running.port, word)).toBe(
        `${word} is not executed because it is not in the whitelist.\n`,
      );
  });

  test("a word that is no command ends the connection, and is worth a line", async () => {
    const before = running.log.lines.length;
    for (const word of ["abcd", "conz", "toSt"]) expect(await ask(running.port, word)).toBe("");
    expect(running.log.complaints(before)).toHaveLength(1);
    const { client } = await RawClient.open(running.port);
    expect((await client.call(exists("/"))).err).toBe(0);
  });
});

test("a server without a quorum says that it serves nobody, and still that it is alive", async () => {
  const directory = mkdtempSync(join(tmpdir(), "quorum-lab-words-"));
  const [first, second] = await freePorts(2);
  const running = await startServer(1, join(directory, "1"), {
    tickTime: "100",
    "server.1": `127.0.0.1:${first}`,
    "server.2": `127.0.0.1:${second}`,
    "4lw.commands.whitelist": "*",
  });
  try {
    expect(await ask(running.port, "ruok")).toBe("imok");
    expect(await ask(running.port, "isro")).toBe("null");
    for (const word of ["srvr", "stat", "mntr", "cons", "wchs", "dump", "conf", "srst"])
      expect(await ask(running.port, word)).toBe(
        "This ZooKeeper instance is not currently serving requests\n",
      );
    const client = await RawClient.connect(running.port);
    await expect(client.handshake()).rejects.toThrow("closed by the server");
  } finally {
    running.stop();
    rmSync(directory, { recursive: true, force: true });
  }
});
