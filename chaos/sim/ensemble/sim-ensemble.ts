/** The servers of one simulated run. */
import type { CrashRecord, ServerSample } from "../../../results/history.ts";
import type { ServerAddress } from "../../../loadgen/client/server-rotation.ts";
import type { SimPlan } from "../plan.ts";
import type { Network } from "../world/network.ts";
import type { World } from "../world/world.ts";
import { serverAddress, SimServer } from "./sim-server.ts";

const CLIENT_PORT = 2181;

export class SimEnsemble {
  readonly servers: readonly SimServer[];
  readonly #world: World;
  readonly samples: ServerSample[] = [];
  /** Servers that refuse to start on what their disks have, which has rotted. */
  readonly lost = new Set<number>();
  /** Servers of whose files some bit has flipped: never more than a minority. */
  readonly rotten = new Set<SimServer>();
  readonly #plan: SimPlan;

  constructor(world: World, network: Network, plan: SimPlan) {
    this.#world = world;
    this.#plan = plan;
    const count = plan.servers + plan.observers + plan.spares;
    const ids = Array.from({ length: count }, (_, index) => index + 1);
    this.servers = ids.map(
      (id) =>
        new SimServer(world, network, {
          id,
          zooCfg: zooCfg(plan, id),
          linkSecret: plan.linkSecret === true ? LINK_SECRET : null,
          diskStepMs: plan.diskStepMs,
          logFileMaxBytes: plan.logFileMaxBytes,
        }),
    );
  }

  start(): void {
    for (const server of this.servers) server.start();
  }

  get(id: number): SimServer {
    const found = this.servers[id - 1];
    if (found === undefined) throw new RangeError(`there is no server ${id}`);
    return found;
  }

  /** Those that vote, or follow: as the leader knows it, or as it was at the beginning. */
  get members(): SimServer[] {
    const now = this.leader?.server?.status().ensemble;
    if (now === undefined) return this.servers.slice(0, this.#plan.servers + this.#plan.observers);
    const ids = new Set([...now.voters, ...now.observers]);
    return this.servers.filter(({ id }) => ids.has(id));
  }

  /** Those that voted at the beginning. */
  get voters(): readonly SimServer[] {
    return this.servers.slice(0, this.#plan.servers);
  }

  /** Members that must serve when all is well. */
  get expected(): SimServer[] {
    return this.members.filter(({ id }) => !this.lost.has(id));
  }

  /** Where clients connect. */
  get addresses(): ServerAddress[] {
    return this.servers.map(({ id }) => ({ id, host: serverAddress(id), port: CLIENT_PORT }));
  }

  /** The server that leads and serves, of the highest epoch if several believe so; null if none. */
  get leader(): SimServer | null {
    let best: SimServer | null = null;
    let epoch = -1;
    for (const each of this.servers) {
      const status = each.host.paused ? undefined : each.server?.status();
      if (status === undefined || status.state !== "LEADING" || !status.serving) continue;
      if (status.epoch > epoch) [best, epoch] = [each, status.epoch];
    }
    return best;
  }

  get crashes(): CrashRecord[] {
    return this.servers.flatMap(({ crashes }) => crashes).toSorted((a, b) => a.atMs - b.atMs);
  }

  /** Asks every server that runs what it is, now and every `everyMs`, until `endMs`. */
  sample(everyMs: number, endMs: number): void {
    this.look();
    if (this.#world.nowMs + everyMs <= endMs)
      this.#world.after(everyMs, null, () => this.sample(everyMs, endMs));
  }

  /** Asks every server that runs what it is. */
  look(): void {
    const { nowMs } = this.#world;
    for (const { server, host } of this.servers) {
      if (server === null || host.paused) continue;
      const { server: id, state, epoch, appliedZxid, committedZxid, serving } = server.status();
      this.samples.push({
        server: id,
        sentMs: nowMs,
        receivedMs: nowMs,
        state,
        epoch,
        appliedZxid,
        committedZxid,
        serving,
      });
    }
  }

  /** They have converged, and what they have is in their files. */
  get settled(): boolean {
    return this.converged && this.expected.every(({ hasWritten }) => hasWritten);
  }

  /** All members serve, under one leader, and have applied the same. */
  get converged(): boolean {
    const { leader } = this;
    if (leader === null) return false;
    const appliedZxid = leader.server?.status().appliedZxid;
    return this.expected.every(({ server, host }) => {
      const status = host.paused ? undefined : server?.status();
      return (
        status?.serving === true &&
        status.leader === leader.id &&
        status.appliedZxid === appliedZxid
      );
    });
  }
}

/** A simulated disk has no file for it that other servers could not read. */
const LINK_SECRET = Buffer.from("the secret of simulated servers");

function zooCfg(plan: SimPlan, id: number): string {
  const lines: [key: string, value: string][] = [
    ...Object.entries(plan.config),
    ["dataDir", "/data"],
    ["dataLogDir", "/log"],
    ["clientPort", `${CLIENT_PORT}`],
    ["maxClientCnxns", "0"],
    ["admin.enableServer", "false"],
    ["myid", `${id}`],
  ];
  for (let other = 1; other <= plan.servers + plan.observers; other++) {
    lines.push([
      `server.${other}`,
      serverLine(other, other > plan.servers ? "observer" : "participant"),
    ]);
  }
  // One that is to join knows the others, and takes itself for an observer until they say otherwise.
  if (id > plan.servers + plan.observers) lines.push([`server.${id}`, serverLine(id, "observer")]);
  return lines.map(([key, value]) => `${key}=${value}\n`).join("");
}

/** As in zoo.cfg, and as a reconfiguration asks for it. */
export function serverLine(id: number, role: "participant" | "observer"): string {
  const address = serverAddress(id);
  return `${address}:2888:3888:${role};${address}:${CLIENT_PORT}`;
}
