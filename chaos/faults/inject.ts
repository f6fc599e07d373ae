/** From a fault's data to what makes it. */
import type { FaultSpec, Inject } from "./fault.ts";
import { killAll } from "./kill-all.ts";
import { killLeader } from "./kill-leader.ts";
import { laggingFollower } from "./lagging-follower.ts";
import { noQuorum } from "./no-quorum.ts";
import { partitionLeader } from "./partition-leader.ts";
import { slowAcks } from "./slow-acks.ts";

export function injectorOf(spec: FaultSpec): Inject {
  switch (spec.type) {
    case "kill-leader":
      return killLeader;
    case "kill-all":
      return killAll;
    case "partition-leader":
      return partitionLeader;
    case "no-quorum":
      return noQuorum;
    case "lagging-follower":
      return laggingFollower(spec.delayMs);
    case "slow-acks":
      return slowAcks(spec.delayMs);
  }
}
