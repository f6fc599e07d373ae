import { describe, expect, test } from "vitest";
import type { OpPartRecord, ServerTxnPart } from "../../results/history.ts";
import { ErrorCode } from "../../server/errors.ts";
import { NOBODY, STAT, tree } from "./atomicity-fixture.ts";
import { atomicity } from "./atomicity.ts";
import { complaint, judge } from "./story-verdict.ts";
import { type Story, z } from "./story.ts";

describe("a multi", () => {
  const asked: OpPartRecord[] = [
    { type: "check", path: "/a", expectedVersion: 1, code: 0 },
    { type: "create", path: "/m", value: "m", flags: 0, code: 0, created: "/m" },
    { type: "setData", path: "/a", value: "three", expectedVersion: -1, code: 0 },
    { type: "create", path: "/m/s-", value: "s", flags: 2, code: 0, created: "/m/s-0000000000" },
  ];
  const logged: ServerTxnPart[] = [
    { type: "check", path: "/a", version: 1 },
    { type: "create", path: "/m", value: "m", ephemeralOwner: NOBODY, version: 0 },
    { type: "setData", path: "/a", value: "three", version: 2 },
    { type: "create", path: "/m/s-0000000000", value: "s", ephemeralOwner: NOBODY, version: 0 },
  ];

  function multi(parts: readonly OpPartRecord[], inLog: readonly ServerTxnPart[]): Story {
    const story = tree();
    story
      .client(1)
      .multi(...parts)
      .with({ xid: 5 })
      .at(10, 11)
      .ok(z(3));
    return story.logged({ zxid: z(3), type: "multi", session: "0x101", cxid: 5, parts: inLog });
  }

  function changed<T>(parts: readonly T[], index: number, changes: Partial<T>): T[] {
    return parts.map((part, at) => (at === index ? { ...part, ...changes } : part));
  }

  test("that is whole passes", () => {
    const after = { ...STAT, mzxid: z(3), version: 2, mtimeMs: 0 };
    const { dataLength: _, ...stat } = after;
    expect(complaint(atomicity, multi(changed(asked, 2, { stat }), logged))).toBe("pass");
  });

  test.each<[string, Story, string]>([
    [
      "of which the log lacks a part",
      multi(asked, logged.slice(0, 3)),
      "client 1's multi has 4 parts, and the log has 3 of them",
    ],
    [
      "of which the log has one part done and one refused",
      multi(asked, changed<ServerTxnPart>(logged, 3, { type: "error", path: "", code: -110 })),
      "the log's multi at zxid 0x100000003 applied 3 of its 4 parts",
    ],
    [
      "of which the log has another value",
      multi(asked, changed(logged, 1, { value: "other" })),
      'part create /m of client 1\'s multi, done at zxid 0x100000003, has the value "other" in the log',
    ],
    [
      "of which the log has another path",
      multi(asked, changed(logged, 1, { path: "/n" })),
      "is create /n in the log",
    ],
    [
      "whose check does not hold",
      multi(changed(asked, 0, { expectedVersion: 0 }), changed(logged, 0, { version: 0 })),
      "check /a in the multi at zxid 0x100000003 (version 0) does not fit what was before: its version is 1",
    ],
    [
      "whose sequential name has not the number of its turn",
      multi(
        changed(asked, 3, { created: "/m/s-0000000001" }),
        changed(logged, 3, { path: "/m/s-0000000001" }),
      ),
      "made /m/s-0000000001 instead of /m/s-0000000000",
    ],
    [
      "that is answered with a path that it did not make",
      multi(changed(asked, 3, { created: "/m/s-0000000001" }), logged),
      "was answered with the path /m/s-0000000001 instead of /m/s-0000000000",
    ],
    [
      "that is answered with an older Stat",
      multi(changed(asked, 2, { stat: STAT }), logged),
      "part setData /a of client 1's multi, done at zxid 0x100000003, was answered with mzxid",
    ],
    [
      "that is acknowledged with an error in it",
      multi(changed(asked, 1, { code: -110 }), logged),
      "was answered with NodeExists",
    ],
  ])("%s is found", (_, story, message) => {
    expect(complaint(atomicity, story)).toContain(message);
  });

  test("whose answer was lost is whole all the same", () => {
    const story = tree();
    story
      .client(1)
      .multi(...asked)
      .with({ xid: 5 })
      .at(10, 11)
      .lost();
    const parts = logged.slice(0, 2);
    story.logged({ zxid: z(3), type: "multi", session: "0x101", cxid: 5, parts });
    const result = judge(atomicity, story);
    expect(result.violations[0]?.message).toContain("has 4 parts, and the log has 2 of them");
    expect(result.violations[0]?.evidence[0]).toContain("info ConnectionLoss, no reply (check /a");
  });

  describe("that failed", () => {
    const codes = [0, 0, ErrorCode.BadVersion, ErrorCode.RuntimeInconsistency];
    const errors: ServerTxnPart[] = codes.map((code) => ({ type: "error", path: "", code }));
    const refused = asked.map((part, index) => {
      const expected = index === 2 ? { expectedVersion: 7 } : {};
      return { ...part, ...expected, code: codes[index] ?? 0 };
    });

    function failed(parts: readonly OpPartRecord[], inLog: readonly ServerTxnPart[]): Story {
      const story = tree();
      const op = story.client(1).multi(...parts);
      op.with({ xid: 5 }).unlogged().at(10, 11).fails(ErrorCode.BadVersion, z(3));
      return story.logged({ zxid: z(3), type: "multi", session: "0x101", cxid: 5, parts: inLog });
    }

    test("for a good reason changes nothing, and passes", () => {
      const story = failed(refused, errors);
      story.client(1).exists("/a").at(20, 21).ok(z(3), { stat: STAT });
      expect(complaint(atomicity, story)).toBe("pass");
    });

    test("must not be in the log as done", () => {
      expect(complaint(atomicity, failed(refused, logged))).toContain(
        "client 1's multi was refused with BadVersion, but the log has it applied",
      );
    });

    test("answers what the log says", () => {
      const other = changed(refused, 2, { code: ErrorCode.NoNode });
      expect(complaint(atomicity, failed(other, errors))).toContain(
        "part setData /a of client 1's multi, refused at zxid 0x100000003, was answered with NoNode, " +
          "and has BadVersion in the log",
      );
    });

    test("says which part was refused", () => {
      const all = errors.map((part) => ({ ...part, code: ErrorCode.RuntimeInconsistency }));
      const blamed = refused.map((part) => ({ ...part, code: ErrorCode.RuntimeInconsistency }));
      expect(complaint(atomicity, failed(blamed, all))).toContain(
        "got RuntimeInconsistency, and part 1 is the first that was refused",
      );
    });

    test("has to have a reason", () => {
      const fitting = changed(refused, 2, { expectedVersion: 1 });
      expect(complaint(atomicity, failed(fitting, errors))).toContain(
        "got BadVersion, where success is right",
      );
    });

    test("fails at the first part that has a reason", () => {
      const earlier = changed(refused, 0, { expectedVersion: 0 });
      expect(complaint(atomicity, failed(earlier, errors))).toContain(
        "part check /a of client 1's multi, refused at zxid 0x100000003, got success, where BadVersion is right",
      );
    });
  });

  test("of which a server shows one half and lacks the other is found", () => {
    const story = multi(asked, logged);
    story.client(2).on(2).get("/m").at(20, 21).ok(z(3), { value: "m" });
    story.client(3).on(3).get("/a").at(20, 21).ok(z(4, 2), { value: "two" });
    story.client(2).on(2).get("/a").at(22, 23).ok(z(3), { value: "two" });
    const result = judge(atomicity, story);
    expect(result.violations.map(({ message }) => message)).toEqual([
      "Atomicity broke: server 2 showed half of the multi at zxid 0x100000003: client 2's getData /a, " +
        "answered as of zxid 0x100000003, lacks what it did there.",
    ]);
    expect(result.violations[0]?.evidence).toHaveLength(3);
  });
});
