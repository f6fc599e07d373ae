/**
 * Who the servers of the ensemble are, as this server knows it now, and what follows from a change: whom
 * to link with, where to listen, which file to write.
 */
import type { ServerConfig } from "./config.ts";
import {
  type EnsembleConfig,
  EnsembleConfigError,
  type EnsembleMember,
  formatEnsembleConfig,
  parseEnsembleConfig,
} from "./ensemble-config.ts";
import type { Env, NetAddress } from "./env.ts";
import { InvariantError } from "./errors.ts";
import { formatZxid, type ServerId } from "./ids.ts";
import type { ClientPort } from "./net/client-port.ts";
import type { PeerAddress, PeerLinks } from "./net/peer-links.ts";
import type { ServiceMessage } from "./net/peer-message.ts";
import type { Membership } from "./zab/membership.ts";

/** How this server takes part: it votes, it only learns, or it is no member at all. */
export type Part = "participant" | "observer" | "none";

export class EnsembleState {
  readonly #env: Env;
  readonly #config: ServerConfig;
  readonly #links: Pick<PeerLinks, "setPeers" | "listenOn" | "tellAll">;
  readonly #port: Pick<ClientPort, "listen">;
  #active: EnsembleConfig;
  #pending: EnsembleConfig | null = null;
  /** The latest configuration that another server told of: where those are that we do not know. */
  #heard: EnsembleConfig | null = null;

  /** `active` is the configuration that is committed in this server's data, or its file's. */
  constructor(
    env: Env,
    config: ServerConfig,
    active: EnsembleConfig,
    links: Pick<PeerLinks, "setPeers" | "listenOn" | "tellAll">,
    port: Pick<ClientPort, "listen">,
  ) {
    this.#env = env;
    this.#config = config;
    this.#active = active;
    this.#links = links;
    this.#port = port;
  }

  get active(): EnsembleConfig {
    return this.#active;
  }

  get part(): Part {
    return this.#member(this.#active)?.role ?? "none";
  }

  /** Where clients are served: what was configured last. */
  get clientAddress(): NetAddress | null {
    return this.#member(this.#active)?.client ?? this.#config.clientAddress;
  }

  /** Where peers connect; null: this server has none. */
  get linkAddress(): NetAddress | null {
    const { linkListenAddress } = this.#config;
    const inFile = this.#member(this.#config.ensemble)?.link;
    const own = this.#member(this.#active)?.link;
    // What link.listen says is where this server is, whatever its peers call it.
    const isGiven = linkListenAddress !== null && !sameAddress(linkListenAddress, inFile ?? null);
    return isGiven ? linkListenAddress : linkListenAddress && (own ?? linkListenAddress);
  }

  /** All servers that are worth a link, this one included. */
  peers(): readonly PeerAddress[] {
    const members = new Map<number, EnsembleMember>();
    for (const config of [this.#heard, this.#pending, this.#active])
      for (const member of config?.members ?? []) members.set(member.id, member);
    return [...members.values()].map(({ id, link }) => ({
      id,
      address: this.#config.linkVia.get(id) ?? link,
      host: link.host,
    }));
  }

  /**
   * Zab's membership changed: it gives back what `membershipIn` and the recovery gave it. True if another
   * configuration is in force now.
   */
  changed(active: Membership, pending: Membership | null): boolean {
    const before = { part: this.part, client: this.clientAddress, link: this.linkAddress };
    const isNew = active.version !== this.#active.version;
    this.#active = asConfig(active);
    this.#pending = pending && asConfig(pending);
    if ((this.#heard?.version ?? 0) <= this.#active.version) this.#heard = null;
    this.#links.setPeers(this.peers());
    if (!isNew) return false;
    this.#logChange(before.part);
    this.#links.tellAll(this.told());
    this.#move(before);
    this.#writeFile();
    return true;
  }

  /** What other servers are told of: the configuration in force. */
  told(): ServiceMessage {
    return { type: "ensemble", text: formatEnsembleConfig(this.#active) };
  }

  /** Another server told of its configuration. */
  heard(from: ServerId, text: string): void {
    if (!this.#config.reconfigEnabled) return;
    let config: EnsembleConfig;
    try {
      config = parseEnsembleConfig(text);
    } catch (error) {
      if (!(error instanceof EnsembleConfigError)) throw error;
      const reason = error.message;
      this.#env.log.warn({ from, reason }, `server ${from} told of a configuration that is none`);
      return;
    }
    if (config.version <= Math.max(this.#active.version, this.#heard?.version ?? 0)) return;
    this.#heard = config;
    this.#links.setPeers(this.peers());
  }

  /** Listens elsewhere if it is configured to. A port that cannot be had leaves this server where it is. */
  #move(before: { readonly client: NetAddress | null; readonly link: NetAddress | null }): void {
    const { clientAddress, linkAddress } = this;
    if (clientAddress !== null && !sameAddress(before.client, clientAddress)) {
      this.#port.listen(clientAddress, (error) => this.#moved("clients", clientAddress, error));
    }
    if (linkAddress !== null && !sameAddress(before.link, linkAddress)) {
      this.#links.listenOn(linkAddress, (error) => this.#moved("peers", linkAddress, error));
    }
  }

  #moved(who: string, { host, port }: NetAddress, error: Error | null): void {
    const where = `${host}:${port}`;
    const { log } = this.#env;
    if (error === null) log.info({}, `listening for ${who} on ${where} now`);
    else {
      const reason = error.message;
      log.error({ reason }, `cannot listen for ${who} on ${where}: it stays where it was`);
    }
  }

  #member(config: EnsembleConfig): EnsembleMember | undefined {
    return config.members.find(({ id }) => id === this.#config.serverId);
  }

  #logChange(before: Part): void {
    const { version, voters, observers } = this.#active;
    const { log } = this.#env;
    log.info(
      { version: formatZxid(version), voters, observers },
      "a new configuration is in force",
    );
    const { part } = this;
    if (part === before) return;
    if (part === "none") {
      log.warn(
        { voters, observers },
        "this server is no member of the ensemble any more: it goes on without a vote, and may be stopped when the members have saved that",
      );
    } else
      log.info({ part }, `this server is ${part === "observer" ? "an observer" : "a voter"} now`);
  }

  /** The file only tells of what is in the data directory already: its failure stops nothing. */
  #writeFile(): void {
    const { dynamicConfigFile, reconfigEnabled } = this.#config;
    if (dynamicConfigFile === null || !reconfigEnabled) return;
    const text = Buffer.from(`${formatEnsembleConfig(this.#active)}\n`);
    this.#env.disk.replaceDurable(dynamicConfigFile, [text], (error) => {
      if (error === null) return;
      const reason = error.message;
      this.#env.log.warn({ dynamicConfigFile, reason }, "the dynamicConfigFile is not up to date");
    });
  }
}

function sameAddress(a: NetAddress | null, b: NetAddress | null): boolean {
  return a?.host === b?.host && a?.port === b?.port;
}

function asConfig(membership: Membership): EnsembleConfig {
  if ("members" in membership) return membership as EnsembleConfig;
  throw new InvariantError(`membership ${formatZxid(membership.version)} is none that was given`);
}
