import { describe, expect, test } from "vitest";
import type { OpRecord, RunHistory } from "../../results/history.ts";
import { ErrorCode } from "../../server/errors.ts";
import { blackBox, defineBlackBox, isBlackBox } from "./black-box.ts";
import { checkAll } from "./check-all.ts";
import { seededRandom } from "./generated-ensemble.ts";
import { complaint, judge } from "./story-verdict.ts";
import { Story, z } from "./story.ts";
import type { StoryOp } from "./story-op.ts";

const EPHEMERAL = 1;
const SEQUENTIAL = 2;

function stat(version: number): Partial<OpRecord> {
  const zxids = { czxid: -1, mzxid: -1, pzxid: -1 };
  return { stat: { ...zxids, version, cversion: 0, ephemeralOwner: "0x0", numChildren: 0 } };
}

/** A story without zxids and logs; each operation is written as [from, to]. */
class BoxStory {
  readonly story = new Story();

  constructor() {
    this.story.run = { finals: [] };
  }

  create(client: number, value: string, [from, to]: readonly [number, number], flags = 0): this {
    return this.#ok(this.story.client(client).create("/k", value, flags), from, to);
  }
  set(client: number, value: string, [from, to]: readonly [number, number], version = -1): this {
    const op = this.story.client(client).set("/k", value).with({ expectedVersion: version });
    return this.#ok(op, from, to, version < 0 ? {} : stat(version + 1));
  }
  delete(client: number, [from, to]: readonly [number, number]): this {
    return this.#ok(this.story.client(client).delete("/k"), from, to);
  }
  reads(client: number, value: string, [from, to]: readonly [number, number], version = -1): this {
    const shown = version < 0 ? {} : stat(version);
    return this.#ok(this.story.client(client).get("/k"), from, to, { value, ...shown });
  }
  refused(op: StoryOp, code: number, [from, to]: readonly [number, number]): this {
    op.at(from, to).unlogged().fails(code, -1);
    return this;
  }
  loses(op: StoryOp, [from, to]: readonly [number, number]): this {
    op.at(from, to).unlogged().lost();
    return this;
  }

  get says(): string {
    return complaint(blackBox, this.story);
  }

  #ok(op: StoryOp, from: number, to: number, shown: Partial<OpRecord> = {}): this {
    op.at(from, to).unlogged().ok(-1, shown);
    return this;
  }
}

function box(): BoxStory {
  return new BoxStory().create(1, "a", [0, 1]);
}

