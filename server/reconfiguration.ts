/**
 * Judges a request to change the servers of the ensemble (opcode reconfig): which configuration it asks
 * for, or why that cannot be. The order of the checks and their codes are those of ZooKeeper 3.9
 * (PrepRequestProcessor), with two differences: addresses that two servers share are always found, and
 * groups and weights are refused, since every quorum here is a majority.
 */
import {
  type EnsembleConfig,
  EnsembleConfigError,
  type EnsembleMember,
  formatEnsembleConfig,
  makeEnsembleConfig,
  parseMemberLine,
} from "./ensemble-config.ts";
import { ErrorCode } from "./errors.ts";
import type { ServerId, Zxid } from "./ids.ts";

export interface ReconfigRequest {
  /** Server lines, parted by commas: servers that join, or that are given anew. */
  readonly joiningServers: string | null;
  /** Ids of servers that leave, parted by commas. */
  readonly leavingServers: string | null;
  /** All server lines of the new configuration; with it, the two above say nothing. */
  readonly newMembers: string | null;
  /** The version that must be the current one; −1: any. */
  readonly curConfigId: bigint;
}

/** What the leader knows when it judges. */
export interface ReconfigSituation {
  readonly reconfigEnabled: boolean;
  readonly standaloneEnabled: boolean;
  readonly isStandalone: boolean;
  /** The configuration that is in force. */
  readonly current: EnsembleConfig;
  /** Whether Zab can go from the present configuration to this one now. */
  canReconfigure(next: EnsembleConfig): "ok" | "inProgress" | "noQuorum";
}

/** Some hundred servers with long names; a configuration is read whole, by servers and by clients. */
const MAX_CONFIG_CHARS = 64 * 1024;

export interface Refusal {
  readonly code: ErrorCode;
  readonly reason: string;
}

/** The new configuration, with `zxid` as its version, or why there will be none. */
export function judgeReconfig(
  request: ReconfigRequest,
  zxid: Zxid,
  situation: ReconfigSituation,
): EnsembleConfig | Refusal {
  const { current, reconfigEnabled, isStandalone, standaloneEnabled } = situation;
  if (!reconfigEnabled) return refuse(ErrorCode.ReconfigDisabled, "reconfigEnabled is not set");
  if (isStandalone) return refuse(ErrorCode.Unimplemented, "a standalone server has no ensemble");
  if (situation.canReconfigure(current) === "inProgress") {
    return refuse(ErrorCode.ReconfigInProgress, "another reconfiguration is not committed yet");
  }
  const { curConfigId } = request;
  if (curConfigId !== -1n && curConfigId !== BigInt(current.version)) {
    const is = current.version.toString(16);
    return refuse(ErrorCode.BadVersion, `of version ${curConfigId.toString(16)}, this is ${is}`);
  }
  const members = newMembers(request, current, standaloneEnabled);
  if ("code" in members) return members;
  const next = makeEnsembleConfig(zxid, members);
  const chars = formatEnsembleConfig(next).length;
  if (chars > MAX_CONFIG_CHARS) {
    const reason = `the configuration would have ${chars} characters, expected at most ${MAX_CONFIG_CHARS}`;
    return refuse(ErrorCode.BadArguments, reason);
  }
  const least = standaloneEnabled ? 2 : 1;
  if (next.voters.length < least) {
    const reason = `found ${next.voters.length} participants, expected at least ${least}`;
    return refuse(ErrorCode.BadArguments, reason);
  }
  switch (situation.canReconfigure(next)) {
    case "ok":
      return next;
    case "inProgress":
      return refuse(ErrorCode.ReconfigInProgress, "another reconfiguration is not committed yet");
    case "noQuorum":
      return refuse(
        ErrorCode.NewConfigNoQuorum,
        "a quorum of the new participants is not connected and up to date",
      );
  }
}

function newMembers(
  request: ReconfigRequest,
  current: EnsembleConfig,
  standaloneEnabled: boolean,
): readonly EnsembleMember[] | Refusal {
  try {
    const members =
      request.newMembers === null
        ? incremental(request, current)
        : whole(request.newMembers, standaloneEnabled);
    return "code" in members ? members : (findClash(members) ?? members);
  } catch (error) {
    if (!(error instanceof EnsembleConfigError)) throw error;
    return refuse(ErrorCode.BadArguments, error.message);
  }
}

