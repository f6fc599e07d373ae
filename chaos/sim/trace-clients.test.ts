import { expect, test } from "vitest";
import type { OpRecord } from "../../results/history.ts";
import { withClientEvents } from "./trace-clients.ts";

const READ: OpRecord = {
  kind: "op",
  id: 7,
  client: 2001,
  session: "0x1",
  server: 1,
  workload: "sim",
  op: "getData",
  path: "/a",
  xid: 3,
  intendedMs: 5,
  invokeMs: 5,
  completeMs: 9,
  outcome: "ok",
  code: 0,
  zxid: 0x100000002,
  value: "w.1",
  watch: true,
};

test("operations and events of clients stand between what the servers did, by their times", () => {
  const trace = [
    { kind: "phase", atMs: 0, text: "safety" },
    { kind: "phase", atMs: 7, text: "liveness" },
  ] as const;
  const watch = {
    kind: "watch",
    client: 2001,
    session: "0x1",
    server: 1,
    type: "dataChanged",
    path: "/a",
    zxid: 0x100000003,
    atMs: 12,
  } as const;
  expect(withClientEvents(trace, [READ, watch])).toEqual([
    trace[0],
    { kind: "op", atMs: 5, host: "c2", id: 7, what: "invoked", text: "getData /a and watch" },
    trace[1],
    {
      kind: "op",
      atMs: 9,
      host: "c2",
      id: 7,
      what: "ended",
      text: 'ok getData /a and watch "w.1" zxid 0x100000002',
    },
    { kind: "client", atMs: 12, host: "c2", text: "event dataChanged /a, zxid 0x100000003" },
  ]);
});
