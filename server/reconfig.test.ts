import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { ErrorCode } from "./errors.ts";
import { NO_ZXID } from "./ids.ts";
import { ChangingEnsemble, until } from "./testing/changing-ensemble.ts";
import { RawClient } from "./testing/raw-client.ts";
import { create, getData, setData } from "./testing/requests.ts";
import { startServer } from "./testing/running-servers.ts";
import { SteadyWriter } from "./testing/steady-writer.ts";
import { freshAddress } from "./testing/stranger.ts";
import { EventType } from "./wire/opcodes.ts";

const CONFIG = "/zookeeper/config";

let ensemble: ChangingEnsemble;
let writer: SteadyWriter | null = null;
afterEach(async () => {
  const ended = writer?.end();
  writer = null;
  ensemble.stop();
  await ended;
});

const clientPorts = (...ids: number[]): number[] => ids.map((id) => ensemble.ports(id).client);
const version = (text: string): bigint => BigInt(`0x${/version=([0-9a-f]+)$/.exec(text)?.[1]}`);

async function expectNothingLost(ids: readonly number[]): Promise<void> {
  const { acknowledged, errors } = writer as SteadyWriter;
  await writer?.end();
  expect(errors).toEqual([]);
  expect(acknowledged.length).toBeGreaterThan(0);
  for (const id of ids) expect(await writer?.missingAt(ensemble.ports(id).client)).toEqual([]);
  await ensemble.converge(ids);
}

