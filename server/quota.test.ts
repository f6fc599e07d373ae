import { afterAll, beforeAll, expect, test } from "vitest";
import { ErrorCode } from "./errors.ts";
import { RawClient } from "./testing/raw-client.ts";
import { create, getData, remove, setData, sync } from "./testing/requests.ts";
import { type Ensemble, startServers } from "./testing/running-servers.ts";
import { decodeData } from "./wire/replies.ts";

const LIMITS = "/zookeeper/quota/app/zookeeper_limits";
const STATS = "/zookeeper/quota/app/zookeeper_stats";

let ensemble: Ensemble;
let client: RawClient;
beforeAll(async () => {
  ensemble = await startServers(3, { config: { enforceQuota: "true", snapCount: "10" } });
  client = (await RawClient.open(ensemble.followers[0]?.port ?? 0)).client;
  await client.call(create("/app", "12"));
  await client.call(create("/zookeeper/quota/app"));
  await client.call(create(LIMITS, "count=2,bytes=-1=;countHardLimit=3;byteHardLimit=100"));
  await client.call(create(STATS, "count=0,bytes=0"));
});
afterAll(() => ensemble.stop());

async function used(by: RawClient = client): Promise<string | undefined> {
  return decodeData((await by.call(getData(STATS))).body).data?.toString();
}

test("what goes beyond a hard limit is refused, however fast it is asked for", async () => {
  expect(await used()).toBe("count=1,bytes=2");
  const paths = ["/app/a", "/app/b", "/app/c", "/app/d"];
  for (const path of paths) client.request(create(path, "x"));
  const answers = [];
  for (const _path of paths) answers.push((await client.reply()).err);
  const over = ErrorCode.QuotaExceeded;
  expect(answers).toEqual([0, 0, over, over]);
  expect((await client.call(setData("/app/a", Buffer.alloc(98)))).err).toBe(over);
  expect((await client.call(setData("/app/a", Buffer.alloc(97)))).err).toBe(0);
  expect(await used()).toBe("count=3,bytes=100");
  expect((await client.call(remove("/app/a"))).err).toBe(0);
  expect((await client.call(create("/app/c", "x"))).err).toBe(0);
});

test("the log says which limit was passed, once", () => {
  const said = ensemble.leader.log.lines.filter(({ message }) => message === "quota exceeded");
  expect(said.map(({ fields }) => [fields["path"], fields["what"], fields["limit"]])).toEqual([
    ["/app", "count", "hard"],
    ["/app", "bytes", "hard"],
  ]);
});

test("every server shows the same usage, and has the same tree", async () => {
  const readers: RawClient[] = [];
  for (const { port } of ensemble.servers) readers.push((await RawClient.open(port)).client);
  const shown = new Set<string | undefined>();
  for (const reader of readers) {
    await reader.call(sync("/"));
    shown.add(await used(reader));
  }
  expect(shown).toEqual(new Set(["count=3,bytes=4"]));
  const digests = ensemble.servers.map(({ server }) => server.finalState().treeDigest);
  expect(new Set(digests).size).toBe(1);
});
