/**
 * The leader's part in who the servers are: it puts the configuration in force into the tree when an
 * epoch begins, and turns what clients ask for into the next one.
 */
import { configToPropose } from "./committed-config.ts";
import type { ServerConfig } from "./config.ts";
import { type EnsembleConfig, formatEnsembleConfig } from "./ensemble-config.ts";
import type { EnsembleState } from "./ensemble-state.ts";
import type { Env } from "./env.ts";
import { type ErrorCode, errorName } from "./errors.ts";
import { formatZxid, type Zxid } from "./ids.ts";
import { judgeReconfig, type ReconfigRequest } from "./reconfiguration.ts";
import type { Replica } from "./replica.ts";
import type { ZabPeer } from "./zab/peer.ts";

export class LeaderReconfig {
  readonly #env: Pick<Env, "log">;
  readonly #config: ServerConfig;
  readonly #ensemble: Pick<EnsembleState, "active">;
  readonly #peer: Pick<ZabPeer, "canReconfigure">;
  readonly #replica: Pick<Replica<never>, "tree">;

  constructor(
    env: Pick<Env, "log">,
    config: ServerConfig,
    ensemble: Pick<EnsembleState, "active">,
    peer: Pick<ZabPeer, "canReconfigure">,
    replica: Pick<Replica<never>, "tree">,
  ) {
    this.#env = env;
    this.#config = config;
    this.#ensemble = ensemble;
    this.#peer = peer;
    this.#replica = replica;
  }

  /** The tree does not hold the configuration that is in force: there is one to propose. */
  get isOverdue(): boolean {
    return this.#overdue(1 as Zxid) !== null;
  }

  /** The data of /zookeeper/config to be proposed with this zxid; null: what is there is right. */
  initial(zxid: Zxid): Buffer | null {
    const config = this.#overdue(zxid);
    return config && dataOf(config);
  }

  /** The data that a client asks for, with this zxid as its version, or why it does not get it. */
  judge(request: ReconfigRequest, zxid: Zxid): Buffer | ErrorCode {
    const { reconfigEnabled, standaloneEnabled, isStandalone } = this.#config;
    const verdict = judgeReconfig(request, zxid, {
      reconfigEnabled,
      standaloneEnabled,
      isStandalone,
      current: this.#ensemble.active,
      canReconfigure: (next) => this.#peer.canReconfigure(next),
    });
    if ("code" in verdict) {
      const { code, reason } = verdict;
      this.#env.log.info({ error: errorName(code), reason }, "refused a reconfiguration");
      return code;
    }
    const { voters, observers } = verdict;
    this.#env.log.info(
      { zxid: formatZxid(zxid), voters, observers },
      "asked for a reconfiguration",
    );
    return dataOf(verdict);
  }

  #overdue(zxid: Zxid): EnsembleConfig | null {
    const config = configToPropose(this.#config, this.#replica.tree, zxid);
    if (config === null || !this.#config.reconfigEnabled) return config;
    return this.#peer.canReconfigure(config) === "ok" ? config : null;
  }
}

function dataOf(config: EnsembleConfig): Buffer {
  return Buffer.from(formatEnsembleConfig(config));
}