describe("an ensemble of three", () => {
  test("puts its servers into /zookeeper/config when it first serves, at every server", async () => {
    ensemble = await ChangingEnsemble.start([1, 2, 3]);
    await until("it is there", () =>
      [1, 2, 3].every((id) => ensemble.get(id).server.status().ensemble.version !== 0),
    );
    const texts = await Promise.all([1, 2, 3].map((id) => ensemble.configText(id)));
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]).toMatch(
      new RegExp(
        `^${ensemble.line(1)}\n${ensemble.line(2)}\n${ensemble.line(3)}\nversion=10000000\\d$`,
      ),
    );
    await ensemble.converge();
  });

  test("takes in a fourth and a fifth server, of higher and lower ids, while a client writes", async () => {
    ensemble = await ChangingEnsemble.start([2, 3, 4]);
    writer = new SteadyWriter("w", clientPorts(2, 3, 4));
    await writer.more(20);
    for (const [id, others] of [
      [5, [2, 3, 4]],
      [1, [2, 3, 4]],
    ] as const) {
      await ensemble.run(id, others);
      await ensemble.serve([id]);
      expect(ensemble.get(id).server.status()).toMatchObject({ state: "OBSERVING" });
      const reply = await ensemble.reconfig(2, { join: [ensemble.line(id)] });
      expect(reply.err).toBe(0);
      expect(reply.body.readBuffer()?.toString()).toContain(ensemble.line(id));
      await writer.more(20);
    }
    await ensemble.agree([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]);
    await ensemble.serve();
    expect(ensemble.get(1).server.status()).toMatchObject({ part: "participant" });
    expect(writer.reconnects).toBe(0);
    await expectNothingLost([1, 2, 3, 4, 5]);
    // Two may be lost now.
    const [a, b] = ensemble.ids.filter((id) => id !== ensemble.leader);
    ensemble.end(a as number);
    ensemble.end(b as number);
    const client = await ensemble.client(ensemble.leader as number);
    expect((await client.call(create("/with-three-of-five"))).err).toBe(0);
  });

  test("loses its leader by a reconfiguration: the client gets its reply, the others elect", async () => {
    ensemble = await ChangingEnsemble.start([1, 2, 3]);
    writer = new SteadyWriter("w", clientPorts(1, 2, 3));
    await writer.more(20);
    const leader = ensemble.leader as number;
    const rest = [1, 2, 3].filter((id) => id !== leader);
    const reply = await ensemble.reconfig(leader, { leave: [leader] });
    expect(reply.err).toBe(0);
    await ensemble.agree([1, 2, 3], rest);
    await until("another one leads", () => rest.includes(ensemble.leader as number));
    await ensemble.serve([1, 2, 3]);
    // It goes on, without a vote, until somebody stops it.
    expect(ensemble.get(leader).server.status()).toMatchObject({
      state: "OBSERVING",
      part: "none",
    });
    expect(
      ensemble
        .log(leader)
        .complaints()
        .map(({ message }) => message),
    ).toContainEqual(expect.stringContaining("no member of the ensemble any more"));
    await writer.more(20);
    await expectNothingLost([1, 2, 3]);
  });

  test("is replaced by three others, one by one, while a client writes", async () => {
    ensemble = await ChangingEnsemble.start([1, 2, 3]);
    writer = new SteadyWriter("w", clientPorts(1, 2, 3));
    let voters = [1, 2, 3];
    for (const [old, young] of [
      [1, 6],
      [2, 5],
      [3, 4],
    ] as const) {
      await ensemble.run(young, voters);
      await ensemble.serve([young]);
      const asked = voters.find((id) => id !== old) as number;
      const reply = await ensemble.reconfig(asked, { join: [ensemble.line(young)], leave: [old] });
      expect(reply.err).toBe(0);
      voters = [...voters.filter((id) => id !== old), young].sort((a, b) => a - b);
      await ensemble.agree(voters, voters);
      await ensemble.serve(voters);
      writer.ports = clientPorts(...voters);
      ensemble.end(old);
      await writer.more(10);
    }
    await ensemble.serve([4, 5, 6]);
    await expectNothingLost([4, 5, 6]);
  });

  test("takes observers in, serves at them, and makes one a voter", async () => {
    ensemble = await ChangingEnsemble.start([1, 2, 3]);
    await ensemble.run(4, [1, 2, 3]);
    await ensemble.run(5, [1, 2, 3]);
    await ensemble.serve();
    const join = [ensemble.line(4, "observer"), ensemble.line(5, "observer")];
    expect((await ensemble.reconfig(1, { join })).err).toBe(0);
    await until("they are observers", () =>
      [4, 5].every((id) => ensemble.get(id).server.status().part === "observer"),
    );
    const client = await ensemble.client(4);
    expect((await client.call(create("/through-an-observer"))).err).toBe(0);
    expect((await client.call(getData("/through-an-observer"))).err).toBe(0);
    const leader = ensemble.leader as number;
    expect(ensemble.get(leader).server.gauges()).toMatchObject({
      quorumSize: 3,
      syncedObservers: 2,
      syncedFollowers: 2,
      learners: 4,
    });
    expect((await ensemble.reconfig(2, { join: [ensemble.line(5)] })).err).toBe(0);
    await ensemble.agree([1, 2, 3, 4, 5], [1, 2, 3, 5]);
    await until("it follows", () => ensemble.get(5).server.status().state === "FOLLOWING");
    expect((await client.call(create("/the-session-lives"))).err).toBe(0);
    // And back: it stops voting.
    expect((await ensemble.reconfig(3, { join: [ensemble.line(5, "observer")] })).err).toBe(0);
    await ensemble.agree([1, 2, 3, 4, 5], [1, 2, 3]);
    await until("it observes", () => ensemble.get(5).server.status().state === "OBSERVING");
    await ensemble.converge();
  });

  test("shrinks to one server, and grows again", async () => {
    ensemble = await ChangingEnsemble.start([1, 2, 3]);
    writer = new SteadyWriter("w", clientPorts(1, 2, 3));
    await writer.more(10);
    const keep = ensemble.leader as number;
    const others = [1, 2, 3].filter((id) => id !== keep);
    expect((await ensemble.reconfig(keep, { members: [ensemble.line(keep)] })).err).toBe(0);
    await ensemble.agree([1, 2, 3], [keep]);
    for (const id of others) ensemble.end(id);
    writer.ports = clientPorts(keep);
    await writer.more(10);
    for (const id of others) await ensemble.run(id, [keep]);
    await ensemble.serve();
    const join = others.map((id) => ensemble.line(id));
    expect((await ensemble.reconfig(keep, { join })).err).toBe(0);
    await ensemble.agree([1, 2, 3], [1, 2, 3]);
    await ensemble.serve();
    await expectNothingLost([1, 2, 3]);
  });
});

