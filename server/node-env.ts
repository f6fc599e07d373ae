/**
 * The real `Env`: this machine's clock, timers, randomness, sockets and files.
 */
import { randomBytes } from "node:crypto";
import type { Env, Log, Random } from "./env.ts";
import { NodeDisk } from "./node-env/node-disk.ts";
import { nodeHash } from "./node-env/node-hash.ts";
import { createLog } from "./node-env/node-log.ts";
import { NodeNet } from "./node-env/node-net.ts";
import { nodeClock, nodeTimers } from "./node-env/node-time.ts";

export { nodeHash } from "./node-env/node-hash.ts";
export { createLog } from "./node-env/node-log.ts";
export type { LogLevel, LogOptions } from "./node-env/node-log.ts";

export interface NodeEnvOptions {
  /** Where log lines go; by default JSON lines of level info and above on stderr. */
  readonly log?: Log;
}

const nodeRandom: Random = {
  float: () => Math.random(),
  bytes: (length) => randomBytes(length),
};

/** An `Env` on this machine. It holds nothing open by itself: there is nothing to close. */
export function createNodeEnv(options: NodeEnvOptions = {}): Env {
  const log = options.log ?? createLog({ level: "info", name: "quorum-lab" });
  return {
    clock: nodeClock,
    timers: nodeTimers,
    random: nodeRandom,
    hash: nodeHash,
    net: new NodeNet(log),
    disk: new NodeDisk(),
    log,
  };
}
