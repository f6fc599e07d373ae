import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorName } from "./errors.ts";
import { OPERATIONS, PATH_FAULTS } from "./testing/path-faults.ts";
import { RawClient } from "./testing/raw-client.ts";
import { create, ephemeral, getData, remove, setData } from "./testing/requests.ts";
import { type Ensemble, startServers } from "./testing/running-servers.ts";

let ensemble: Ensemble;
let client: RawClient;
beforeAll(async () => {
  ensemble = await startServers(1);
  ({ client } = await RawClient.open(ensemble.servers[0]?.port ?? 0));
  await client.call(create("/a"));
});
afterAll(() => ensemble.stop());

/**
 * What ZooKeeper 3.8 answers: creates want a parent before they look at the rest of the path, deletes
 * and reads look a path up as it is. An empty path is refused here by reads too.
 */
function expected(operation: string, fault: string): string {
  if (operation === "sync") return "Ok";
  if (fault === "empty") return "BadArguments";
  switch (operation) {
    case "create":
    case "createEphemeral":
    case "createSequential":
      if (/^(relative with a slash|double slash|dot|dot dot)$/.test(fault)) return "NoNode";
      if (operation === "createSequential" && /^(dot at the end|trailing slash)$/.test(fault))
        return "Ok";
      return "BadArguments";
    case "setData":
      return "BadArguments";
    case "delete":
      return /^(relative|NUL)$/.test(fault) ? "BadArguments" : "NoNode";
    case "exists":
      return fault === "NUL" ? "BadArguments" : "NoNode";
    default:
      return "NoNode";
  }
}

describe.each(Object.keys(OPERATIONS))("%s of a path with a fault", (operation) => {
  test.each(Object.entries(PATH_FAULTS))("%s", async (fault, path) => {
    const request = OPERATIONS[operation]?.(path) as ReturnType<typeof create>;
    expect(errorName((await client.call(request)).err)).toBe(expected(operation, fault));
  });
});

test("the errors of the tree's rules", async () => {
  await client.call(ephemeral("/eph"));
  await client.call(create("/full"));
  await client.call(create("/full/child"));
  const codes = async (...requests: ReturnType<typeof create>[]): Promise<string[]> => {
    const names = [];
    for (const request of requests) names.push(errorName((await client.call(request)).err));
    return names;
  };
  expect(
    await codes(
      create("/eph/child"),
      remove("/full"),
      create("/full"),
      create("/none/child"),
      remove("/none"),
      setData("/none", ""),
      getData("/none"),
      { ...create("/no-acl"), acl: [] } as never,
      create("/flags", "", 9),
      create("/time-to-live", "", 5),
      remove("/"),
      remove("/zookeeper"),
      create("/"),
    ),
  ).toEqual(
    ["NoChildrenForEphemerals", "NotEmpty", "NodeExists", "NoNode", "NoNode", "NoNode"].concat(
      ["NoNode", "InvalidAcl", "BadArguments", "Unimplemented", "BadArguments", "BadArguments"],
      ["NodeExists"],
    ),
  );
});
