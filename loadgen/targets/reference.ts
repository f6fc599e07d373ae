import { fileURLToPath } from "node:url";
import type { Env, NetAddress } from "../../server/env.ts";
import { startLocalEnsemble } from "./local-ensemble.ts";
import type { RunningTarget, Target } from "./target.ts";

const SERVER_MAIN = fileURLToPath(new URL("../../server/main.ts", import.meta.url));
const STATUS_TIMEOUT_MS = 1000;

export interface TargetOptions {
  /** Default 3. */
  readonly servers?: number;
  /** Servers beyond those that follow and have no vote. Default 0. */
  readonly observers?: number;
  /** Lines of zoo.cfg; without any the server's defaults hold. */
  readonly settings?: readonly string[];
  /** Each server line of zoo.cfg names the client port too, which reconfig needs. Default false. */
  readonly clientInServerLines?: boolean;
}

/** Our own server, with its defaults and fsync on. */
export class ReferenceTarget implements Target {
  readonly name = "reference";
  readonly #env: Env;
  readonly #options: TargetOptions;

  constructor(env: Env, options: TargetOptions = {}) {
    this.#env = env;
    this.#options = options;
  }

  start(signal?: AbortSignal): Promise<RunningTarget> {
    return startLocalEnsemble({
      env: this.#env,
      name: this.name,
      servers: this.#options.servers ?? 3,
      observers: this.#options.observers ?? 0,
      clientInServerLines: this.#options.clientInServerLines ?? false,
      settings: this.#options.settings ?? [],
      command: (cfgFile) => ({
        file: process.execPath,
        args: [SERVER_MAIN, cfgFile, "--exit-with-parent"],
      }),
      leads: ({ admin }) => leads(admin),
      hasAdmin: true,
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

/** A server that does not answer, or not in time, does not lead. */
async function leads({ host, port }: NetAddress): Promise<boolean> {
  try {
    const answer = await fetch(`http://${host}:${port}/commands/status`, {
      signal: AbortSignal.timeout(STATUS_TIMEOUT_MS),
    });
    const status = (await answer.json()) as { state?: unknown; serving?: unknown };
    return status.state === "LEADING" && status.serving === true;
  } catch {
    return false;
  }
}
