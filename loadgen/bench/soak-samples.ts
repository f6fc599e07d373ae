/** What processes hold over a long time, and whether it grows. */
import { readdirSync } from "node:fs";
import type { Meter } from "./meter.ts";
import { median } from "./median.ts";

/** One process at one moment. */
export interface HeldSample {
  readonly rssBytes: number;
  /** Open files and sockets. */
  readonly files: number;
}

/** What it holds now; null when it has ended, or the system does not tell (no /proc). */
export function heldBy(meter: Meter, pid: number): HeldSample | null {
  const usage = meter.processes([pid]);
  if (usage === null) return null;
  try {
    return { rssBytes: usage.rssBytes, files: readdirSync(`/proc/${pid}/fd`).length };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** How something went over time: medians of the first and the last third, and the most. */
export interface Trend {
  readonly first: number;
  readonly last: number;
  readonly max: number;
}

/** Throws for fewer than three values. */
export function trendOf(values: readonly number[]): Trend {
  const third = Math.floor(values.length / 3);
  return {
    first: median(values.slice(0, third)),
    last: median(values.slice(-third)),
    max: Math.max(...values),
  };
}

/** Memory of a process with garbage collection moves so much by itself. */
const RSS_GROWTH_MAX = 0.15;
const RSS_GROWTH_MIN_BYTES = 32 * 1024 * 1024;
const FILES_GROWTH_MAX = 8;

/** Why what the process holds is not flat; empty when it is. */
export function growth(name: string, samples: readonly HeldSample[]): string[] {
  const rss = trendOf(samples.map(({ rssBytes }) => rssBytes));
  const files = trendOf(samples.map((sample) => sample.files));
  const found: string[] = [];
  const grownBytes = rss.last - rss.first;
  if (grownBytes > Math.max(RSS_GROWTH_MIN_BYTES, rss.first * RSS_GROWTH_MAX)) {
    found.push(`${name}: memory grew from ${mib(rss.first)} to ${mib(rss.last)} MiB`);
  }
  if (files.last - files.first > FILES_GROWTH_MAX) {
    found.push(`${name}: open files grew from ${files.first} to ${files.last}`);
  }
  return found;
}

/** As a person reads it. */
export function heldLine(name: string, samples: readonly HeldSample[]): string {
  const rss = trendOf(samples.map(({ rssBytes }) => rssBytes));
  const files = trendOf(samples.map((sample) => sample.files));
  return (
    `${name}: memory ${mib(rss.first)} MiB in the first third, ${mib(rss.last)} in the last, ` +
    `${mib(rss.max)} at most; open files ${files.first}, ${files.last}, ${files.max} at most`
  );
}

function mib(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