describe("a reconfiguration is refused, and changes nothing:", () => {
  test("without a quorum, of another version, below one participant", async () => {
    ensemble = await ChangingEnsemble.start([1, 2, 3]);
    await ensemble.reconfig(1, {});
    const before = await ensemble.configText(1);
    const refusals = [
      [{ join: [ensemble.line(4)], leave: [3, 2] }, ErrorCode.NewConfigNoQuorum],
      [{ join: [4, 5, 6].map((id) => ensemble.line(id)) }, ErrorCode.NewConfigNoQuorum],
      [{ leave: [1], version: version(before) - 1n }, ErrorCode.BadVersion],
      [{ leave: [1, 2, 3] }, ErrorCode.BadArguments],
      [{ join: ["server.4=nonsense"] }, ErrorCode.BadArguments],
    ] as const;
    for (const [wish, code] of refusals) expect((await ensemble.reconfig(2, wish)).err).toBe(code);
    expect(await ensemble.configText(1)).toBe(before);
    const reply = await ensemble.reconfig(3, { leave: [9], version: version(before) });
    expect(reply.err).toBe(0);
  });

  test("where it is not enabled; the file is the truth there, and its version is 0", async () => {
    ensemble = await ChangingEnsemble.start([1, 2, 3], { reconfigEnabled: "false" });
    expect((await ensemble.reconfig(1, { leave: [3] })).err).toBe(ErrorCode.ReconfigDisabled);
    const text = [1, 2, 3].map((id) => `${ensemble.line(id)}\n`).join("");
    expect(await ensemble.configText(2)).toBe(`${text}version=0`);
    // The files name another server: after a rolling restart the tree does, too.
    for (const id of [1, 2, 3]) {
      ensemble.end(id);
      await ensemble.run(id, [1, 2, 3], [4]);
      await ensemble.serve();
    }
    await until("the leader has said so", () =>
      [1, 2, 3].every((id) => ensemble.get(id).server.status().serving),
    );
    await ensemble.converge();
    expect(await ensemble.configText(2)).toBe(`${text}${ensemble.line(4, "observer")}\nversion=0`);
    await ensemble.run(4, [1, 2, 3]);
    await ensemble.serve();
    expect(ensemble.get(4).server.status().state).toBe("OBSERVING");
    await ensemble.converge();
  });

  test("without the permission to write /zookeeper/config", async () => {
    ensemble = await ChangingEnsemble.start([1, 2, 3], { skipACL: "no" });
    expect((await ensemble.reconfig(1, { leave: [9] })).err).toBe(ErrorCode.NoAuth);
  });

  test("at a server that stands alone", async () => {
    ensemble = await ChangingEnsemble.start([1], { standaloneEnabled: "true" });
    expect((await ensemble.reconfig(1, { leave: [9] })).err).toBe(ErrorCode.Unimplemented);
    expect(await ensemble.configText(1)).toBe("");
  });
});

test("a watch on /zookeeper/config fires when a reconfiguration is committed, before its reply", async () => {
  ensemble = await ChangingEnsemble.start([1, 2, 3]);
  await ensemble.reconfig(1, {});
  const client = await ensemble.client(2);
  await client.call(getData(CONFIG, true));
  client.request({
    type: "reconfig",
    joiningServers: null,
    leavingServers: "9",
    newMembers: null,
    curConfigId: -1n,
  });
  expect(await client.event()).toMatchObject({ type: EventType.dataChanged, path: CONFIG });
  const reply = await client.reply();
  expect(reply.err).toBe(0);
  const told = reply.body.readBuffer()?.toString() ?? "";
  expect(version(told)).toBe(BigInt(reply.zxid));
  expect((await client.call(getData(CONFIG))).body.readBuffer()?.toString()).toBe(told);
});

