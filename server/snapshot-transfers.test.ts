import { expect, test } from "vitest";
import type { ServerId, Zxid } from "./ids.ts";
import type { PeerMessage } from "./net/peer-message.ts";
import { SnapshotTransfers } from "./snapshot-transfers.ts";
import type { ZabMessage } from "./zab/messages.ts";

const TWO = 2 as ServerId;
const THREE = 3 as ServerId;
const ZXID = 7 as Zxid;
const MIB = 1024 * 1024;
const COMMIT: ZabMessage = { type: "commit", zxid: ZXID };

/** Links that keep what is sent, and turns that end when the test says so. */
function transfers() {
  const turns: (() => void)[] = [];
  const sent: { readonly to: ServerId; readonly message: PeerMessage }[] = [];
  const dropped: ServerId[] = [];
  const queued = { bytes: 0 };
  const made = new SnapshotTransfers(
    { timers: { soon: (run) => void turns.push(run), after: () => ({ cancel: () => undefined }) } },
    {
      send: (to, message) => void sent.push({ to, message }),
      drop: (to) => void dropped.push(to),
      queuedBytes: () => queued.bytes,
    },
    (run) => run(),
  );
  return {
    made,
    sent,
    dropped,
    queued,
    types: (to: ServerId) =>
      sent.filter((each) => each.to === to).map(({ message }) => message.type),
    bytesTo: (to: ServerId) =>
      Buffer.concat(
        sent.flatMap((each) =>
          each.to === to && each.message.type === "snap" ? [each.message.bytes] : [],
        ),
      ),
    /** Ends this turn, and all that follow from it; returns how many there were. */
    endTurns: (): number => {
      let count = 0;
      for (; turns.length > 0; count++) for (const run of turns.splice(0)) run();
      return count;
    },
  };
}

test("what is for a server waits behind its snapshot, what is for another one does not", () => {
  const { made, sent, types, bytesTo, endTurns } = transfers();
  const give = made.begin(TWO, ZXID);
  made.send(TWO, COMMIT);
  made.send(THREE, COMMIT);
  expect([types(TWO), types(THREE)]).toEqual([[], ["commit"]]);
  const data = Buffer.from(Array.from({ length: 3 * MIB }, (_, index) => index % 251));
  give([data.subarray(0, MIB), data.subarray(MIB)]);
  made.send(TWO, { type: "ping", epoch: 1, round: 1 });
  expect(types(TWO)).not.toContain("commit");
  expect(endTurns()).toBeGreaterThan(2);
  expect(types(TWO).slice(-3)).toEqual(["snap", "commit", "ping"]);
  expect(bytesTo(TWO).equals(data)).toBe(true);
  const lasts = sent.flatMap(({ message }) => (message.type === "snap" ? [message.last] : []));
  expect(lasts.filter(Boolean)).toHaveLength(1);
  expect(lasts.at(-1)).toBe(true);
});

test("a server that takes it slowly is sent no more than it takes", () => {
  const { made, queued, types, endTurns } = transfers();
  queued.bytes = 9 * MIB;
  made.begin(TWO, ZXID)([Buffer.alloc(4 * MIB)]);
  made.send(TWO, COMMIT);
  endTurns();
  const first = types(TWO).length;
  expect(first).toBeLessThan(16);
  made.drained(TWO);
  endTurns();
  expect(types(TWO).length).toBeGreaterThan(first);
  queued.bytes = 0;
  made.drained(TWO);
  endTurns();
  expect(types(TWO).at(-1)).toBe("commit");
});

test("a snapshot that will never be whole ends the link, and nothing of it is sent", () => {
  const { made, dropped, sent, endTurns } = transfers();
  const give = made.begin(TWO, ZXID);
  made.send(TWO, COMMIT);
  give(null);
  endTurns();
  expect([dropped, sent]).toEqual([[TWO], []]);
});

test("a leader that is none any more ends the links of those who wait for the rest", () => {
  const { made, dropped, types, endTurns } = transfers();
  made.begin(TWO, ZXID)([Buffer.alloc(4 * MIB)]);
  made.send(TWO, COMMIT);
  made.stop();
  made.send(TWO, COMMIT);
  endTurns();
  expect(dropped).toEqual([TWO]);
  expect(types(TWO)).not.toContain("commit");
});

test("a server that takes so long that too much waits for it has to begin anew", () => {
  const { made, dropped, types, endTurns } = transfers();
  const give = made.begin(TWO, ZXID);
  const bytes = Buffer.alloc(64 * MIB);
  for (let i = 0; i < 4; i++) made.send(TWO, { type: "proposal", zxid: ZXID, bytes });
  endTurns();
  expect(dropped).toEqual([]);
  made.send(TWO, { type: "proposal", zxid: ZXID, bytes });
  endTurns();
  give([Buffer.alloc(10)]);
  endTurns();
  expect([dropped, types(TWO)]).toEqual([[TWO], []]);
});

test("with the link goes what was to be sent over it, and the next one begins with nothing", () => {
  const { made, types, endTurns } = transfers();
  const give = made.begin(TWO, ZXID);
  made.send(TWO, COMMIT);
  made.linkDown(TWO);
  give([Buffer.alloc(10)]);
  endTurns();
  expect(types(TWO)).toEqual([]);
  made.send(TWO, COMMIT);
  expect(types(TWO)).toEqual(["commit"]);
});

test("a server that asks again, before it has the first one, has to begin anew", () => {
  const { made, dropped, types, endTurns } = transfers();
  const first = made.begin(TWO, ZXID);
  const second = made.begin(TWO, ZXID);
  endTurns();
  first([Buffer.alloc(10)]);
  second([Buffer.alloc(10)]);
  made.send(TWO, COMMIT);
  endTurns();
  expect([dropped, types(TWO)]).toEqual([[TWO], []]);
});
