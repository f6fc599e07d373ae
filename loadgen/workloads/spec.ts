import { Ahead, type AheadSpec } from "./ahead.ts";
import { Churn, type ChurnSpec } from "./churn.ts";
import { LeaderElection, type LeaderElectionSpec } from "./leader-election.ts";
import { Locks, type LocksSpec } from "./locks.ts";
import { MaxThroughput, type MaxThroughputSpec } from "./max-throughput.ts";
import { ReadHeavy, type ReadHeavySpec } from "./read-heavy.ts";
import { Roaming, type RoamingSpec } from "./roaming.ts";
import { WatchHotSpot, type WatchHotSpotSpec } from "./watch-hot-spot.ts";
import type { Workload, WorkloadContext } from "./workload.ts";
import { WriteProbe, type WriteProbeSpec } from "./write-probe.ts";

/** All workloads, as typed data: what a profile or scenario is made of. */
export type WorkloadSpec =
  | ReadHeavySpec
  | LocksSpec
  | LeaderElectionSpec
  | WatchHotSpotSpec
  | WriteProbeSpec
  | RoamingSpec
  | ChurnSpec
  | AheadSpec
  | MaxThroughputSpec;

/** Makes the workload that the data describes; nothing is sent before its `setup`. */
export function makeWorkload(spec: WorkloadSpec, context: WorkloadContext): Workload {
  switch (spec.kind) {
    case "read-heavy":
      return new ReadHeavy(spec, context);
    case "locks":
      return new Locks(spec, context);
    case "leader-election":
      return new LeaderElection(spec, context);
    case "watch-hot-spot":
      return new WatchHotSpot(spec, context);
    case "write-probe":
      return new WriteProbe(spec, context);
    case "roaming":
      return new Roaming(spec, context);
    case "churn":
      return new Churn(spec, context);
    case "ahead":
      return new Ahead(spec, context);
    case "max-throughput":
      return new MaxThroughput(spec, context);
  }
}
