/**
 * `node reaper.ts` cleans up after the process that started it, however that one ended. On standard
 * input it is told what there is to clean up, a line each: `+pid N`, `-pid N`, `+dir PATH`, `-dir
 * PATH`. When its input ends it kills those processes (SIGKILL, which also ends stopped ones), removes
 * those directories, and exits.
 */
import { rmSync } from "node:fs";
import { basename } from "node:path";
import { createInterface } from "node:readline";

/** Nothing else is ever removed. */
const DIRECTORY_PREFIX = "quorum-lab-";

const pids = new Set<number>();
const directories = new Set<string>();

// It outlives a Ctrl-C and a closed terminal: they end its starter, and then its work begins.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const verb = line.slice(0, 4);
  const argument = line.slice(5);
  if (verb === "+pid") pids.add(Number(argument));
  else if (verb === "-pid") pids.delete(Number(argument));
  else if (verb === "+dir" && basename(argument).startsWith(DIRECTORY_PREFIX)) {
    directories.add(argument);
  } else if (verb === "-dir") directories.delete(argument);
}

for (const pid of pids) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It is gone already, which is what is wanted.
  }
}
// Retried when it is not empty after all: a server may have been in the middle of making a file.
for (const directory of directories) {
  rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 20 });
}