describe("linearizable", () => {
  test("reads that overlap a write may show the value before and after it", () => {
    const story = box().set(1, "b", [10, 20]).reads(2, "b", [11, 12]).reads(3, "b", [13, 14]);
    expect(story.says).toBe("pass");
    expect(box().set(1, "b", [10, 20]).reads(2, "a", [11, 19]).says).toBe("pass");
  });

  test("what begins when another ends overlaps it", () => {
    expect(box().set(1, "b", [10, 20]).reads(2, "a", [20, 21]).says).toBe("pass");
  });

  test("writes that overlap may take effect in any order", () => {
    const story = box().set(1, "b", [10, 20]).set(2, "c", [10, 20]);
    expect(story.reads(3, "b", [21, 22]).says).toBe("pass");
  });

  test("a write whose answer was lost may take effect late, or never", () => {
    const story = box();
    story.loses(story.story.client(2).set("/k", "b"), [10, 20]).reads(1, "a", [30, 31]);
    expect(story.says).toBe("pass");
    expect(story.reads(1, "b", [40, 41]).says).toBe("pass");
  });

  test("an ephemeral may go after the last sign of life of its session", () => {
    const story = new BoxStory().create(1, "a", [0, 1], EPHEMERAL).reads(2, "a", [10, 11]);
    story.refused(story.story.client(2).get("/k"), ErrorCode.NoNode, [20, 21]);
    expect(story.says).toBe("pass");
  });

  test("a sequential znode that nobody knows to have created may be found", () => {
    const story = new BoxStory();
    story.loses(story.story.client(1).create("/q-", "a", SEQUENTIAL), [0, 5]);
    const found = story.story.client(2).get("/q-0000000000").at(10, 11);
    found.ok(-1, { value: "a" });
    expect(story.says).toBe("pass");
  });

  test("refusals agree with the state", () => {
    const story = box();
    const client = story.story.client(2);
    story.refused(client.create("/k", "x"), ErrorCode.NodeExists, [2, 3]);
    story.refused(client.set("/k", "x").with({ expectedVersion: 7 }), ErrorCode.BadVersion, [4, 5]);
    story.refused(client.delete("/k"), ErrorCode.NotEmpty, [6, 7]);
    story.delete(1, [8, 9]).refused(client.exists("/k"), ErrorCode.NoNode, [10, 11]);
    expect(story.create(1, "b", [12, 13]).set(1, "c", [14, 15], 0).says).toBe("pass");
  });

  test("a multi takes effect whole on each of its znodes", () => {
    const story = new BoxStory();
    const parts = [
      { type: "create", path: "/k", value: "a", code: 0 },
      { type: "setData", path: "/k", value: "b", code: 0 },
    ] as const;
    const multi = story.story.client(1).multi(...parts);
    multi.at(0, 1).unlogged().ok(-1);
    expect(story.reads(2, "b", [2, 3], 1).says).toBe("pass");
    expect(story.reads(2, "a", [4, 5]).says).toContain("Linearizability broke");
  });
});

describe("not linearizable", () => {
  const broke = (what: string, count: string): string =>
    `Linearizability broke: the answer to ${what} fits no order of the ${count} on /k up to it.`;

  test("a read shows what was overwritten before it began", () => {
    const story = box().set(1, "b", [10, 20]).reads(2, "a", [30, 31]);
    expect(judge(blackBox, story.story).violations).toEqual([
      {
        message: broke("client 2's getData /k", "operation"),
        evidence: [
          'before: value "b"',
          'made by: t=0.010–0.020s client 1 session 0x101 server 1 setData /k → ok (value "b")',
          't=0.030–0.031s client 2 session 0x102 server 1 getData /k → ok (value "a")',
        ],
        atMs: 31,
        faults: [],
      },
    ]);
  });

  test("two reads show two writes in different orders", () => {
    const story = box().set(1, "b", [10, 50]).set(2, "c", [10, 50]);
    story.reads(3, "b", [11, 12]).reads(3, "c", [13, 14]).reads(3, "b", [15, 16]);
    expect(story.says).toBe(broke("client 3's getData /k", "5 operations"));
  });

  test("an acknowledged write is lost", () => {
    const story = box().set(1, "b", [10, 20], 0).set(2, "c", [30, 40], 0);
    expect(story.says).toBe(broke("client 2's setData /k", "operation"));
  });

  test("a version skips one", () => {
    const story = box().set(1, "b", [10, 20]).reads(2, "b", [30, 31], 2);
    expect(story.says).toBe(broke("client 2's getData /k", "operation"));
  });

  test("a write whose answer was lost takes effect twice", () => {
    const story = box();
    story.loses(story.story.client(2).set("/k", "b"), [10, 20]);
    story.reads(1, "b", [30, 31]).set(1, "c", [40, 41]).reads(1, "b", [50, 51]);
    expect(story.says).toContain(broke("client 1's getData /k", "operation"));
  });

  test("two creates of one znode succeed", () => {
    expect(box().create(2, "b", [10, 20]).says).toBe(broke("client 2's create /k", "operation"));
  });

  test.each([
    ["a znode is gone that nobody deleted", ErrorCode.NoNode],
    ["a version is refused that was right", ErrorCode.BadVersion],
  ])("%s", (_, code) => {
    const story = box();
    const op = story.story.client(2).set("/k", "x").with({ expectedVersion: 0 });
    expect(story.refused(op, code, [10, 20]).says).toContain("Linearizability broke");
  });

  test("a znode is found that was deleted", () => {
    const story = box().delete(1, [10, 20]);
    story.story.client(2).exists("/k").at(30, 31).ok(-1);
    expect(story.says).toBe(broke("client 2's exists /k", "operation"));
  });

  test("an ephemeral is gone though its session lives", () => {
    const story = new BoxStory().create(1, "a", [0, 1], EPHEMERAL);
    story.refused(story.story.client(2).get("/k"), ErrorCode.NoNode, [20, 21]);
    expect(story.reads(1, "x", [30, 31]).says).toContain("client 2's getData /k");
  });
});

