import { afterEach, expect, test } from "vitest";
import { ErrorCode } from "../errors.ts";
import { RawClient, requestFrame } from "../testing/raw-client.ts";
import { CLOSE, create, exists, getData, setData, sync } from "../testing/requests.ts";
import { type Ensemble, startServers as start } from "../testing/running-servers.ts";

let ensemble: Ensemble;

/** Sessions live for twenty seconds: on a loaded machine what follows takes its time. */
function startServers(count: number, config: Record<string, string> = {}): Promise<Ensemble> {
  return start(count, { config: { tickTime: "1000", ...config } });
}

afterEach(() => ensemble.stop());

/** Bytes of replies that wait in the server for one client: well above its bound, far below the sum. */
const UNREAD_MAX_BYTES = 16 * 1024 * 1024;

test("connections beyond maxClientCnxns are closed at once with one line, and the others are served", async () => {
  ensemble = await startServers(1, { maxClientCnxns: "20" });
  const { port, server, log } = ensemble.leader;
  const sessions = [];
  for (let i = 0; i < 20; i++) sessions.push(await RawClient.open(port));
  const before = log.lines.length;
  for (let batch = 0; batch < 10; batch++) {
    const refused = await Promise.all(Array.from({ length: 100 }, () => RawClient.connect(port)));
    for (const client of refused) expect(await client.frameOrEnd()).toBeNull();
  }
  expect(server.stats.connectionsRejected).toBe(1_000);
  expect(log.complaints(before)).toHaveLength(1);
  for (const { client } of sessions) expect((await client.ping()).err).toBe(0);
  expect(server.gauges().connectionCount).toBe(20);
  sessions[0]?.client.destroy();
  while (server.gauges().connectionCount === 20) await turn();
  expect((await RawClient.open(port)).response.timeOut).toBeGreaterThan(0);
});

test("what a client that reads nothing is owed stays bounded, and comes in order when it reads", async () => {
  ensemble = await startServers(1);
  const { port, server } = ensemble.leader;
  const other = await RawClient.open(port);
  await other.client.call(create("/big", Buffer.alloc(900_000, 1)));
  const { client } = await RawClient.open(port, { timeOut: 20_000 });
  client.socket.pause();
  const sentBefore = server.stats.bytesSent;
  const requests = [];
  // 540 MB of replies, held behind a write and not.
  for (let i = 1; i <= 600; i++)
    requests.push(requestFrame(i, i === 300 ? setData("/big", "small") : getData("/big")));
  client.send(Buffer.concat(requests));
  await other.client.call(sync("/"));
  while (server.stats.backpressurePauses === 0) await turn();
  for (let i = 0; i < 20; i++) expect((await other.client.call(exists("/big"))).err).toBe(0);
  expect(server.stats.bytesSent - sentBefore).toBeLessThan(UNREAD_MAX_BYTES);
  client.socket.resume();
  for (let i = 1; i <= 600; i++) expect((await client.reply()).xid).toBe(i);
});

test("of many clients that read nothing each is owed less, and whoever reads is served", async () => {
  ensemble = await startServers(1, { maxClientCnxns: "0" });
  const { port, server } = ensemble.leader;
  const other = await RawClient.open(port);
  await other.client.call(create("/big", Buffer.alloc(100_000, 1)));
  const request = Buffer.concat(
    Array.from({ length: 250 }, (_, i) => requestFrame(i + 1, getData("/big"))),
  );
  const clients = [];
  for (let i = 0; i < 150; i++)
    clients.push((await RawClient.open(port, { timeOut: 20_000 })).client);
  for (const client of clients) client.socket.pause();
  // 3.7 GB of replies, and more than a third of a GB if each were owed what one may be.
  for (const client of clients) client.send(request);
  while (server.stats.backpressurePauses < clients.length) await turn();
  for (let i = 0; i < 20; i++) expect((await other.client.call(exists("/big"))).err).toBe(0);
  expect(server.gauges().unreadBytes).toBeLessThan(300 * 1024 * 1024);
  for (const client of clients.slice(1)) client.destroy();
  const [first] = clients;
  first?.socket.resume();
  for (let i = 1; i <= 250; i++) expect((await first?.reply())?.xid).toBe(i);
  while (server.gauges().unreadBytes > 0) await turn();
});

