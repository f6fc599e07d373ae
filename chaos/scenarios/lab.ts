/**
 * The main job: three servers under four kinds of load at once lose their leader, their quorum and in
 * the end all their processes, and must lose nothing else.
 */
import { AHEAD } from "../../loadgen/workloads/ahead.ts";
import { LEADER_ELECTION } from "../../loadgen/workloads/leader-election.ts";
import { LOCKS } from "../../loadgen/workloads/locks.ts";
import { READ_HEAVY } from "../../loadgen/workloads/read-heavy.ts";
import { ROAMING } from "../../loadgen/workloads/roaming.ts";
import { CHURN } from "../../loadgen/workloads/churn.ts";
import { WATCH_HOT_SPOT } from "../../loadgen/workloads/watch-hot-spot.ts";
import { WRITE_PROBE_SPEC } from "../../loadgen/workloads/write-probe.ts";
import type { Scenario } from "./scenario.ts";

export const LAB: Scenario = {
  name: "lab",
  hypothesis:
    "A quorum goes on within two seconds of losing its leader, nothing is acknowledged without a quorum, and nothing acknowledged is ever lost.",
  servers: 3,
  config: {
    // A partition is noticed after syncLimit ticks: one second.
    tickTime: "200",
    initLimit: "25",
    syncLimit: "5",
    maxClientCnxns: "0",
    maxSessionTimeout: "30000",
  },
  workloads: [
    READ_HEAVY,
    LOCKS,
    LEADER_ELECTION,
    WATCH_HOT_SPOT,
    WRITE_PROBE_SPEC,
    ROAMING,
    CHURN,
    AHEAD,
  ],
  steadyMs: 6_000,
  steps: [
    { fault: { type: "lagging-follower", delayMs: 300 }, holdMs: 4_000, calmMs: 1_500 },
    { fault: { type: "slow-acks", delayMs: 100 }, holdMs: 3_000, calmMs: 1_500 },
    { fault: { type: "kill-leader" }, holdMs: 4_000, calmMs: 4_000 },
    { fault: { type: "partition-leader" }, holdMs: 5_000, calmMs: 4_000 },
    { fault: { type: "no-quorum" }, holdMs: 5_000, calmMs: 4_000 },
  ],
  livenessBoundMs: 10_000,
  minOperations: 5_000,
  // Latency counts from the intended start: what is late is in the figures anyway.
  lateShareMax: 0.2,
};
