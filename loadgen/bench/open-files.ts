import { readFileSync } from "node:fs";

/** Open besides the sessions: listeners, logs, peers, and what the runtime holds. */
const BESIDES = 200;

/** How many files (and sockets) a process may have open; null where /proc does not say (not Linux). */
export function openFilesMax(limits: string | null = readLimits()): number | null {
  const words = limits?.match(/^Max open files\s+(\d+|unlimited)/m);
  if (words === null || words === undefined) return null;
  return words[1] === "unlimited" ? Number.POSITIVE_INFINITY : Number(words[1]);
}

/**
 * Throws, with the remedy, when so many sessions cannot be open at once. One server may get them all
 * while the others are away.
 */
export function requireOpenFiles(sessions: number, max: number | null = openFilesMax()): void {
  const needed = sessions + BESIDES;
  if (max === null || max >= needed) return;
  throw new Error(
    `--sessions ${sessions}: needs ${needed} open files in one process, and ${max} are allowed: ` +
      `raise the limit (ulimit -n ${needed}; for a service LimitNOFILE=${needed}), or ask for fewer sessions`,
  );
}

function readLimits(): string | null {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
