import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigError } from "./config.ts";
import type { ServerConfig } from "./config.ts";
import { loadZooCfg, parseZooCfg } from "./zoo-cfg.ts";

const MINIMAL = { dataDir: "/d", clientPort: "2181" };
const ENSEMBLE = {
  ...MINIMAL,
  myid: "2",
  "server.1": "10.0.0.1:2888:3888",
  "server.2": "10.0.0.2:2888:3888",
  "server.3": "10.0.0.3:2888:3888",
};

function text(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}

function parse(settings: Record<string, string>, myidFile: string | null = null): ServerConfig {
  return parseZooCfg(text(settings), "zoo.cfg", () => myidFile);
}

function problemsOf(settings: Record<string, string> | string, myid: string | null = null) {
  try {
    const content = typeof settings === "string" ? settings : text(settings);
    parseZooCfg(content, "zoo.cfg", () => myid);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test("a file with the two required keys gets ZooKeeper's defaults", () => {
  expect(parse(MINIMAL)).toEqual({
    fileName: "zoo.cfg",
    fileText: "dataDir=/d\nclientPort=2181\n",
    adminSnapshot: { enabled: true, minIntervalMs: 300_000 },
    serverId: 1,
    tickMs: 3000,
    initLimitTicks: 10,
    syncLimitTicks: 5,
    dataDir: "/d",
    dataLogDir: "/d",
    clientAddress: { host: "0.0.0.0", port: 2181 },
    maxConnectionsPerAddress: 60,
    minSessionTimeoutMs: 6000,
    maxSessionTimeoutMs: 60_000,
    snapshotEveryTxns: 100_000,
    autopurge: { intervalMs: 0, snapRetainCount: 3 },
    maxFrameBytes: 1_048_575,
    adminEnabled: true,
    adminAddress: { host: "127.0.0.1", port: 8080 },
    fourLetterWords: ["srvr"],
    skipAcl: false,
    superDigest: null,
    extendedTypesEnabled: false,
    enforceQuota: false,
    containers: { checkIntervalMs: 60_000, maxPerMinute: 10_000, maxNeverUsedMs: 0 },
    maxConnections: 0,
    connectionRate: { tokens: 0, fillMs: 1, fillCount: 1 },
    readOnlyModeEnabled: false,
    secureClient: null,
    x509SuperUser: null,
    restAddress: null,
    ensemble: {
      version: 0,
      voters: [1],
      observers: [],
      members: [
        {
          id: 1,
          link: { host: "127.0.0.1", port: 0 },
          electionPort: 0,
          role: "participant",
          client: null,
        },
      ],
    },
    isStandalone: true,
    standaloneEnabled: true,
    reconfigEnabled: false,
    dynamicConfigFile: null,
    linkVia: new Map(),
    linkListenAddress: null,
    linkSecurity: { secret: null, tls: null },
    warnings: [],
  });
});

describe("a key that is set", () => {
  const rows: [key: string, value: string, expected: Partial<ServerConfig>][] = [
    ["tickTime", "2000", { tickMs: 2000, minSessionTimeoutMs: 4000, maxSessionTimeoutMs: 40_000 }],
    ["initLimit", "3", { initLimitTicks: 3 }],
    ["syncLimit", "2", { syncLimitTicks: 2 }],
    ["dataLogDir", "/l", { dataDir: "/d", dataLogDir: "/l" }],
    ["clientPortAddress", "127.0.0.1", { clientAddress: { host: "127.0.0.1", port: 2181 } }],
    ["clientPortAddress", "::1", { clientAddress: { host: "::1", port: 2181 } }],
    ["maxClientCnxns", "0", { maxConnectionsPerAddress: 0 }],
    ["minSessionTimeout", "500", { minSessionTimeoutMs: 500 }],
    ["minSessionTimeout", "-1", { minSessionTimeoutMs: 6000 }],
    ["maxSessionTimeout", "90000", { maxSessionTimeoutMs: 90_000 }],
    ["snapCount", "2", { snapshotEveryTxns: 2 }],
    ["jute.maxbuffer", "0x400000", { maxFrameBytes: 4_194_304 }],
    ["admin.enableServer", "False", { adminEnabled: false }],
    ["admin.serverAddress", "0.0.0.0", { adminAddress: { host: "0.0.0.0", port: 8080 } }],
    [
      "zookeeper.admin.snapshot.enabled",
      "false",
      { adminSnapshot: { enabled: false, minIntervalMs: 300_000 } },
    ],
    ["admin.rateLimiterIntervalInMS", "0", { adminSnapshot: { enabled: true, minIntervalMs: 0 } }],
    ["admin.serverPort", "0", { adminAddress: { host: "127.0.0.1", port: 0 } }],
    ["rest.enabled", "true", { restAddress: { host: "127.0.0.1", port: 9998 } }],
    ["rest.enabled", "false", { restAddress: null }],
    ["4lw.commands.whitelist", "stat, ruok", { fourLetterWords: ["stat", "ruok"] }],
    ["4lw.commands.whitelist", "stat,*", { fourLetterWords: ["*"] }],
    ["myid", "7", { serverId: 7 as ServerConfig["serverId"] }],
  ];
  test.each(rows)("%s=%s", (key, value, expected) => {
    expect(parse({ ...MINIMAL, [key]: value })).toMatchObject(expected);
  });

  test("clientPort=0 asks for any free port", () => {
    expect(parse({ ...MINIMAL, clientPort: "0" }).clientAddress?.port).toBe(0);
  });

  test("spaces, comments, blank lines and Windows line ends do not count", () => {
    const config = parseZooCfg(
      "# hi\r\n\r\n  dataDir = /d \r\n! yo\r\nclientPort =1\r\n",
      "f",
      () => null,
    );
    expect(config).toMatchObject({ dataDir: "/d", clientAddress: { port: 1 } });
  });
});

describe("a value that is wrong is named with its line and what is expected", () => {
  const rows: [key: string, value: string, expected: string][] = [
    ["tickTime", "0", `found "0", expected a whole number from 1 to 3600000`],
    ["tickTime", "2s", `found "2s", expected a whole number`],
    ["tickTime", "", `found "", expected a whole number`],
    ["initLimit", "-1", `found "-1", expected a whole number from 1`],
    ["syncLimit", "1.5", `found "1.5", expected a whole number from 1`],
    ["dataLogDir", "", `found "", expected a value`],
    ["clientPortAddress", "a b", `found "a b", expected a host name or an IP address`],
    ["maxClientCnxns", "-1", "expected a whole number from 0"],
    ["minSessionTimeout", "0", "expected milliseconds, at least 1"],
    [
      "minSessionTimeout",
      "70000",
      "expected minSessionTimeout (70000) not above maxSessionTimeout",
    ],
    ["maxSessionTimeout", "5", "expected minSessionTimeout (6000) not above maxSessionTimeout (5)"],
    ["snapCount", "1", "expected a whole number from 2"],
    ["jute.maxbuffer", "99999999999", "expected a whole number from 1024 to 1073741823"],
    ["admin.enableServer", "yes", `found "yes", expected true or false`],
    ["admin.serverAddress", "-", "expected a host name or an IP address"],
    ["admin.snapshot.enabled", "yes", "expected true or false"],
    ["admin.rateLimiterIntervalInMS", "-1", "expected a whole number from 0"],
    ["admin.restore.enabled", "true", `"true" is not supported yet, expected false`],
    ["rest.enabled", "yes", `found "yes", expected true or false`],
    ["rest.serverPort", "9998", `found "9998", expected rest.enabled=true too, or no such line`],
    ["rest.serverAddress", "::1", `found "::1", expected rest.enabled=true too`],
    ["admin.serverPort", "65536", "expected a whole number from 0 to 65535"],
    ["4lw.commands.whitelist", "stat,stap", "expected * or words of conf, "],
    ["myid", "256", `found "256", expected a number from 1 to 255`],
    ["link.listen", "h:1", "expected no such line for a server without peers"],
    ["dataDir2", "/d", "unknown key, the nearest known one is dataDir"],
    ["ticktime", "1", "unknown key, the nearest known one is tickTime"],
    ["zookeeper.admin.serverport", "1", "unknown key, the nearest known one is admin.serverPort"],
    ["secureClientPortAddress", "::1", `found "::1", expected secureClientPort to be set too`],
    ["ssl.crl", "true", `"true" is not supported yet, expected false`],
    ["peerType", "observer", "expected participant: there are no server lines"],
    ["peerType", "leader", `found "leader", expected participant or observer`],
    ["reconfigEnabled", "yes", "expected true or false"],
    ["initialConfig", "x", "is not supported yet, expected no such line"],
    ["link.via.0", "h:1", `found id "0", expected a number from 1 to 255`],
    ["link.via.2", "h", "expected host:port"],
    ["autopurge.purgeInterval", "501", "expected a whole number from 0 to 500"],
    ["autopurge.snapRetainCount", "2", "expected a whole number from 3"],
    ["extendedTypesEnabled", "1", "expected true or false"],
    ["skipACL", "true", "expected yes or no"],
    ["DigestAuthenticationProvider.superDigest", "super:secret", "not the password itself"],
    ["enforce.auth.enabled", "true", `"true" is not supported yet, expected false`],
    ["requireClientAuthScheme", "sasl", "is not supported yet, expected no such line"],
    ["zookeeper.sessionRequireClientSASLAuth", "true", "is not supported yet, expected false"],
    ["znode.container.maxPerMinute", "0", "expected a whole number from 1 to"],
    ["group.1", "1:2", "is not supported yet"],
    ["tickTime", "1\\", "expected a value without backslashes"],
  ];
  test.each(rows)("%s=%s", (key, value, expected) => {
    const problems = problemsOf({ ...MINIMAL, [key]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`zoo.cfg:3: ${key}: `);
    expect(problems[0]).toContain(expected);
  });
});

test.each([
  ["electionAlg", "3"],
  ["forceSync", "yes"],
])("%s=%s asks for what the server does anyway, and passes", (key, value) => {
  expect(problemsOf({ ...MINIMAL, [key]: value })).toEqual([]);
});

test("all problems of a file are listed at once", () => {
  const content = "clientPort=x\ntickTime=1\ntickTime=2\nnonsense\n=1\nsnapcount=5\nserver.0=h:1\n";
  expect(problemsOf(content)).toEqual([
    "zoo.cfg:3: tickTime: given again, expected once: it is in line 2 already",
    'zoo.cfg:4: "nonsense": not a setting, expected key=value',
    'zoo.cfg:5: "=1": not a setting, expected key=value',
    "zoo.cfg:6: snapcount: unknown key, the nearest known one is snapCount",
    "zoo.cfg: dataDir: missing, expected a directory",
    'zoo.cfg:7: server.0: found id "0", expected a number from 1 to 255',
    'zoo.cfg:1: clientPort: found "x", expected a whole number from 0 to 65535',
  ]);
});

test("without dataDir and clientPort both are asked for", () => {
  expect(problemsOf("")).toEqual([
    "zoo.cfg: dataDir: missing, expected a directory",
    "zoo.cfg: clientPort: missing, expected a port from 0 (any free one) to 65535",
  ]);
});

describe("server lines", () => {
  test("give the peers in the order of their ids, and the own one the listening address", () => {
    const config = parse({ ...ENSEMBLE, "server.10": "h:1", "server.9": "g:1" });
    expect(config.ensemble.voters).toEqual([1, 2, 3, 9, 10]);
    expect(config.ensemble.members[0]?.link).toEqual({ host: "10.0.0.1", port: 2888 });
    expect(config.linkListenAddress).toEqual({ host: "10.0.0.2", port: 2888 });
  });

  test("link.listen tells where the own server really listens", () => {
    const config = parse({ ...ENSEMBLE, "link.listen": "127.0.0.1:9" });
    expect(config.linkListenAddress).toEqual({ host: "127.0.0.1", port: 9 });
    expect(problemsOf({ ...ENSEMBLE, "link.listen": "127.0.0.1" })[0]).toContain(
      "expected host:port with a port from 1 to 65535",
    );
  });

  test.each([
    ["h:1", { host: "h", port: 1 }],
    ["h:1:2", { host: "h", port: 1 }],
    ["h:1:2:participant", { host: "h", port: 1 }],
    ["h:1:PARTICIPANT", { host: "h", port: 1 }],
    ["[::1]:1:2;[::1]:3", { host: "::1", port: 1 }],
    ["h-1.a.b:1:2;3", { host: "h-1.a.b", port: 1 }],
  ])("server.4=%s", (value, address) => {
    const config = parse({ ...ENSEMBLE, "server.4": value });
    expect(config.ensemble.members.at(-1)).toMatchObject({ id: 4, link: address });
  });

  test.each([
    ["h", "with a valid host"],
    [":1", "with a valid host"],
    ["h:", "expected a quorum port from 1 to 65535"],
    ["h:0:1", "expected a quorum port from 1 to 65535"],
    ["h:1:70000", "expected an election port from 1 to 65535"],
    ["h:1:2:spectator", "after the quorum port"],
    ["h:1:2:leader", `not "2:leader" after the quorum port`],
    ["h:1:2:participant:x", "after the quorum port"],
    ["h:1;2;3", `one ";" at most`],
    ["h:1;x:y", "[clientAddress:]clientPort"],
    ["h:1|g:1", "are not supported"],
    ["10.0.0.1:2888", "an address that server.1 does not have"],
  ])("server.4=%s is refused", (value, expected) => {
    const problems = problemsOf({ ...ENSEMBLE, "server.4": value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^zoo\.cfg:7: server\.4: found /);
    expect(problems[0]).toContain(expected);
  });

  test.each(["server.x", "server.256", "server.", "server.-1"])("%s is no id", (key) => {
    expect(problemsOf({ ...ENSEMBLE, [key]: "h:1" })[0]).toContain(
      "expected a number from 1 to 255",
    );
  });

  test("the same server written in two ways is given twice", () => {
    const problems = problemsOf({ ...ENSEMBLE, "server.01": "h:1" });
    expect(problems).toEqual([
      "zoo.cfg:7: server.01: server 1 is given again, expected one line per server",
    ]);
  });

  test("an even number of them is allowed, with a warning", () => {
    expect(parse({ ...ENSEMBLE, "server.4": "h:1" }).warnings).toContainEqual(
      "4 servers survive the loss of 1, as 3 would: an odd number of servers is the better choice",
    );
  });

  test("the own line may give the client port", () => {
    const { clientPort: _, ...rest } = ENSEMBLE;
    const own = { ...rest, "server.2": "10.0.0.2:2888;127.0.0.1:2182" };
    expect(parse(own).clientAddress).toEqual({ host: "127.0.0.1", port: 2182 });
    expect(problemsOf({ ...own, clientPort: "2181" })).toEqual([
      `zoo.cfg:6: clientPort: found "2181", expected 2182, as this server's own server line says`,
    ]);
  });
});

describe("myid", () => {
  const { myid: _, ...withoutKey } = ENSEMBLE;

  test("is read from the file in dataDir", () => {
    expect(parse(withoutKey, "3\n").serverId).toBe(3);
    expect(parse(MINIMAL, "3\n").serverId).toBe(3);
  });

  test.each<[string, Record<string, string>, string | null, string]>([
    ["missing", withoutKey, null, "zoo.cfg: myid: missing, expected one of 1, 2, 3 in /d/myid"],
    ["not a number", withoutKey, "two", `found "two" in /d/myid, expected a number from 1 to 255`],
    ["not in the list", { ...ENSEMBLE, myid: "9" }, null, "zoo.cfg:3: myid: found 9, expected one"],
    ["not in the list", withoutKey, "9", "found 9, expected one of the server lines: 1, 2, 3"],
    ["another in the file", ENSEMBLE, "3", "zoo.cfg:3: myid: found 2, expected 3 as in /d/myid"],
  ])("%s", (_title, settings, file, expected) => {
    const problems = problemsOf(settings, file);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });
});

test("a file is loaded with the myid beside the data; a file that is not there is named", () => {
  const directory = mkdtempSync(join(tmpdir(), "zoo-cfg-test-"));
  try {
    const file = join(directory, "zoo.cfg");
    writeFileSync(file, text({ dataDir: directory, clientPort: "0", "server.5": "h:1" }));
    expect(() => loadZooCfg(file)).toThrow(`${file}: myid: missing`);
    writeFileSync(join(directory, "myid"), "5\n");
    expect(loadZooCfg(file)).toMatchObject({ serverId: 5, dataDir: directory });
    expect(() => loadZooCfg(join(directory, "none.cfg"))).toThrow(
      /none\.cfg: cannot be read: ENOENT/,
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
