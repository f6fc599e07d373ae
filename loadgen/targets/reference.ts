import { fileURLToPath } from "node:url";
import type { Env } from "../../server/env.ts";
import { startLocalEnsemble } from "./local-ensemble.ts";
import type { RunningTarget, Target } from "./target.ts";

const SERVER_MAIN = fileURLToPath(new URL("../../server/main.ts", import.meta.url));

/** Our own server, with ZooKeeper's defaults and fsync on. */
export class ReferenceTarget implements Target {
  readonly name = "reference";
  readonly #env: Env;
  readonly #servers: number;

  constructor(env: Env, servers = 3) {
    this.#env = env;
    this.#servers = servers;
  }

  start(): Promise<RunningTarget> {
    return startLocalEnsemble({
      env: this.#env,
      name: this.name,
      servers: this.#servers,
      settings: ["tickTime=2000", "initLimit=10", "syncLimit=5", "maxClientCnxns=0"],
      command: (cfgFile) => ({
        file: process.execPath,
        args: [SERVER_MAIN, cfgFile, "--exit-with-parent"],
      }),
    });
  }
}
