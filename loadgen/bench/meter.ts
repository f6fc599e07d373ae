import { machineUsage, type MachineUsage } from "./machine-usage.ts";
import { usageOf, type ProcessUsage } from "./process-usage.ts";

/** What tells how much of the machine is used, and by whom. */
export interface Meter {
  /** What these processes have used; null where that is not known. */
  processes(pids: readonly number[]): ProcessUsage | null;
  /** What all processes have used; null where that is not known. */
  machine(): MachineUsage | null;
  /** CPU time that this process has used, microseconds. */
  ownCpuUs(): number;
}

/** This machine's. */
export const systemMeter: Meter = {
  processes: usageOf,
  machine: machineUsage,
  ownCpuUs() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
};