test("one reconfiguration at a time: a second one before the first is committed is refused", async () => {
  ensemble = await ChangingEnsemble.start([1, 2, 3]);
  const client = await ensemble.client(ensemble.leader as number);
  const ask = {
    type: "reconfig",
    joiningServers: null,
    newMembers: null,
    curConfigId: -1n,
  } as const;
  client.request({ ...ask, leavingServers: "8" });
  client.request({ ...ask, leavingServers: "9" });
  expect((await client.reply()).err).toBe(0);
  expect((await client.reply()).err).toBe(ErrorCode.ReconfigInProgress);
  expect((await client.call({ ...ask, leavingServers: "9" })).err).toBe(0);
});

test("strangers may link, so many and no more, and none in the name of a member", async () => {
  ensemble = await ChangingEnsemble.start([1, 2, 3]);
  const lines = ensemble.log(2).lines.length;
  const sockets = await Promise.all(
    Array.from({ length: 40 }, (_, index) => linkAs(100 + index, 2, ensemble.ports(2).link)),
  );
  expect(sockets.filter(({ isAnswered }) => isAnswered)).toHaveLength(32);
  const impostor = await linkAs(3, 2, ensemble.ports(2).link);
  expect(impostor.isAnswered).toBe(false);
  const reasons = ensemble
    .log(2)
    .complaints(lines)
    .map(({ fields }) => fields["reason"]);
  expect(reasons.join()).toContain("32 such servers are linked");
  expect(reasons.join()).toContain("a second server with this id");
  const client = await ensemble.client(1);
  expect((await client.call(create("/undisturbed"))).err).toBe(0);
  for (const { socket } of [...sockets, impostor]) socket.destroy();
});

/** Says hello on a link port as server `from`; resolves when that is answered or refused. */
function linkAs(
  from: number,
  to: number,
  port: number,
): Promise<{ socket: Socket; isAnswered: boolean }> {
  const hello = Buffer.alloc(20);
  [16, 0x514c4142, 2, from, to].forEach((field, index) => hello.writeInt32BE(field, 4 * index));
  return new Promise((resolve) => {
    const localAddress = freshAddress();
    const socket = connect({ host: "127.0.0.1", port, localAddress }, () => socket.write(hello));
    // A reset is a way of refusing, too.
    socket.on("error", () => undefined);
    socket.once("data", () => resolve({ socket, isAnswered: true }));
    socket.once("close", () => resolve({ socket, isAnswered: false }));
  });
}

test("nobody writes /zookeeper/config but by a reconfiguration", async () => {
  ensemble = await ChangingEnsemble.start([1, 2, 3]);
  const client = await ensemble.client(1);
  expect((await client.call(setData(CONFIG, "version=0"))).err).toBe(ErrorCode.BadArguments);
});

