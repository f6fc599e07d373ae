/**
 * Addresses as zoo.cfg writes them:
 *
 *     host-port = host ":" port
 *     server    = host ":" quorum-port [":" election-port] [":" role] [";" [host ":"] client-port]
 *     role      = "participant" | "observer"
 *     host      = name | IPv4 | "[" IPv6 "]"
 */
import type { NetAddress } from "../env.ts";
import { quote } from "./properties.ts";

const HOST = /^(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?))$/;
const HOST_PORT = /^(\[[^\]]*\]|[^:]*):(\d{1,6})$/;

/** What a value should have been: parsers return it instead of the parsed value. */
export interface Malformed {
  readonly expected: string;
}

/** Whether a server votes. */
export type MemberRole = "participant" | "observer";

/** The client part of a server line: its host may be missing (all interfaces). */
export interface ServerAddress {
  readonly link: NetAddress;
  /** Null when it is not given: election and broadcast share one link here, on the quorum port. */
  readonly electionPort: number | null;
  readonly role: MemberRole;
  readonly client: { readonly host: string | null; readonly port: number } | null;
}

/** A host without brackets, or null when it is none. */
export function parseHost(text: string): string | null {
  const match = HOST.exec(text);
  return match === null ? null : (match[1] ?? match[2] ?? null);
}

/** A port from `min` to 65535, or null. */
export function parsePort(text: string, min: 0 | 1): number | null {
  if (!/^\d{1,6}$/.test(text)) return null;
  const port = Number(text);
  return port >= min && port <= 65_535 ? port : null;
}

/** `host:port` with a port of at least `minPort`. */
export function parseHostPort(text: string, minPort: 0 | 1): NetAddress | Malformed {
  const match = HOST_PORT.exec(text);
  const host = parseHost(match?.[1] ?? "");
  const port = parsePort(match?.[2] ?? "", minPort);
  if (host === null || port === null) {
    return { expected: `host:port with a port from ${minPort} to 65535` };
  }
  return { host, port };
}

const SERVER_FORM =
  "host:quorumPort[:electionPort][:participant|:observer][;[clientAddress:]clientPort]";

/** The value of a `server.N` key. */
export function parseServerAddress(text: string): ServerAddress | Malformed {
  const [ensemblePart = "", clientPart, ...rest] = text.split(";").map((part) => part.trim());
  if (rest.length > 0) return { expected: `one ";" at most, as in ${SERVER_FORM}` };
  if (ensemblePart.includes("|")) {
    return { expected: `one address (several, parted by "|", are not supported)` };
  }
  const parts = /^(\[[^\]]*\]|[^:]*):(.*)$/.exec(ensemblePart);
  const host = parseHost(parts?.[1] ?? "");
  if (parts === null || host === null) return { expected: `${SERVER_FORM} with a valid host` };
  const [quorumPort = "", ...options] = (parts[2] ?? "").split(":");
  const port = parsePort(quorumPort, 1);
  if (port === null) return { expected: `a quorum port from 1 to 65535 in ${SERVER_FORM}` };
  const read = parseOptions(options);
  if ("expected" in read) return read;
  const client = clientPart === undefined ? null : parseClientPart(clientPart);
  if (client !== null && "expected" in client) return client;
  return { link: { host, port }, ...read, client };
}

function parseOptions(
  options: readonly string[],
): Pick<ServerAddress, "electionPort" | "role"> | Malformed {
  const rest = [...options];
  let electionPort: number | null = null;
  if (/^\d/.test(rest[0] ?? "")) {
    electionPort = parsePort(rest.shift() as string, 1);
    if (electionPort === null) {
      return { expected: `an election port from 1 to 65535 in ${SERVER_FORM}` };
    }
  }
  const role = rest.shift()?.toLowerCase() ?? "participant";
  if ((role !== "participant" && role !== "observer") || rest.length > 0) {
    return { expected: `${SERVER_FORM}, not ${quote(options.join(":"))} after the quorum port` };
  }
  return { electionPort, role };
}

function parseClientPart(text: string): ServerAddress["client"] | Malformed {
  const alone = parsePort(text, 0);
  if (alone !== null) return { host: null, port: alone };
  const address = parseHostPort(text, 0);
  if ("expected" in address) {
    return { expected: `[clientAddress:]clientPort, a port from 0 to 65535, after the ";"` };
  }
  return address;
}
