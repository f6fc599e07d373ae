import { expect, test } from "vitest";
import { ErrorCode } from "../../server/errors.ts";
import { linearizableWrites } from "./linearizable-writes.ts";
import { complaint, judge } from "./story-verdict.ts";
import { Story, z } from "./story.ts";

test("a write that gets a lower zxid than one acknowledged before it was sent is found", () => {
  const story = new Story();
  story.client(1).set("/a", "x").at(10, 12).ok(z(2));
  story.client(2).set("/a", "y").at(13, 15).ok(z(1));
  expect(complaint(linearizableWrites, story)).toBe(
    "Linearizable writes broke: client 2's setData /a got zxid 0x100000001, but was sent after " +
      "zxid 0x100000002 had been acknowledged.",
  );
});

test("concurrent writes may take effect in any order", () => {
  const story = new Story();
  story.client(1).set("/a", "x").at(10, 13).ok(z(2));
  story.client(2).set("/a", "y").at(12, 15).ok(z(1));
  expect(complaint(linearizableWrites, story)).toBe("pass");
});

test("a write does not get the zxid of what was read before it was sent", () => {
  const story = new Story();
  story.client(1).get("/a").at(10, 12).ok(z(2));
  story.client(2).set("/a", "y").at(13, 15).ok(z(2));
  expect(complaint(linearizableWrites, story)).toContain("after zxid 0x100000002 had been read");
});

test("a refused write counts with its error transaction", () => {
  const story = new Story();
  story.client(1).delete("/a").at(10, 12).fails(ErrorCode.NoNode, z(2));
  story.client(2).set("/b", "y").at(13, 15).ok(z(1));
  expect(complaint(linearizableWrites, story)).toContain("been acknowledged");
  const late = new Story();
  late.client(1).set("/b", "y").at(10, 12).ok(z(2));
  late.client(2).delete("/a").at(13, 15).fails(ErrorCode.NoNode, z(1));
  expect(complaint(linearizableWrites, late)).toContain("client 2's delete /a");
});

test("a server that refuses by itself answers with the zxid of its state", () => {
  const story = new Story();
  story.client(1).set("/b", "y").at(10, 12).ok(z(2));
  story.client(2).delete("/a").unlogged().at(13, 15).fails(ErrorCode.NoNode, z(1));
  expect(complaint(linearizableWrites, story)).toBe("pass");
});

test("a write sent and acknowledged while no quorum can exist is found", () => {
  const story = new Story().fault("no-quorum", 100, 500, true);
  story.client(1).on(3).set("/a", "x").at(200, 210).ok(z(1));
  const { violations } = judge(linearizableWrites, story);
  expect(violations[0]).toMatchObject({
    message:
      "Linearizable writes broke: client 1's setData /a was acknowledged with zxid 0x100000001 " +
      "while no quorum could exist.",
    faults: ["no-quorum"],
    evidence: [
      "no-quorum: no-quorum, in force from t=0.100s until at least t=0.500s",
      'client 1 session 0x101 server 3 setData /a → zxid 0x100000001 (value "x")',
    ].map((line): unknown => expect.stringContaining(line)),
  });
});

test("what was sent before the quorum was lost, or ended after healing began, may be acknowledged", () => {
  const story = new Story().fault("no-quorum", 100, 500, true);
  story.client(1).set("/a", "x").at(99, 120).ok(z(1));
  story.client(1).set("/a", "y").at(400, 501).ok(z(2));
  expect(complaint(linearizableWrites, story)).toBe("pass");
});

test("where the begin of healing is not known, a write shortly before its end is let pass", () => {
  const story = new Story().fault("no-quorum", 100, 5_000, true);
  const fault = story.faults.pop();
  if (fault === undefined) throw new Error("the story has a fault");
  story.faults.push({ ...fault, healRequestedMs: null });
  story.client(1).set("/a", "x").at(4_300, 4_400).ok(z(1));
  expect(complaint(linearizableWrites, story)).toBe("pass");
  story.client(1).set("/a", "y").at(3_000, 3_100).ok(z(2));
  expect(complaint(linearizableWrites, story)).toContain("0x100000002 while no quorum");
});

test("no writes, nothing to say", () => {
  const story = new Story();
  story.client(1).get("/a").at(10, 12).fails(ErrorCode.NoNode, z(0));
  expect(judge(linearizableWrites, story)).toMatchObject({
    verdict: "unknown",
    note: "there was nothing to look at",
  });
});

test("a write whose answer was lost counts with its place in the log", () => {
  const applied = (invokeMs: number): Story => {
    const story = new Story();
    story.client(1).opens(z(1), 1);
    story.client(2).opens(z(2), 2);
    story.client(1).set("/a", "x").at(10, 11).ok(z(4));
    story.client(2).set("/a", "y").at(invokeMs, 30).lost(z(3));
    return story;
  };
  expect(complaint(linearizableWrites, applied(12))).toBe(
    "Linearizable writes broke: client 2's setData /a was applied at zxid 0x100000003, but was sent " +
      "after zxid 0x100000004 had been acknowledged.",
  );
  expect(complaint(linearizableWrites, applied(9))).toBe("pass");
});

test("what a watch told counts as shown", () => {
  const told = (atMs: number): Story => {
    const story = new Story();
    story.client(3).sees("dataChanged", "/a", z(3), atMs);
    story.client(1).set("/b", "x").at(12, 13).ok(z(2));
    return story;
  };
  expect(complaint(linearizableWrites, told(11))).toContain(
    "got zxid 0x100000002, but was sent after client 3 had been told of zxid 0x100000003",
  );
  expect(complaint(linearizableWrites, told(12))).toBe("pass");
});