describe("after a restart of everything", () => {
  test("the members are those of the last reconfiguration, whatever the old files say", async () => {
    ensemble = await ChangingEnsemble.start([1, 2, 3]);
    await ensemble.run(4, [1, 2, 3]);
    await ensemble.serve();
    expect((await ensemble.reconfig(1, { join: [ensemble.line(4)], leave: [1] })).err).toBe(0);
    await ensemble.agree([2, 3, 4], [2, 3, 4]);
    const text = await ensemble.configText(3);
    for (const id of [1, 2, 3, 4]) ensemble.end(id);
    await ensemble.run(2, [1, 2, 3]);
    await ensemble.run(4, [1, 2, 3]);
    // A quorum of the new members, and none of the old ones: 1 and 3 are not there.
    await ensemble.serve([2, 4]);
    expect(await ensemble.configText(4)).toBe(text);
    // The one that left finds them, by the address that another one tells it.
    await ensemble.run(1, [1, 2, 3]);
    await ensemble.run(3, [1, 2, 3]);
    await ensemble.serve();
    expect(ensemble.get(1).server.status()).toMatchObject({ state: "OBSERVING", part: "none" });
    await ensemble.converge();
  });

  test("with reconfigEnabled=false the servers are those of the files again, and every start says so", async () => {
    ensemble = await ChangingEnsemble.start([1, 2, 3]);
    expect((await ensemble.reconfig(1, { leave: [3] })).err).toBe(0);
    await ensemble.agree([1, 2, 3], [1, 2]);
    const restart = async (reconfigEnabled: string): Promise<void> => {
      for (const id of ensemble.ids) ensemble.end(id);
      for (const id of [1, 2, 3]) await ensemble.run(id, [1, 2, 3], [], { reconfigEnabled });
      await ensemble.serve();
      await ensemble.converge();
    };
    await restart("true");
    expect(ensemble.log(2).complaints()[0]?.message).toContain("the servers are 1, 2, by a reconf");
    await restart("false");
    expect(ensemble.log(2).complaints()[0]?.message).toContain("the servers are those of the file");
    expect(await ensemble.configText(1)).toMatch(/server\.3=.*\nversion=0$/);
    await restart("true");
    expect(await ensemble.configText(2)).toMatch(/server\.3=.*\nversion=[1-9a-f]0000000\d$/);
    expect(ensemble.get(3).server.status().part).toBe("participant");
  });

  test("one that was alone in the last configuration serves alone, as soon as it has noted that", async () => {
    ensemble = await ChangingEnsemble.start([1, 2, 3]);
    const reply = await ensemble.reconfig(1, { members: [ensemble.line(2)] });
    expect(reply.err).toBe(0);
    const snapshot = join(ensemble.dataDir(2), "history-0", `snapshot.${reply.zxid.toString(16)}`);
    await until("it has noted it", () => existsSync(snapshot));
    for (const id of [1, 2, 3]) ensemble.end(id);
    await ensemble.run(2, [1, 2, 3]);
    await ensemble.serve([2]);
    expect(ensemble.get(2).server.status().ensemble.voters).toEqual([2]);
  });

  test("one that was away while others came is told by those it knows where the leader is", async () => {
    ensemble = await ChangingEnsemble.start([1, 2, 3]);
    ensemble.end(1);
    await ensemble.run(4, [1, 2, 3]);
    await ensemble.run(5, [1, 2, 3]);
    await ensemble.serve();
    const join = [ensemble.line(4), ensemble.line(5)];
    expect((await ensemble.reconfig(2, { join, leave: [1, 3] })).err).toBe(0);
    await ensemble.agree([2, 4, 5], [2, 4, 5]);
    ensemble.end(3);
    if (ensemble.leader === 2) {
      ensemble.end(2);
      await until("another one leads", () => ensemble.leader !== null);
      await ensemble.run(2, [1, 2, 3]);
    }
    await ensemble.serve([2, 4, 5]);
    // Of those in its file only 2 is there, which does not lead.
    expect(ensemble.leader).toBeGreaterThan(3);
    await ensemble.run(1, [1, 2, 3]);
    await ensemble.serve();
    expect(ensemble.get(1).server.status()).toMatchObject({ state: "OBSERVING", part: "none" });
    await ensemble.converge();
  });

  test("a server serves its clients where the reconfiguration has put them", async () => {
    ensemble = await ChangingEnsemble.start([1, 2, 3]);
    const moved = ensemble.line(1).replace(/\d+$/, `${ensemble.ports(9).client}`);
    expect((await ensemble.reconfig(2, { join: [moved] })).err).toBe(0);
    await ensemble.log(1).waitFor("listening for clients on");
    const { client } = await RawClient.open(ensemble.ports(9).client);
    expect((await client.call(create("/moved"))).err).toBe(0);
    client.destroy();
    await expect(RawClient.connect(ensemble.ports(1).client)).rejects.toThrow("ECONNREFUSED");
    ensemble.end(1);
    await ensemble.run(1, [1, 2, 3]);
    await ensemble.serve();
    const again = await RawClient.open(ensemble.ports(9).client);
    expect((await again.client.call(getData("/moved"))).err).toBe(0);
    again.client.destroy();
  });
});

