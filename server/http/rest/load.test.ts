/** The REST port under a load generator for HTTP (autocannon). */
import autocannon from "autocannon";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RestClient } from "../../testing/rest-client.ts";
import { type RestEnsemble, startRestServers } from "../../testing/rest-ensemble.ts";

const CONNECTIONS = 8;
const READS = 2_000;
const WRITES = 400;

let rest: RestEnsemble;
let http: RestClient;
beforeAll(async () => {
  rest = await startRestServers(3);
  const [follower] = rest.ensemble.followers;
  http = rest.clients.get(follower?.id ?? 0) as RestClient;
});
afterAll(() => rest.stop());

test("reads and writes at a follower, many at once, each done exactly once", async () => {
  await http.create("/", "load");
  const url = `http://127.0.0.1:${http.port}/znodes/v1/load`;
  const load = { url, connections: CONNECTIONS } as const;
  const [reads, writes] = await Promise.all([
    autocannon({ ...load, amount: READS }),
    autocannon({ ...load, amount: WRITES, method: "PUT", body: "x".repeat(100) }),
  ]);
  for (const { errors, timeouts, non2xx } of [reads, writes])
    expect({ errors, timeouts, non2xx }).toEqual({ errors: 0, timeouts: 0, non2xx: 0 });
  expect([reads.requests.total, writes.requests.total]).toEqual([READS, WRITES]);
  const { json } = await http.get("/znodes/v1/load");
  expect(json).toMatchObject({ stat: { version: WRITES, datalength: 100 } });
});
