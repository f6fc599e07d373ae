import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type EnsembleConfig,
  EnsembleConfigError,
  type EnsembleMember,
  formatEnsembleConfig,
  makeEnsembleConfig,
  parseEnsembleConfig,
} from "./ensemble-config.ts";
import { makeZxid, type ServerId } from "./ids.ts";

/** As Apache ZooKeeper 3.9.5 answered a get of /zookeeper/config. */
const FROM_ZOOKEEPER = `server.1=127.0.0.1:4111:4121:participant;127.0.0.1:4131
server.2=127.0.0.1:4112:4122:participant
server.4=127.0.0.1:4114:4124:observer;0.0.0.0:4134
version=10000000e`;

test("the text of ZooKeeper's configuration is read and written back, byte for byte", () => {
  const config = parseEnsembleConfig(FROM_ZOOKEEPER);
  expect(config).toMatchObject({ version: makeZxid(1, 14), voters: [1, 2], observers: [4] });
  expect(config.members[2]).toEqual({
    id: 4,
    link: { host: "127.0.0.1", port: 4114 },
    electionPort: 4124,
    role: "observer",
    client: { host: "0.0.0.0", port: 4134 },
  });
  expect(formatEnsembleConfig(config)).toBe(FROM_ZOOKEEPER);
});

const port = fc.integer({ min: 1, max: 65_535 });
const host = fc.constantFrom("127.0.0.1", "zk-1.example.org", "::1", "fe80::1", "h");
const address = fc.record({ host, port });
const member: fc.Arbitrary<EnsembleMember> = fc.record({
  id: fc.integer({ min: 1, max: 255 }) as fc.Arbitrary<ServerId>,
  link: address,
  electionPort: port,
  role: fc.constantFrom("participant", "observer"),
  client: fc.option(address),
});
/** One port for both is shown as two. */
const shown = member.filter(({ link, electionPort }) => electionPort !== link.port);
const anyConfig: fc.Arbitrary<EnsembleConfig> = fc
  .tuple(
    fc.tuple(fc.integer({ min: 0, max: 2 ** 20 }), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
    fc.uniqueArray(shown, { selector: ({ id }) => id, maxLength: 9 }),
  )
  .map(([[epoch, counter], members]) => makeEnsembleConfig(makeZxid(epoch, counter), members));

test("every configuration is read back as it was written, with its servers in order", () => {
  fc.assert(
    fc.property(anyConfig, (config) => {
      expect(parseEnsembleConfig(formatEnsembleConfig(config))).toEqual(config);
      const ids = config.members.map(({ id }) => id);
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
      expect([...config.voters, ...config.observers].sort((a, b) => a - b)).toEqual(ids);
    }),
  );
});

test.each([
  [4114, 4134, "server.7=h:4114:4115:participant;h:4134"],
  [4114, 4115, "server.7=h:4114:4116:participant;h:4115"],
  [65_535, 1, "server.7=h:65535:65534:participant;h:1"],
])(
  "a server with the one port %i, clients at %i, is shown with two: clients refuse one",
  (link, client, line) => {
    const only: EnsembleMember = {
      id: 7 as ServerId,
      link: { host: "h", port: link },
      electionPort: link,
      role: "participant",
      client: { host: "h", port: client },
    };
    expect(formatEnsembleConfig(makeEnsembleConfig(makeZxid(0, 0), [only]))).toBe(
      `${line}\nversion=0`,
    );
  },
);

describe("a text that is no configuration", () => {
  test.each([
    ["", "found no version"],
    ["server.1=h:1:2:participant", "found no version"],
    ["version=1\nversion=2", "a second version"],
    ["version=xyz", "expected server.N"],
    ["version=ffffffffffffffff", "expected a zxid"],
    ["server.0=h:1:2:participant\nversion=0", "with N from 1 to 255"],
    ["server.256=h:1:2:participant\nversion=0", "with N from 1 to 255"],
    ["server.1=h:1:2:spectator\nversion=0", "server.1: expected"],
    ["server.1=h:1:2:participant\nserver.1=g:1:2:participant\nversion=0", "found a server twice"],
    ["group.1=1:2\nversion=0", "expected server.N"],
  ])("%j: %s", (text, message) => {
    expect(() => parseEnsembleConfig(text)).toThrow(EnsembleConfigError);
    expect(() => parseEnsembleConfig(text)).toThrow(message);
  });

  test("random bytes are refused as such, and nothing else happens", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(() => parseEnsembleConfig(`server.1=${text}`)).toThrow(EnsembleConfigError);
      }),
    );
  });
});
