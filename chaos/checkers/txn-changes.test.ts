import { describe, expect, test } from "vitest";
import type { ServerTxnPart } from "../../results/history.ts";
import { atomicity } from "./atomicity.ts";
import { describeTxn } from "./evidence.ts";
import { ephemerals } from "./ephemerals.ts";
import { sequentialNames } from "./sequential-names.ts";
import { singleSystemImage } from "./single-system-image.ts";
import { complaint } from "./story-verdict.ts";
import { Story, z } from "./story.ts";
import { changesOf } from "./txn-changes.ts";

const SEQUENTIAL = 2;

function create(path: string, value = "", ephemeralOwner = "0x0"): ServerTxnPart {
  return { type: "create", path, value, ephemeralOwner, version: 0 };
}

function withMulti(zxid: number, parts: readonly ServerTxnPart[], session = "0x0"): Story {
  return new Story().logged({ zxid, type: "multi", parts, session, cxid: 7 });
}

describe("a multi's parts count like transactions of their own at its zxid", () => {
  const written: ServerTxnPart[] = [
    create("/m", "one"),
    { type: "setData", path: "/m", value: "two", version: 1 },
    create("/m/gone"),
    create("/m/stays"),
    { type: "delete", path: "/m/gone" },
    { type: "check", path: "/m", version: 1 },
  ];
  const shown = {
    czxid: z(1),
    mzxid: z(1),
    pzxid: z(1),
    version: 1,
    cversion: 3,
    ephemeralOwner: "0x0",
    numChildren: 1,
  };

  test("a read shows the state after the last part", () => {
    const story = withMulti(z(1), written);
    story.client(1).get("/m").at(10, 11).ok(z(1), { value: "two", stat: shown });
    story
      .client(1)
      .list("/m")
      .at(12, 13)
      .ok(z(1), { children: ["stays"] });
    expect(complaint(singleSystemImage, story)).toBe("pass");
  });

  test("a read that shows half of it is found", () => {
    const story = withMulti(z(1), written);
    story
      .client(1)
      .get("/m")
      .at(10, 11)
      .ok(z(1), { value: "one", stat: { ...shown, version: 0 } });
    expect(complaint(singleSystemImage, story)).toContain('value "one" instead of');
    expect(complaint(atomicity, story)).toContain("shows version 0 instead of 1");
  });

  test("a read that shows another count of children is found", () => {
    const story = withMulti(z(1), written);
    story
      .client(1)
      .get("/m")
      .at(10, 11)
      .ok(z(1), { stat: { ...shown, cversion: 2 } });
    expect(complaint(atomicity, story)).toContain("cversion 2 instead of 3");
  });

  test("a multi that failed changes nothing", () => {
    const story = withMulti(z(1), [{ type: "error", path: "", code: 0 }]);
    story.client(1).get("/m").at(10, 11).ok(z(1), { value: "one" });
    expect(complaint(singleSystemImage, story)).toContain("a znode, where there is none");
  });

  test("its creations count for the numbers of sequential names", () => {
    const story = withMulti(z(1), [create("/q"), create("/q/a"), create("/q/b")]);
    const next = story.client(1).create("/q/n-", "", SEQUENTIAL);
    next.with({ created: "/q/n-0000000002" }).at(10, 11).ok(z(2));
    expect(complaint(sequentialNames, story)).toBe("pass");
  });

  test("what it does for a closed session is found, but not that it failed", () => {
    const story = new Story();
    story.client(1).opens(z(1), 5).closes().at(10, 11).ok(z(2));
    const late = { type: "multi", session: story.client(1).session } as const;
    story.logged({ zxid: z(3), ...late, parts: [{ type: "error", path: "", code: -101 }] });
    expect(complaint(ephemerals, story)).toBe("pass");
    story.logged({ zxid: z(4), ...late, parts: [create("/late")] });
    expect(complaint(ephemerals, story)).toContain("but multi was done for it afterwards");
  });
});

describe("ephemerals in a multi", () => {
  function owner(): Story {
    const story = new Story();
    const client = story.client(1).opens(z(1), 5);
    const parts = [create("/e", "", client.session), create("/f", "", client.session)];
    return story.logged({ zxid: z(2), type: "multi", session: client.session, cxid: 1, parts });
  }

  test("a close that forgets one is found", () => {
    const close = { zxid: z(3), type: "closeSession", session: "0x101", removed: ["/e"] } as const;
    expect(complaint(ephemerals, owner().logged(close))).toContain("left its ephemeral /f behind");
  });

  test("one that a multi deleted need not be removed again", () => {
    const story = owner();
    story.logged({ zxid: z(3), type: "multi", parts: [{ type: "delete", path: "/f" }] });
    story.logged({ zxid: z(4), type: "closeSession", session: "0x101", removed: ["/e"] });
    expect(complaint(ephemerals, story)).toBe("pass");
  });
});

describe("znodes that die with no session", () => {
  test.each([
    ["a container", "0x8000000000000000"],
    ["a znode with a time to live", "0xff00000000001388"],
  ])("%s is no ephemeral, and the leader may remove it", (_, ephemeralOwner) => {
    const story = new Story();
    const client = story.client(1).opens(z(1), 5);
    story.logged({ zxid: z(2), type: "create", path: "/x", value: "", ephemeralOwner });
    client.get("/x").at(10, 11).ok(z(2), { value: "" });
    expect(complaint(ephemerals, story)).toBe("pass");
    story.logged({ zxid: z(3), type: "delete", path: "/x" });
    client.get("/x").at(20, 21).ok(z(3), { value: "" });
    expect(complaint(singleSystemImage, story)).toContain("a znode, where there is none");
  });
});

describe("what servers write by themselves", () => {
  test("a reconfig sets the data of /zookeeper/config", () => {
    const config = { zxid: z(1), type: "reconfig", value: "server.1=…", version: 4 } as const;
    const story = new Story().logged(config);
    story.client(1).get("/zookeeper/config").at(10, 11).ok(z(1), { value: "server.1=…" });
    expect(complaint(singleSystemImage, story)).toBe("pass");
    story.client(1).get("/zookeeper/config").at(12, 13).ok(z(1), { value: "" });
    expect(complaint(singleSystemImage, story)).toContain('value "" instead of');
  });

  test("the counts kept for a quota are no transaction's", () => {
    const stats = "/zookeeper/quota/a/zookeeper_stats";
    const story = new Story().logged({ zxid: z(1), type: "create", path: stats, value: "count=1" });
    story.client(1).get(stats).at(10, 11).ok(z(1), { value: "count=2" });
    expect(complaint(singleSystemImage, story)).toBe("pass");
  });
});

test("evidence names the parts of a multi", () => {
  const [txn] = withMulti(z(1), [create("/m", "v"), { type: "error", path: "", code: -101 }]).log;
  if (txn === undefined) throw new Error("the story has no transaction");
  expect(describeTxn(txn)).toBe(
    '0x100000001 multi by session 0x0 (cxid 7, create /m value "v" version 0, error NoNode)',
  );
  expect(changesOf(txn)).toMatchObject([{ type: "create", path: "/m", zxid: z(1) }]);
});
