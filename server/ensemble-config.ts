/**
 * A configuration of the ensemble: who its servers are, where they are reached, and which of them vote.
 * Its text is the data of /zookeeper/config, as ZooKeeper writes it (QuorumMaj, QuorumServer):
 *
 * ```
 * config  = *( "server." id "=" host ":" quorum-port ":" election-port ":" role [";" client] "\n" )
 *           "version=" hexadecimal
 * client  = host ":" port
 * ```
 *
 * The lines come in the order of ids. A host that is an IPv6 address stands in brackets.
 */
import type { NetAddress } from "./env.ts";
import { MAX_EPOCH, type ServerId, type Zxid } from "./ids.ts";
import { type MemberRole, parseServerAddress, type ServerAddress } from "./zoo-cfg/address.ts";

export interface EnsembleMember {
  readonly id: ServerId;
  /** Where its peers reach it: the quorum port. */
  readonly link: NetAddress;
  /** Said to clients as it was configured; nobody listens on it. */
  readonly electionPort: number;
  readonly role: MemberRole;
  /** Where it listens for clients; null: what its own zoo.cfg says. */
  readonly client: NetAddress | null;
}

/** What Zab needs to know of it, and the servers themselves. */
export interface EnsembleConfig {
  /** The zxid of the transaction that made it; 0: it comes from a file. */
  readonly version: Zxid;
  readonly voters: readonly ServerId[];
  readonly observers: readonly ServerId[];
  /** In the order of ids. */
  readonly members: readonly EnsembleMember[];
}

/** A text is no configuration: what was found and expected. */
export class EnsembleConfigError extends Error {
  override readonly name = "EnsembleConfigError";
}

const ALL_INTERFACES = "0.0.0.0";
const MAX_VERSION = (MAX_EPOCH + 1) * 2 ** 32;

export function makeEnsembleConfig(
  version: Zxid,
  members: readonly EnsembleMember[],
): EnsembleConfig {
  const sorted = [...members].sort((a, b) => a.id - b.id);
  const ids = (role: MemberRole): ServerId[] =>
    sorted.filter((member) => member.role === role).map(({ id }) => id);
  return { version, voters: ids("participant"), observers: ids("observer"), members: sorted };
}

/** The member that a server line describes; without an election port it is the quorum port. */
export function memberAt(id: ServerId, address: ServerAddress): EnsembleMember {
  const { link, electionPort, role, client } = address;
  return {
    id,
    link,
    electionPort: electionPort ?? link.port,
    role,
    client: client && { host: client.host ?? ALL_INTERFACES, port: client.port },
  };
}

/** Without the version: two texts are equal if the same servers are reached in the same ways. */
export function formatMembers(config: EnsembleConfig): string {
  return config.members.map((member) => `${formatMember(member)}\n`).join("");
}

export function formatEnsembleConfig(config: EnsembleConfig): string {
  return `${formatMembers(config)}version=${config.version.toString(16)}`;
}

function formatMember(member: EnsembleMember): string {
  const { id, link, role, client } = member;
  const clientPart = client === null ? "" : `;${formatHost(client.host)}:${client.port}`;
  const ports = `${link.port}:${shownElectionPort(member)}`;
  return `server.${id}=${formatHost(link.host)}:${ports}:${role}${clientPart}`;
}

/**
 * One link serves both purposes here. Clients that read the text (Curator, zkCli) refuse a server whose
 * two ports are one: without a second port of its own it is shown with one that nobody uses.
 */
function shownElectionPort({ link, electionPort, client }: EnsembleMember): number {
  if (electionPort !== link.port) return electionPort;
  const others = [link.port + 1, link.port + 2, link.port - 1, link.port - 2];
  return others.find((port) => port >= 1 && port <= 65_535 && port !== client?.port) as number;
}

function formatHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** Reads what `formatEnsembleConfig` writes. Throws an `EnsembleConfigError`. */
export function parseEnsembleConfig(text: string): EnsembleConfig {
  let version: Zxid | null = null;
  const members: EnsembleMember[] = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const match = /^version=([0-9a-f]{1,16})$/.exec(line);
    if (match === null) members.push(parseMemberLine(line));
    else if (version === null) version = parseVersion(match[1] as string);
    else throw new EnsembleConfigError("found a second version, expected one");
  }
  if (version === null) throw new EnsembleConfigError("found no version, expected version=…");
  if (new Set(members.map(({ id }) => id)).size < members.length) {
    throw new EnsembleConfigError("found a server twice, expected each id once");
  }
  return makeEnsembleConfig(version, members);
}

function parseVersion(digits: string): Zxid {
  const version = Number.parseInt(digits, 16);
  if (version < MAX_VERSION) return version as Zxid;
  throw new EnsembleConfigError(`found version ${digits}, expected a zxid`);
}

/** Reads `server.N=…`. Throws an `EnsembleConfigError`. */
export function parseMemberLine(line: string): EnsembleMember {
  const match = /^server\.(\d{1,3})=(.*)$/.exec(line);
  const id = Number(match?.[1]);
  if (match === null || !(id >= 1 && id <= 255)) {
    throw new EnsembleConfigError(
      `found ${JSON.stringify(line.slice(0, 100))}, expected server.N=… with N from 1 to 255`,
    );
  }
  const address = parseServerAddress(match[2] as string);
  if ("expected" in address) {
    throw new EnsembleConfigError(`server.${id}: expected ${address.expected}`);
  }
  return memberAt(id as ServerId, address);
}
