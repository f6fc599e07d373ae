/** Who changes the members of the ensemble: a client with a reconfiguration at a time. */
import type { Recorder } from "../../../loadgen/recorder.ts";
import type { ServerAddress } from "../../../loadgen/client/server-rotation.ts";
import { SimClient } from "../clients/sim-client.ts";
import { serverLine } from "../ensemble/sim-ensemble.ts";
import type { Network } from "../world/network.ts";
import type { World } from "../world/world.ts";

/** Apart from the numbers of the plan's clients. */
const OPERATOR_NUMBER = 90;
const RETRY_MS = 100;
const MAX_TRIES = 20;

export interface OperatorOptions {
  readonly servers: readonly ServerAddress[];
  readonly sessionTimeoutMs: number;
  readonly opTimeoutMs: number;
  readonly recorder: Recorder;
}

export class Operator {
  readonly #world: World;
  readonly #network: Network;
  readonly #options: OperatorOptions;
  #client: SimClient | null = null;

  constructor(world: World, network: Network, options: OperatorOptions) {
    this.#world = world;
    this.#network = network;
    this.#options = options;
  }

  /** The client, once there is one: it has a session like any other. */
  get client(): SimClient | null {
    return this.#client;
  }

  /** Gets a session, so that it is there when members have to change in the middle of trouble. */
  open(): void {
    this.#known().client.zk.connect();
  }

  /**
   * Lets servers leave and others join as voters; tries again what was not possible at the moment, as
   * long as `wanted`. `done` when it was applied.
   */
  reconfigure(
    leaving: readonly number[],
    joining: readonly number[],
    wanted: () => boolean,
    done: () => void,
    tries = MAX_TRIES,
  ): void {
    if (tries === 0 || !wanted()) return;
    const lines = joining.map((id) => `server.${id}=${serverLine(id, "participant")}`);
    this.#known().run(
      {
        type: "reconfig",
        joiningServers: lines.length === 0 ? null : lines.join(","),
        leavingServers: leaving.length === 0 ? null : leaving.join(","),
        newMembers: null,
        curConfigId: -1n,
      },
      ({ outcome }) => {
        this.#world.count(`reconfig: ${outcome}`);
        if (outcome === "ok") done();
        else {
          this.#world.after(RETRY_MS, this.#client?.host ?? null, () =>
            this.reconfigure(leaving, joining, wanted, done, tries - 1),
          );
        }
      },
    );
  }

  #known(): SimClient {
    return (this.#client ??= new SimClient(this.#world, this.#network, {
      number: OPERATOR_NUMBER,
      ...this.#options,
    }));
  }
}
