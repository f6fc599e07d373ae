/**
 * The local engine: ensembles of real server processes with real files on this machine, whose links can
 * be cut, whose processes can die, and of which nothing is left when they were stopped.
 */
import type { CrashRecord } from "../../results/history.ts";
import { LocalEnsemble } from "./local/ensemble.ts";
import type { LocalEnsembleOptions } from "./local/options.ts";
import { SERVERS_MAX } from "./local/options.ts";
import { checkSettings } from "./local/server-files.ts";

export type { AdminClient } from "./local/admin-client.ts";
export type { EnsembleLinks, LinkFault } from "./local/ensemble-links.ts";
export type { LocalEnsemble } from "./local/ensemble.ts";
export type { LocalEnsembleOptions, LocalServer } from "./local/options.ts";

const START_ATTEMPTS_MAX = 3;

/**
 * Starts servers 1 to `servers` and resolves when all of them serve. Throws a `ConfigError` or a
 * `PortInUseError` for what the caller can mend, and an Error with the servers' last log lines when they
 * do not come up; nothing is left of the attempt then.
 */
export async function startLocalEnsemble(options: LocalEnsembleOptions): Promise<LocalEnsemble> {
  const { servers, config = {}, clientPort = null } = options;
  if (!Number.isInteger(servers) || servers < 1 || servers > SERVERS_MAX) {
    throw new RangeError(`servers: found ${servers}, expected a number from 1 to ${SERVERS_MAX}`);
  }
  if (clientPort !== null && !(clientPort >= 1 && clientPort + servers - 1 <= 65_535)) {
    const highest = 65_536 - servers;
    throw new RangeError(`clientPort: found ${clientPort}, expected a port from 1 to ${highest}`);
  }
  checkSettings(config);
  for (let attempt = 1; ; attempt++) {
    const ensemble = new LocalEnsemble(options);
    try {
      await ensemble.start();
      return ensemble;
    } catch (error) {
      const portTaken = ensemble.crashes.some(saysPortTaken);
      await ensemble.stop();
      if (!portTaken || attempt === START_ATTEMPTS_MAX || options.signal?.aborted === true) {
        throw error;
      }
    }
  }
}

function saysPortTaken(crash: CrashRecord): boolean {
  return crash.lastLines.some((line) => /EADDRINUSE|port is in use|already in use/i.test(line));
}
