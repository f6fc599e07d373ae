import { readFileSync } from "node:fs";

/** Linux counts CPU time in hundredths of a second (USER_HZ), and memory in pages of 4 KiB. */
const TICK_US = 10_000;
const PAGE_BYTES = 4096;

export interface ProcessUsage {
  /** CPU time of all the processes since they started, user and system, microseconds. */
  readonly cpuUs: number;
  /** Resident memory of all the processes, bytes. */
  readonly rssBytes: number;
}

/** What processes of this machine have used so far; null where /proc does not say (not Linux). */
export function usageOf(pids: readonly number[]): ProcessUsage | null {
  let cpuUs = 0;
  let rssBytes = 0;
  for (const pid of pids) {
    let stat: string;
    try {
      stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
    const usage = parseStat(stat);
    cpuUs += usage.cpuUs;
    rssBytes += usage.rssBytes;
  }
  return { cpuUs, rssBytes };
}

/** Reads a line of /proc/PID/stat. The name, in parentheses, may hold anything: count from its end. */
export function parseStat(stat: string): ProcessUsage {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // Fields 14 (utime), 15 (stime) and 24 (rss) of proc(5); the first here is number 3.
  const field = (number: number): number => Number(fields[number - 3]);
  return { cpuUs: (field(14) + field(15)) * TICK_US, rssBytes: field(24) * PAGE_BYTES };
}
