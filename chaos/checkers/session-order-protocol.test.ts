import { expect, test } from "vitest";
import { Recorder } from "../../loadgen/recorder.ts";
import { prepareHistory } from "./prepared-history.ts";
import { sessionOrder } from "./session-order.ts";

test("a server that answers out of turn breaks the session's order, and the client's word is the evidence", () => {
  const recorder = new Recorder({ originMs: 0 });
  recorder.add({
    kind: "protocol",
    client: 3,
    session: "0x1",
    server: 2,
    problem: "a reply to xid 9, expected 8",
    atMs: 1_500,
  });
  const result = sessionOrder.check(
    prepareHistory({
      records: recorder.records,
      finals: [],
      samples: [],
      faults: [],
      crashes: [],
      healedMs: 0,
      endMs: 2_000,
      livenessBoundMs: 1_000,
      tickMs: 200,
    }),
  );
  expect(result.verdict).toBe("fail");
  expect(result.violations[0]?.message).toContain("server 2 gave client 3 what was not its turn");
  expect(result.violations[0]?.evidence).toEqual([
    "t=1.500s client 3 session 0x1 server 2: a reply to xid 9, expected 8",
  ]);
});
