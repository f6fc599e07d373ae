import { describe, expect, test } from "vitest";
import { formatMembers, parseEnsembleConfig } from "./ensemble-config.ts";
import { errorName } from "./errors.ts";
import { makeZxid } from "./ids.ts";
import { judgeReconfig, type ReconfigRequest, type ReconfigSituation } from "./reconfiguration.ts";

const line = (id: number, role = "participant"): string =>
  `server.${id}=10.0.0.${id}:2888:3888:${role};0.0.0.0:2181`;
const VERSION = makeZxid(1, 5);
const current = parseEnsembleConfig(
  [line(1), line(2), line(3), `version=${VERSION.toString(16)}`].join("\n"),
);
const zxid = makeZxid(1, 9);

function judge(
  request: Partial<ReconfigRequest>,
  situation: Partial<ReconfigSituation> = {},
): string {
  const verdict = judgeReconfig(
    { joiningServers: null, leavingServers: null, newMembers: null, curConfigId: -1n, ...request },
    zxid,
    {
      reconfigEnabled: true,
      standaloneEnabled: false,
      isStandalone: false,
      current,
      canReconfigure: () => "ok",
      ...situation,
    },
  );
  if ("code" in verdict) return errorName(verdict.code);
  expect(verdict.version).toBe(zxid);
  return formatMembers(verdict).trimEnd();
}
const lines = (...parts: string[]): string => parts.join("\n");

describe("servers that join and leave", () => {
  test("join as they are described, in the order of ids", () => {
    const joiningServers = `${line(5, "observer")},${line(4)}`;
    expect(judge({ joiningServers })).toBe(
      lines(line(1), line(2), line(3), line(4), line(5, "observer")),
    );
  });

  test("leave; ids that are not there change nothing", () => {
    expect(judge({ leavingServers: " 2 , 77" })).toBe(lines(line(1), line(3)));
  });

  test("a server that leaves and joins, or joins again, is given anew", () => {
    const anew = "server.2=10.0.0.9:1:2:observer;5";
    const expected = lines(line(1), "server.2=10.0.0.9:1:2:observer;0.0.0.0:5", line(3));
    expect(judge({ joiningServers: anew })).toBe(expected);
    expect(judge({ joiningServers: anew, leavingServers: "2" })).toBe(expected);
  });

  test("a configuration that is too long for those who read it is refused", () => {
    const joiningServers = `server.4=${"h".repeat(70_000)}:1:2:observer;3`;
    expect(judge({ joiningServers })).toBe("BadArguments");
    expect(judge({ newMembers: `${line(1)}\n${joiningServers}` })).toBe("BadArguments");
  });

  test("nothing asked for is the same configuration with a new version", () => {
    expect(judge({})).toBe(lines(line(1), line(2), line(3)));
    expect(judge({ joiningServers: "", leavingServers: "" })).toBe(judge({}));
  });

  // As Apache ZooKeeper 3.9.5 answered, but for the addresses that two servers share.
  test.each([
    ["server.4=h:4114", "BadArguments"],
    ["server.4=h:4114:4124:observer", "BadArguments"],
    ["server.4", "BadArguments"],
    ["server.4=h:1:2=x;3", "BadArguments"],
    ["server.x=h:4114:4124:observer;4134", "MarshallingError"],
    ["server.4=h:4114:4124:spectator;4134", "BadArguments"],
    ["server.4=h:4114:4114:observer;4114", "BadArguments"],
    ["server.0=h:1:2;3", "BadArguments"],
    ["server.256=h:1:2;3", "BadArguments"],
    ["server.4=h:1:2|g:1:2;3", "BadArguments"],
    ["server.4=10.0.0.3:2888:9;1", "BadArguments"],
    ["server.4=h:141284:4124;4134", "MarshallingError"],
    ["server.4=h:4114:141284;4134", "MarshallingError"],
    ["server.4=h:4114:4124;141284", "MarshallingError"],
    ["server.4=h:4114:4124:observer;h:141284", "MarshallingError"],
    ["server.4=h:3000000000:4124;4134", "BadArguments"],
    ["server.4=h:4114:4124;3000000000", "BadArguments"],
  ])("%s: %s", (joiningServers, expected) => {
    expect(judge({ joiningServers })).toBe(expected);
  });

  test("a leaving server that is no number breaks the request", () => {
    expect(judge({ leavingServers: "abc" })).toBe("MarshallingError");
  });
});