describe("bounds", () => {
  /** Twelve writes at a time, and a znode that is not only written and read. */
  function deletedBefore(): BoxStory {
    const story = box().delete(1, [2, 3]).create(1, "a", [4, 5]);
    for (let i = 1; i <= 12; i++) story.set(i, `v${i}`, [10, 20]);
    return story;
  }

  test("a search that is too long is unknown, and says what was not decided, and why", () => {
    const { story } = deletedBefore();
    story.client(1).create("/other", "x").at(1, 2).unlogged().ok(-1);
    const bounded = defineBlackBox({ stepsMax: 2_000, configurationsMax: 100_000 }, 10_000);
    expect(complaint(bounded, story)).toBe(
      "unknown 1 of 2 znodes, with 15 of 16 operations, were not decided: the search was given up " +
        "at its bound on /k (2000 steps)",
    );
    const narrow = defineBlackBox({ stepsMax: 1_000_000, configurationsMax: 50 }, 1_000_000);
    expect(complaint(narrow, story)).toContain("/k (50 configurations)");
    expect(complaint(blackBox, story)).toBe("pass");
  });

  test("the steps of all znodes together are bounded too", () => {
    const bounded = defineBlackBox({ stepsMax: 100, configurationsMax: 100 }, 1);
    expect(complaint(bounded, deletedBefore().story)).toContain("unknown");
  });

  describe("do not matter where every value was written once", () => {
    /** A hundred writes at a time, each read once, in the order of their names. */
    function crowd(): BoxStory {
      const story = box();
      for (let i = 1; i <= 100; i++) story.set(i, `v${i}`, [10, 500]);
      for (let i = 1; i <= 100; i++) story.reads(101, `v${i}`, [10 + 3 * i, 11 + 3 * i]);
      return story;
    }

    test("a hundred writes at a time pass", () => {
      expect(crowd().says).toBe("pass");
      expect(crowd().reads(102, "v100", [550, 560]).says).toBe("pass");
    });

    test("a read that goes back among them is found, and those that have no order are told", () => {
      const story = crowd().reads(102, "v40", [300, 301]);
      expect(judge(blackBox, story.story).violations).toMatchObject([
        {
          message:
            "Linearizability broke: the answer to client 102's getData /k fits no order of the " +
            "5 operations on /k up to it.",
          evidence: [
            expect.stringContaining(
              'client 40 session 0x128 server 1 setData /k → ok (value "v40")',
            ),
            expect.stringContaining('setData /k → ok (value "v41")'),
            expect.stringContaining("t=0.130–0.131s client 101"),
            expect.stringContaining("t=0.133–0.134s client 101"),
            expect.stringContaining("t=0.300–0.301s client 102"),
          ],
        },
      ]);
    });

    test("a value is read before it was written", () => {
      const story = crowd().reads(102, "late", [100, 101]).set(103, "late", [200, 210]);
      expect(story.says).toContain("Linearizability broke");
    });
  });

  test("hundreds of lost writes to one znode are no trouble", () => {
    const story = box();
    for (let i = 1; i <= 300; i++) {
      const atMs = 10 * i;
      story.loses(story.story.client(i).set("/k", `lost${i}`), [atMs, atMs + 5]);
      story.set(1, `v${i}`, [atMs + 6, atMs + 7]).reads(1, `v${i}`, [atMs + 8, atMs + 9]);
    }
    expect(story.says).toBe("pass");
  });
});

