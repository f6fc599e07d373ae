/** From a fault of a plan to what makes it. */
import type { SimFault } from "../plan.ts";
import type { ActiveFault, FaultContext } from "./active-fault.ts";
import { bitRot } from "./bit-rot.ts";
import { clockJump, clockSkew } from "./clocks.ts";
import { crashPoint, diskFull, fsyncFails, slowDisk } from "./disks.ts";
import {
  bridge,
  cutClients,
  delay,
  halves,
  noQuorum,
  oneWay,
  partition,
  reset,
  ring,
} from "./links.ts";
import { kill, killAll, pause, powerCut, powerCutAll, rollingRestart } from "./processes.ts";
import { reconfig } from "./reconfig.ts";

/** Null: it is not possible now. `effective` is called later for those that wait. */
export function beginFault(
  context: FaultContext,
  fault: SimFault,
  effective: () => void,
): ActiveFault | null {
  switch (fault.type) {
    case "kill":
      return kill(context, fault, effective);
    case "kill-all":
      return killAll(context, fault, effective);
    case "power-cut":
      return powerCut(context, fault, effective);
    case "power-cut-all":
      return powerCutAll(context, fault, effective);
    case "pause":
      return pause(context, fault, effective);
    case "rolling-restart":
      return rollingRestart(context, fault, effective);
    case "partition":
      return partition(context, fault, effective);
    case "halves":
      return halves(context, fault, effective);
    case "one-way":
      return oneWay(context, fault, effective);
    case "ring":
      return ring(context, fault, effective);
    case "bridge":
      return bridge(context, fault, effective);
    case "no-quorum":
      return noQuorum(context, fault, effective);
    case "delay":
      return delay(context, fault, effective);
    case "reset":
      return reset(context, fault, effective);
    case "cut-clients":
      return cutClients(context, fault, effective);
    case "slow-disk":
      return slowDisk(context, fault, effective);
    case "disk-full":
      return diskFull(context, fault, effective);
    case "fsync-fails":
      return fsyncFails(context, fault, effective);
    case "crash-point":
      return crashPoint(context, fault, effective);
    case "bit-rot":
      return bitRot(context, fault, effective);
    case "clock-jump":
      return clockJump(context, fault, effective);
    case "clock-skew":
      return clockSkew(context, fault, effective);
    case "reconfig":
      return reconfig(context, fault, effective);
  }
}