/** Servers leave first, then join: one that does both is given anew. */
function incremental(
  request: ReconfigRequest,
  current: EnsembleConfig,
): readonly EnsembleMember[] | Refusal {
  const members = new Map(current.members.map((member) => [member.id, member]));
  for (const leaving of listed(request.leavingServers)) {
    if (!isNumber(leaving)) return noNumber(leaving);
    members.delete(Number(leaving) as ServerId);
  }
  for (const joining of listed(request.joiningServers)) {
    const parts = joining.split("=").map((part) => part.trim());
    const [key = "", value = ""] = parts;
    if (parts.length !== 2) throw new EnsembleConfigError(`found ${joining}, expected server.N=…`);
    const id = key.slice(key.lastIndexOf(".") + 1);
    if (!isNumber(id)) return noNumber(id);
    if (hasNoSuchPort(value)) return noPort(value);
    const member = parseMember(id, value);
    if (member.client === null) {
      throw new EnsembleConfigError(`server.${id}: expected three ports, the client's too`);
    }
    members.set(member.id, member);
  }
  return [...members.values()];
}

function whole(text: string, standaloneEnabled: boolean): readonly EnsembleMember[] | Refusal {
  const members = new Map<ServerId, EnsembleMember>();
  for (const line of text.split(/[,\n]/).map((part) => part.trim())) {
    if (line === "" || line.startsWith("#") || line.startsWith("!")) continue;
    const equals = line.indexOf("=");
    const key = line.slice(0, Math.max(0, equals)).trim();
    if (key === "version") continue;
    if (!key.startsWith("server.")) {
      throw new EnsembleConfigError(`found ${line.slice(0, 100)}, expected server.N=…`);
    }
    const id = key.slice("server.".length);
    if (!isNumber(id)) return noNumber(id);
    const value = line.slice(equals + 1).trim();
    if (hasNoSuchPort(value)) return noPort(value);
    const member = parseMember(id, value);
    members.set(member.id, member);
  }
  const voters = [...members.values()].filter(({ role }) => role === "participant");
  if (voters.length === 0 && !standaloneEnabled) {
    return refuse(ErrorCode.MarshallingError, "found no participants, expected at least one");
  }
  return [...members.values()];
}

function parseMember(id: string, value: string): EnsembleMember {
  if (!/^(\[[^\]]*\]|[^:]*):\d+:\d/.test(value)) {
    throw new EnsembleConfigError(`server.${id}: expected host:quorumPort:electionPort`);
  }
  return parseMemberLine(`server.${Number(id)}=${value}`);
}

/** Two servers that would listen on one address, or one that would twice; null: there are none. */
function findClash(members: readonly EnsembleMember[]): Refusal | null {
  const owners = new Map<string, EnsembleMember>();
  for (const member of members) {
    const { id, link, client } = member;
    if (client !== null && client.port !== 0 && link.port === client.port) {
      return refuse(ErrorCode.BadArguments, `server.${id}: expected a client port of its own`);
    }
    // The election port is not listened on: links serve both purposes.
    const address = `${link.host}:${link.port}`;
    const owner = owners.get(address);
    if (owner !== undefined) {
      const reason = `server.${id}: ${address} is an address of server.${owner.id} too`;
      return refuse(ErrorCode.BadArguments, reason);
    }
    owners.set(address, member);
  }
  return null;
}

function listed(text: string | null): readonly string[] {
  return (text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function isNumber(text: string): boolean {
  return /^[+-]?\d{1,18}$/.test(text);
}

/** What ZooKeeper cannot read as a number it takes for a broken request. */
function noNumber(text: string): Refusal {
  return refuse(ErrorCode.MarshallingError, `found id ${text.slice(0, 100)}, expected a number`);
}

/** A number that Java can read, and that is no port. */
function hasNoSuchPort(value: string): boolean {
  return [...value.matchAll(/[:;](\d+)(?![\d.])/g)].some(([, digits]) => {
    const port = Number(digits);
    return port > 65_535 && port <= 0x7fff_ffff;
  });
}

/** What Java refuses to make an address of ZooKeeper takes for a broken request, too. */
function noPort(value: string): Refusal {
  const reason = `found ${value.slice(0, 100)}, expected ports from 1 to 65535`;
  return refuse(ErrorCode.MarshallingError, reason);
}

function refuse(code: ErrorCode, reason: string): Refusal {
  return { code, reason };
}