describe("when it is run", () => {
  test("by itself where there are no zxids and no logs, else when it is asked for", () => {
    const ids = (history: RunHistory, only?: string[]): string[] =>
      checkAll(history, only === undefined ? {} : { only }).map((result) => result.id);
    const dark = box().story.history();
    expect(isBlackBox(dark)).toBe(true);
    expect(ids(dark)).toContain("C13");
    const lit = new Story();
    lit.client(1).create("/k", "a").at(1, 2).ok(z(1));
    expect(ids(lit.history())).not.toContain("C13");
    expect(ids(lit.history(), ["C13"])).toEqual(["C13"]);
  });

  test("reads of a history with zxids are not judged: they may be stale", () => {
    const story = new Story();
    story.client(1).create("/k", "a").at(0, 1).ok(z(1));
    story.client(1).set("/k", "b").at(10, 11).ok(z(2));
    story.client(2).get("/k").at(20, 21).ok(z(1), { value: "a" });
    expect(complaint(blackBox, story)).toBe("pass");
    story.client(2).set("/k", "c").with({ expectedVersion: 0 }).at(30, 31).ok(z(3));
    expect(complaint(blackBox, story)).toContain("client 2's setData /k");
  });
});

/** A true register under concurrent clients, from a seed; some answers are lost. */
function generateBox(seed: number): Story {
  const random = seededRandom(seed);
  const story = new Story();
  story.run = { finals: [] };
  const state = new Map<string, { value: string; version: number }>();
  const freeMs = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < 300; i++) {
    // Effects come in the order of the loop; each operation spans the moment of its effect.
    const effectMs = 10 * i + 10;
    const client = Math.floor(random() * freeMs.length);
    const from = Math.max(freeMs[client] ?? 0, effectMs - random() * 60);
    const to = effectMs + random() * 60;
    if (from > effectMs) continue;
    freeMs[client] = to;
    const path = `/${Math.floor(random() * 3)}`;
    const known = state.get(path);
    const who = story.client(client + 1);
    const lost = random() < 0.1;
    const value = `v${i}`;
    const dice = random();
    if (dice < 0.5) {
      const op = who.get(path).at(from, to);
      if (known === undefined) op.fails(ErrorCode.NoNode, -1);
      else op.ok(-1, { value: known.value, ...stat(known.version) });
    } else if (known === undefined) {
      const op = who.create(path, value).at(from, to).unlogged();
      if (!lost || random() < 0.5) state.set(path, { value, version: 0 });
      if (lost) op.lost();
      else op.ok(-1);
    } else if (dice < 0.6) {
      const op = who.delete(path).at(from, to).unlogged();
      if (!lost || random() < 0.5) state.delete(path);
      if (lost) op.lost();
      else op.ok(-1);
    } else {
      const op = who.set(path, value).at(from, to).unlogged();
      const version = known.version + 1;
      if (!lost || random() < 0.5) state.set(path, { value, version });
      if (lost) op.lost();
      else op.ok(-1, stat(version));
    }
  }
  return story;
}

describe("generated histories", () => {
  const seeds = Array.from({ length: 30 }, (_, seed) => seed + 1);

  test.each(seeds)("a true register passes (seed %i)", (seed) => {
    expect(complaint(blackBox, generateBox(seed))).toBe("pass");
  });

  test.each(seeds)("one that shows another value once does not (seed %i)", (seed) => {
    const story = generateBox(seed);
    const index = story.records.findLastIndex(
      (one) => one.kind === "op" && one.op === "getData" && one.outcome === "ok",
    );
    Object.assign(story.records[index] as OpRecord, { value: "never written" });
    expect(complaint(blackBox, story)).toContain("Linearizability broke");
  });
});
