import { Worker } from "node:worker_threads";

const LOOK_MS = 500;
/** In plain JavaScript, and with nothing to load: a thread that only watches. */
const WATCH = `
  const { workerData: parent } = require("node:worker_threads");
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, "SIGKILL");
  }, ${LOOK_MS});
`;

/**
 * Ends this process when its parent is gone, also in the middle of a simulation that never ends: then
 * nothing but another thread can see it.
 */
export function endWithParent(): void {
  // Asked for here: the parent may be gone before the thread has begun.
  new Worker(WATCH, { eval: true, workerData: process.ppid, execArgv: [], env: {} }).unref();
}
