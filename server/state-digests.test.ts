import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ServerId, Zxid } from "./ids.ts";
import { createNodeEnv } from "./node-env.ts";
import { type DigestMessage, StateDigests } from "./state-digests.ts";
import { createStorage } from "./storage/file-storage.ts";
import { openServerLog } from "./storage/log-reader.ts";
import type { LogEntry } from "./storage/storage.ts";
import { RawClient } from "./testing/raw-client.ts";
import { create, setData } from "./testing/requests.ts";
import {
  type Ensemble,
  type RunningServer,
  startServer,
  startServers,
} from "./testing/running-servers.ts";
import { decodeTxn, encodeTxn } from "./tree/txn-codec.ts";
import { JointQuorum } from "./zab/quorum.ts";

const sid = (id: number): ServerId => id as ServerId;
const AT = 0x1_0000_0009 as Zxid;

describe("a leader of three", () => {
  let sent: { to: number | "all"; message: DigestMessage }[];
  let stopped: string[];
  let digests: StateDigests;
  let state: { appliedZxid: Zxid; tree: { digest: number } };

  beforeEach(() => {
    sent = [];
    stopped = [];
    state = { appliedZxid: AT, tree: { digest: 0xabc } };
    digests = new StateDigests(sid(1), {
      replica: state,
      leader: () => sid(1),
      quorum: () => new JointQuorum([{ voters: [1, 2, 3].map(sid) }]),
      send: (to, message) => sent.push({ to, message }),
      tellAll: (message) => sent.push({ to: "all", message }),
      diverged: (reason) => stopped.push(reason),
    });
    digests.beat();
  });
  const complain = (from: number, digest: number): void =>
    digests.receive(sid(from), { type: "diverged", zxid: AT, digest });
  const beats = (count: number): void => {
    for (let left = count; left > 0; left--) digests.beat();
  };

  test("tells its digest once for each zxid", () => {
    beats(5);
    expect(sent).toEqual([{ to: "all", message: { type: "digest", zxid: AT, digest: 0xabc } }]);
    state.appliedZxid = (AT + 1) as Zxid;
    beats(1);
    expect(sent).toHaveLength(2);
  });

  test("has the one stop whose tree nobody shares", () => {
    complain(3, 0x123);
    beats(3);
    expect(sent.at(-1)).toEqual({ to: 3, message: { type: "outvoted", zxid: AT, digest: 0xabc } });
    expect(stopped).toEqual([]);
  });

  test("stops when a quorum has the same other tree", () => {
    complain(3, 0x123);
    beats(1);
    complain(2, 0x123);
    beats(2);
    expect(stopped).toHaveLength(1);
    expect(stopped[0]).toContain("0x100000009");
    expect(stopped[0]).toContain("that of a quorum of its followers was 0000000000123");
    expect(sent.some(({ message }) => message.type === "outvoted")).toBe(false);
  });

  test("is right where the others differ from each other, too", () => {
    complain(2, 0x123);
    complain(3, 0x456);
    beats(3);
    expect(stopped).toEqual([]);
    expect(sent.filter(({ message }) => message.type === "outvoted").map(({ to }) => to)).toEqual([
      2, 3,
    ]);
  });
});

describe("among three servers", () => {
  let ensemble: Ensemble;
  let impostor: RunningServer | null = null;
  afterEach(() => {
    impostor?.stop();
    ensemble.stop();
  });

  test("one whose log says something else at a zxid stops, and says what to do", async () => {
    ensemble = await startServers(3);
    const { leader, followers } = ensemble;
    const victim = followers[0] as RunningServer;
    const { client } = await RawClient.open(leader.port);
    await client.call(create("/a", "right"));
    const { zxid } = await client.call(setData("/a", "right!"));
    while (followers.some(({ server }) => server.status().appliedZxid < zxid))
      await new Promise(setImmediate);
    const links = ensemble.servers.map(({ id, linkPort }) => [
      `server.${id}`,
      `127.0.0.1:${linkPort}`,
    ]);
    victim.stop();
    await rewriteLog(victim, (value) => value.replace("right!", "wrong!"));
    impostor = await startServer(victim.id, victim.dataDir, {
      tickTime: "100",
      initLimit: "50",
      syncLimit: "10",
      ...Object.fromEntries(links),
    });
    const { fields } = await impostor.log.waitFor("stopping: this server cannot go on");
    expect(fields["reason"]).toContain("is not that of the ensemble");
    expect(fields["reason"]).toContain("start it with an empty one");
    expect(impostor.fatal()).not.toBeNull();
    // The others go on.
    const after = await RawClient.open(leader.port);
    expect((await after.client.call(setData("/a", "still right"))).err).toBe(0);
  });
});

/** Writes a stopped server's log anew, with other data, as no fault of a disk could: it is whole. */
async function rewriteLog(
  { id, dataDir }: RunningServer,
  change: (value: string) => string,
): Promise<void> {
  const env = createNodeEnv();
  const directories = { dataDir, dataLogDir: dataDir };
  const log = openServerLog(env.disk, directories);
  if (log === null) throw new Error("no log");
  const entries = [...(log.histories.at(-1)?.entries() ?? [])].map(({ zxid, bytes }): LogEntry => {
    const { header, body } = decodeTxn(bytes);
    if (body.type !== "setData" || body.data === null) return { zxid, bytes };
    const data = Buffer.from(change(body.data.toString()));
    return { zxid, bytes: encodeTxn(header, { ...body, data }) };
  });
  rmSync(dataDir, { recursive: true });
  const storage = createStorage(env, { sid: sid(id), ...directories, logFileMaxBytes: 1 << 20 });
  storage.recover({ snapshot: () => undefined, entry: () => undefined });
  await new Promise<void>((resolve, reject) => {
    storage.append(entries, entries.at(-1)?.zxid ?? (0 as Zxid), (error) => error && reject(error));
    storage.saveEpochs(log.epochs, (error) => (error ? reject(error) : resolve()));
  });
  storage.close();
}