describe("all members at once", () => {
  test("parted by commas or line ends; a version in it says nothing", () => {
    const members = [line(7), line(8, "observer"), line(2)];
    const expected = lines(line(2), line(7), line(8, "observer"));
    expect(judge({ newMembers: members.join(",") })).toBe(expected);
    expect(judge({ newMembers: `version=77\n# new\n${members.join("\n")}\n` })).toBe(expected);
  });

  test("the client's part and the role may be left out", () => {
    expect(judge({ newMembers: "server.1=h:1:2" })).toBe("server.1=h:1:2:participant");
  });

  test("they count alone, whatever joins and leaves beside them", () => {
    expect(judge({ newMembers: line(1), joiningServers: line(3), leavingServers: "1" })).toBe(
      line(1),
    );
  });

  test.each([
    ["", "MarshallingError"],
    [line(1, "observer"), "MarshallingError"],
    ["garbage", "BadArguments"],
    ["foo=bar", "BadArguments"],
    [`${line(1)}\ngroup.1=1:2`, "BadArguments"],
    [`${line(1)}\nweight.1=1`, "BadArguments"],
    ["server.1=h:1", "BadArguments"],
    ["server.1=h:1:2;70000", "MarshallingError"],
    ["server.1=h:1:2\nserver.2=h:1:3", "BadArguments"],
  ])("%j: %s", (newMembers, expected) => {
    expect(judge({ newMembers })).toBe(expected);
  });
});

describe("what must hold", () => {
  test("reconfigEnabled, and an ensemble", () => {
    expect(judge({}, { reconfigEnabled: false })).toBe("ReconfigDisabled");
    expect(judge({}, { isStandalone: true })).toBe("Unimplemented");
  });

  test("the version is the one that was expected, if any was", () => {
    expect(judge({ curConfigId: BigInt(VERSION) })).toBe(judge({}));
    expect(judge({ curConfigId: BigInt(VERSION) - 1n })).toBe("BadVersion");
    expect(judge({ curConfigId: -2n })).toBe("BadVersion");
    expect(judge({ curConfigId: 5n, newMembers: "garbage" })).toBe("BadVersion");
  });

  test("no other reconfiguration is under way", () => {
    const canReconfigure = (): "inProgress" => "inProgress";
    expect(judge({ curConfigId: 5n }, { canReconfigure })).toBe("ReconfigInProgress");
  });

  test("at least one participant is left, two with standaloneEnabled", () => {
    expect(judge({ leavingServers: "1,2" })).toBe(line(3));
    expect(judge({ leavingServers: "1,2,3" })).toBe("BadArguments");
    expect(judge({ leavingServers: "1,2" }, { standaloneEnabled: true })).toBe("BadArguments");
    expect(judge({ newMembers: line(1) }, { standaloneEnabled: true })).toBe("BadArguments");
    expect(judge({ newMembers: "" }, { standaloneEnabled: true })).toBe("BadArguments");
  });

  test("a quorum of the new participants is there", () => {
    const canReconfigure: ReconfigSituation["canReconfigure"] = ({ voters }) =>
      voters.length > 3 ? "noQuorum" : "ok";
    expect(judge({ joiningServers: line(4) }, { canReconfigure })).toBe("NewConfigNoQuorum");
    expect(judge({ joiningServers: line(4, "observer") }, { canReconfigure })).toContain(line(3));
  });
});
