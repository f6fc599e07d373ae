/**
 * A failure as the simulator finds them: a follower acknowledges a proposal before it is on its disk,
 * the power of a majority is cut, and a write that a client was told of is gone.
 */
import type { SimFailure } from "../../outcome.ts";
import type { TraceEvent } from "../../trace.ts";
import { TraceScript } from "./trace-script.ts";

export const LOST_ZXID = "0x100000003";
/** When the second client reads that the znode is not there, ms. */
export const VIOLATION_MS = 4_305.2;

export function exampleFailure(): SimFailure {
  return {
    format: 1,
    commit: "6c4fce8a5b0d1e2f3a4b5c6d7e8f901234567890",
    mutant: "ack-before-fsync",
    seed: 4_711,
    plan: {
      format: 1,
      seed: 4_711,
      servers: 3,
      observers: 0,
      sampleMs: 250,
      spares: 0,
      config: { tickTime: "100", initLimit: "10", syncLimit: "5" },
      latencyMs: [1, 3],
      turnMs: 0,
      diskStepMs: [0.1, 0.4],
      logFileMaxBytes: 65_536,
      sessionTimeoutsMs: [4_000, 4_000],
      ops: [
        {
          client: 1,
          atMs: 1_000,
          request: { type: "create", path: "/r", flags: 0, valueBytes: 8 },
        },
        {
          client: 1,
          atMs: 1_500,
          request: { type: "create", path: "/r/a", flags: 0, valueBytes: 8 },
        },
        { client: 2, atMs: 4_300, request: { type: "getData", path: "/r/a", watch: false } },
      ],
      agents: [],
      faults: [
        { type: "delay", target: 1, delayMs: 400, atMs: 1_450, holdMs: 300 },
        { type: "power-cut", target: 2, atMs: 1_520, holdMs: 1_980 },
        { type: "power-cut", target: "leader", atMs: 1_520, holdMs: 4_480 },
      ],
      safetyMs: 8_000,
      livenessMs: 10_000,
    },
    check: {
      id: "C7",
      name: "reliability",
      guarantee:
        "An update that was acknowledged, or observed by any read, is never rolled back: it is in the final log.",
      violationCount: 1,
      violations: [
        {
          message: `client 1's create /r/a was acknowledged with zxid ${LOST_ZXID}, which is in no server's final log`,
          evidence: [
            `t=1.500–1.508s client 1 session 0x3000000000001 server 3 create /r/a → zxid ${LOST_ZXID} (created /r/a)`,
            "t=4.300–4.305s client 2 session 0x1000000000002 server 1 getData /r/a → fail NoNode, zxid 0x200000001",
            "the final log of servers 1, 2 and 3 goes from 0x100000002 to 0x200000001",
          ],
          atMs: VIOLATION_MS,
          faults: ["power-cut"],
        },
      ],
    },
    traceHash: "9f2c77b01d43ae55",
    before: { ops: 412, faults: 9 },
  };
}

export function exampleTrace(): readonly TraceEvent[] {
  const script = new TraceScript();
  firstEpoch(script);
  acknowledgedWrite(script);
  powerCut(script);
  secondEpoch(script);
  return script.events;
}

function firstEpoch(script: TraceScript): void {
  script.phase(0, "safety: load and faults");
  for (const host of ["s1", "s2", "s3"]) {
    script.process(1, host, "start");
    script.log(1.2, host, "now LOOKING state=LOOKING leader=null reason=starting");
  }
  script.election(200, "s3", ["s1", "s2"], 1);
  script.heartbeats(300, 1_520, "s3", ["s1", "s2"]);
  script.connection(900, "c1", "s3", "opened");
  script.client(903, "c1", "session 0x3000000000001 created");
  const requestMs = script.op(1_000, 1, "c1", "s3", "create /r");
  broadcast(script, requestMs, "0x100000002", ["s1", "s2"]);
  script.reply(requestMs + 6, 1, "s3", "c1", "ok zxid 0x100000002");
}

function broadcast(
  script: TraceScript,
  atMs: number,
  zxid: string,
  followers: readonly string[],
): void {
  for (const follower of followers) {
    const arriveMs = script.send(atMs, "s3", follower, `PROPOSAL ${zxid}`);
    script.disk(arriveMs, follower, "write");
    script.disk(arriveMs + 0.3, follower, "sync");
    script.send(arriveMs + 0.6, follower, "s3", `ACK ${zxid}`);
    script.send(atMs + 5.5, "s3", follower, `COMMIT ${zxid}`);
  }
}

function acknowledgedWrite(script: TraceScript): void {
  script.fault(
    1_450,
    0,
    "begins",
    ["s1"],
    "messages from and to server 1 take up to 400 ms longer",
  );
  const requestMs = script.op(1_500, 2, "c1", "s3", "create /r/a");
  script.send(requestMs, "s3", "s1", `PROPOSAL ${LOST_ZXID}`, "lost");
  const arriveMs = script.send(requestMs, "s3", "s2", `PROPOSAL ${LOST_ZXID}`);
  script.disk(arriveMs, "s2", "write");
  const ackMs = script.send(arriveMs + 0.1, "s2", "s3", `ACK ${LOST_ZXID}`);
  script.send(ackMs, "s3", "s2", `COMMIT ${LOST_ZXID}`);
  script.reply(ackMs, 2, "s3", "c1", `ok zxid ${LOST_ZXID}`);
}

function powerCut(script: TraceScript): void {
  script.fault(1_520, 1, "begins", ["s2"], "power cut of server 2");
  script.process(1_520, "s2", "power-cut");
  script.disk(1_520, "s2", "sync", "crash");
  script.fault(1_520, 2, "begins", ["s3"], "power cut of server 3 (leader)");
  script.process(1_520, "s3", "power-cut");
  script.connection(1_521, "c1", "s3", "reset");
  script.client(1_522, "c1", "disconnected");
  for (let atMs = 1_600; atMs < 3_500; atMs += 200) script.connection(atMs, "c1", "s3", "refused");
  script.log(1_900, "s1", "now LOOKING state=LOOKING leader=null reason=no ping from the leader");
  script.fault(1_750, 0, "ends", ["s1"], "messages from and to server 1 are as fast as before");
  script.fault(3_500, 1, "ends", ["s2"], "server 2 is started");
}

function secondEpoch(script: TraceScript): void {
  script.process(3_500, "s2", "start");
  script.log(3_501, "s2", "log ends in the middle of a record: cut at 0x100000002", "warn");
  script.log(3_502, "s2", "now LOOKING state=LOOKING leader=null reason=starting");
  script.election(3_700, "s2", ["s1"], 2);
  script.heartbeats(3_800, 8_000, "s2", ["s1"]);
  script.connection(4_200, "c2", "s1", "opened");
  script.client(4_204, "c2", "session 0x1000000000002 created");
  const askedMs = script.op(4_300, 3, "c2", "s1", "getData /r/a");
  script.reply(askedMs + 0.6, 3, "s1", "c2", "fail NoNode, zxid 0x200000001");
  script.fault(6_000, 2, "ends", ["s3"], "server 3 is started");
  script.process(6_000, "s3", "start");
  script.log(6_001, "s3", "now LOOKING state=LOOKING leader=null reason=starting");
  script.log(6_120, "s3", "now FOLLOWING state=FOLLOWING leader=2");
  script.phase(8_000, "liveness: no faults");
}