describe("a server that is to join", () => {
  test("with an address that nobody listens on stays outside, and disturbs nobody", async () => {
    ensemble = await ChangingEnsemble.start([1, 2, 3]);
    const { epoch } = ensemble.get(1).server.status();
    const stranger = await ensemble.run(4, [5, 6]);
    const client = await ensemble.client(1);
    for (let i = 0; i < 20; i++) expect((await client.call(create(`/calm-${i}`))).err).toBe(0);
    expect(stranger.server.status().serving).toBe(false);
    expect(ensemble.get(1).server.status()).toMatchObject({ serving: true, epoch });
  });

  test("with the id of a member is refused while that one lives", async () => {
    ensemble = await ChangingEnsemble.start([1, 2, 3]);
    const lines = ensemble.log(1).lines.length;
    const impostor = await startServer(3, join(ensemble.directory, "impostor"), {
      tickTime: "100",
      initLimit: "50",
      reconfigEnabled: "true",
      "server.1": `127.0.0.1:${ensemble.ports(1).link}`,
      "server.2": `127.0.0.1:${ensemble.ports(2).link}`,
      "server.3": `127.0.0.1:${ensemble.ports(9).link}`,
    });
    try {
      await impostor.log.waitFor("did not take the link");
      const client = await ensemble.client(2);
      expect((await client.call(create("/undisturbed"))).err).toBe(0);
      expect(impostor.server.status().serving).toBe(false);
      const reasons = ensemble
        .log(1)
        .complaints(lines)
        .map(({ fields }) => fields["reason"]);
      expect(reasons.join()).toContain("a second server with this id");
    } finally {
      impostor.stop();
    }
  });

  test("learns everything before it is a member, also by a snapshot", async () => {
    ensemble = await ChangingEnsemble.start([1, 2, 3], { snapCount: "50" });
    writer = new SteadyWriter("w", clientPorts(1, 2, 3));
    await writer.more(120);
    for (const id of [1, 2, 3]) {
      ensemble.end(id);
      await ensemble.run(id, [1, 2, 3]);
      await ensemble.serve();
    }
    await ensemble.run(4, [1, 2, 3]);
    await ensemble.serve();
    await expectNothingLost([1, 2, 3, 4]);
    expect(ensemble.get(4).server.status().ensemble.version).not.toBe(NO_ZXID);
  });
});

test("a dynamicConfigFile is read at first, and kept up to date in place", async () => {
  ensemble = await ChangingEnsemble.start([1, 2, 3]);
  const path = join(ensemble.directory, "members.cfg");
  const lines = [
    ensemble.line(1),
    ensemble.line(2),
    ensemble.line(3),
    ensemble.line(4, "observer"),
  ];
  writeFileSync(path, `${lines.join("\n")}\n`);
  await ensemble.runWith(4, { dynamicConfigFile: path });
  await ensemble.serve();
  expect((await ensemble.reconfig(1, { join: [ensemble.line(4)] })).err).toBe(0);
  await ensemble.agree([1, 2, 3, 4], [1, 2, 3, 4]);
  await until("the file says so", () => readFileSync(path, "utf8").includes(ensemble.line(4)));
  expect(readFileSync(path, "utf8")).toBe(`${await ensemble.configText(4)}\n`);
  expect(existsSync(`${path}.tmp`)).toBe(false);
  ensemble.end(4);
  await ensemble.runWith(4, { dynamicConfigFile: path });
  await ensemble.serve();
});
