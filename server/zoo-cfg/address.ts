/**
 * Addresses as zoo.cfg writes them:
 *
 *     host-port = host ":" port
 *     server    = host ":" quorum-port [":" election-port] [":" "participant"] [";" [host ":"] client-port]
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

/** The client part of a server line: its host may be missing (all interfaces). */
export interface ServerAddress {
  readonly link: NetAddress;
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

const SERVER_FORM = "host:quorumPort[:electionPort][:participant][;[clientAddress:]clientPort]";

/**
 * The value of a `server.N` key. The election port is checked and dropped: election and broadcast
 * share one link here, on the quorum port.
 */
export function parseServerAddress(text: string): ServerAddress | Malformed {
  const [ensemblePart = "", clientPart, ...rest] = text.split(";").map((part) => part.trim());
  if (rest.length > 0) return { expected: `one ";" at most, as in ${SERVER_FORM}` };
  if (ensemblePart.includes("|")) {
    return { expected: `one address (several, parted by "|", are not supported yet)` };
  }
  const parts = /^(\[[^\]]*\]|[^:]*):(.*)$/.exec(ensemblePart);
  const host = parseHost(parts?.[1] ?? "");
  if (parts === null || host === null) return { expected: `${SERVER_FORM} with a valid host` };
  const [quorumPort = "", ...options] = (parts[2] ?? "").split(":");
  const port = parsePort(quorumPort, 1);
  if (port === null) return { expected: `a quorum port from 1 to 65535 in ${SERVER_FORM}` };
  const malformed = checkOptions(options);
  if (malformed !== null) return malformed;
  const client = clientPart === undefined ? null : parseClientPart(clientPart);
  if (client !== null && "expected" in client) return client;
  return { link: { host, port }, client };
}

function checkOptions(options: readonly string[]): Malformed | null {
  const rest = [...options];
  if (/^\d/.test(rest[0] ?? "")) {
    if (parsePort(rest[0] as string, 1) === null) {
      return { expected: `an election port from 1 to 65535 in ${SERVER_FORM}` };
    }
    rest.shift();
  }
  const type = rest.shift()?.toLowerCase();
  if (type === "observer") return { expected: "participant (observers are not supported yet)" };
  if ((type !== undefined && type !== "participant") || rest.length > 0) {
    return { expected: `${SERVER_FORM}, not ${quote(options.join(":"))} after the quorum port` };
  }
  return null;
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
