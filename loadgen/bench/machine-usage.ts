import { readFileSync } from "node:fs";

/** Linux counts CPU time in hundredths of a second (USER_HZ). */
const TICK_US = 10_000;

export interface MachineUsage {
  /** CPU time that all processes have used since the machine started, microseconds. */
  readonly busyUs: number;
  /** CPU time that there was, on all cores, microseconds. */
  readonly totalUs: number;
}

/** What the machine has used so far; null where /proc does not say (not Linux). */
export function machineUsage(): MachineUsage | null {
  try {
    return parseMachineStat(readFileSync("/proc/stat", "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/**
 * Reads the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal. What
 * another machine on the same hardware stole counts as busy; interrupts do not, for they belong to
 * nobody.
 */
export function parseMachineStat(stat: string): MachineUsage {
  const words = stat.slice(0, stat.indexOf("\n")).trim().split(/\s+/);
  const ticks = words.slice(1, 9).map(Number);
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = ticks;
  const total = ticks.reduce((sum, count) => sum + count, 0);
  return { busyUs: (user + nice + system + steal) * TICK_US, totalUs: total * TICK_US };
}

/**
 * The part of the machine's CPU time between two readings, 0 to 1, that others than those who used
 * `ownUs` of it took.
 */
export function othersShare(before: MachineUsage, after: MachineUsage, ownUs: number): number {
  const totalUs = after.totalUs - before.totalUs;
  const othersUs = after.busyUs - before.busyUs - ownUs;
  return totalUs <= 0 ? 0 : Math.min(1, Math.max(0, othersUs / totalUs));
}