test("reads that wait behind a write do not all answer at once into a client that reads nothing", async () => {
  ensemble = await startServers(3);
  const { port, server } = ensemble.followers[0] ?? ensemble.leader;
  const { client } = await RawClient.open(port, { timeOut: 20_000 });
  await client.call(create("/big", Buffer.alloc(900_000, 1)));
  client.socket.pause();
  const sentBefore = server.stats.bytesSent;
  const requests = [requestFrame(1, sync("/"))];
  for (let i = 2; i <= 500; i++) requests.push(requestFrame(i, getData("/big")));
  client.send(Buffer.concat(requests));
  while (server.stats.backpressurePauses === 0) await turn();
  expect(server.stats.bytesSent - sentBefore).toBeLessThan(UNREAD_MAX_BYTES);
  client.socket.resume();
  for (let i = 1; i <= 500; i++) expect((await client.reply()).xid).toBe(i);
});

test("a client that reads nothing and says nothing more expires, and its connection goes", async () => {
  ensemble = await startServers(1, { tickTime: "100" });
  const { port, server } = ensemble.leader;
  const { client } = await RawClient.open(port, { timeOut: 200 });
  await client.call(create("/big", Buffer.alloc(900_000, 1)));
  client.socket.pause();
  for (let i = 0; i < 50; i++) client.request(getData("/big", true));
  while (server.gauges().sessionCount > 0 || server.gauges().connectionCount > 0) await turn();
  expect(server.gauges().watchCount).toBe(0);
  client.destroy();
});

test("a session may have a hundred thousand watches: each is told once, and all go with it", async () => {
  ensemble = await startServers(1);
  const { port, server } = ensemble.leader;
  const { client } = await RawClient.open(port, { timeOut: 20_000 });
  const other = (await RawClient.open(port)).client;
  const count = 100_000;
  const paths = Array.from({ length: count }, (_, index) => `/watched-${index}`);
  client.send(
    Buffer.concat(paths.map((path, index) => requestFrame(index + 1, exists(path, true)))),
  );
  for (let i = 1; i <= count; i++) {
    const { xid, err } = await client.reply();
    if (xid !== i || err !== ErrorCode.NoNode)
      throw new Error(`reply ${xid} with ${err}, not ${i}`);
  }
  expect(server.gauges().watchCount).toBe(count);
  for (const path of [paths[0] ?? "", paths[99_999] ?? ""]) {
    expect((await other.call(create(path))).err).toBe(0);
    expect(await client.event()).toMatchObject({ path });
    expect((await other.call(setData(path, "again"))).err).toBe(0);
  }
  expect(server.gauges().watchCount).toBe(count - 2);
  expect((await client.call(CLOSE)).err).toBe(0);
  expect(server.gauges().watchCount).toBe(0);
});

test("more writes in flight than the server takes at once are all answered, in order", async () => {
  ensemble = await startServers(3);
  const { port } = ensemble.followers[0] ?? ensemble.leader;
  const { client } = await RawClient.open(port, { timeOut: 20_000 });
  await client.call(create("/many"));
  const data = Buffer.alloc(500);
  const count = 12_000;
  const frames = [];
  for (let i = 0; i < count; i++) frames.push(requestFrame(i, setData("/many", data)));
  client.send(Buffer.concat(frames));
  const wrong = [];
  for (let i = 0; i < count; i++) {
    const { xid, err } = await client.reply();
    if (xid !== i || err !== 0) wrong.push({ expected: i, xid, err });
  }
  expect(wrong).toEqual([]);
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
