/**
 * Who the servers are, and which of them this one is.
 */
import type { NetAddress } from "../env.ts";
import type { ServerId } from "../ids.ts";
import type { ServerAddress } from "./address.ts";
import { parseHostPort, parseServerAddress } from "./address.ts";
import { LINK_VIA_KEY, SERVER_KEY } from "./keys.ts";
import type { Problems, Property } from "./properties.ts";
import { quote } from "./properties.ts";

export interface ServerLine {
  readonly id: ServerId;
  readonly address: ServerAddress;
  readonly line: number;
}

const ID_FORM = "a number from 1 to 255";

/** All `server.N` lines, in the order of their ids; lines that are wrong are problems, and left out. */
export function parseServerList(
  properties: ReadonlyMap<string, Property>,
  problems: Problems,
): readonly ServerLine[] {
  const servers = new Map<ServerId, ServerLine>();
  const linkOwners = new Map<string, Property>();
  for (const property of properties.values()) {
    const match = SERVER_KEY.exec(property.key);
    if (match === null) continue;
    const { key, value, line } = property;
    const id = parseId(match[1] ?? "");
    if (id === null) {
      problems.add(line, key, `found id ${quote(match[1] ?? "")}, expected ${ID_FORM}`);
      continue;
    }
    const address = parseServerAddress(value);
    if ("expected" in address) {
      problems.add(line, key, `found ${quote(value)}, expected ${address.expected}`);
      continue;
    }
    const link = `${address.link.host}:${address.link.port}`;
    const owner = linkOwners.get(link);
    if (servers.has(id)) {
      problems.add(line, key, `server ${id} is given again, expected one line per server`);
    } else if (owner !== undefined) {
      problems.add(line, key, `found ${link}, expected an address that ${owner.key} does not have`);
    } else {
      servers.set(id, { id, address, line });
      linkOwners.set(link, property);
    }
  }
  return [...servers.values()].sort((a, b) => a.id - b.id);
}

/** All `link.via.N` lines: through which address this server reaches server N, instead of its own. */
export function parseLinkVias(
  properties: ReadonlyMap<string, Property>,
  problems: Problems,
): ReadonlyMap<ServerId, NetAddress> {
  const vias = new Map<ServerId, NetAddress>();
  for (const { key, value, line } of properties.values()) {
    const match = LINK_VIA_KEY.exec(key);
    if (match === null) continue;
    const id = parseId(match[1] ?? "");
    const address = parseHostPort(value, 1);
    if (id === null) {
      problems.add(line, key, `found id ${quote(match[1] ?? "")}, expected ${ID_FORM}`);
    } else if ("expected" in address) {
      problems.add(line, key, `found ${quote(value)}, expected ${address.expected}`);
    } else vias.set(id, address);
  }
  return vias;
}

/** From the file `myid` in dataDir or the key `myid`; null after a problem. */
export function readServerId(
  properties: ReadonlyMap<string, Property>,
  servers: readonly ServerLine[],
  myidPath: string | null,
  readMyid: (path: string) => string | null,
  problems: Problems,
): ServerId | null {
  const property = properties.get("myid");
  let fileText: string | null | undefined;
  try {
    fileText = myidPath === null ? null : readMyid(myidPath)?.trim();
  } catch (error) {
    problems.add(null, "myid", `${myidPath} cannot be read: ${(error as Error).message}`);
    return null;
  }
  const fromKey = property === undefined ? null : parseId(property.value);
  const fromFile = fileText === null || fileText === undefined ? null : parseId(fileText);
  if (property !== undefined && fromKey === null) {
    problems.add(property.line, "myid", `found ${quote(property.value)}, expected ${ID_FORM}`);
    return null;
  }
  if (typeof fileText === "string" && fromFile === null) {
    problems.add(null, "myid", `found ${quote(fileText)} in ${myidPath}, expected ${ID_FORM}`);
    return null;
  }
  if (property !== undefined && fromKey !== null && fromFile !== null && fromKey !== fromFile) {
    const finding = `found ${fromKey}, expected ${fromFile} as in ${myidPath}`;
    problems.add(property.line, "myid", finding);
    return null;
  }
  const id = fromKey ?? fromFile;
  const ensembleIds = servers.map((server) => server.id);
  if (id === null && servers.length > 0) {
    // Without a usable dataDir the missing file is no finding of its own.
    if (myidPath !== null) {
      const finding = `missing, expected one of ${ensembleIds.join(", ")} in ${myidPath}, or as a key`;
      problems.add(null, "myid", finding);
    }
    return null;
  }
  if (id !== null && servers.length > 0 && !ensembleIds.includes(id)) {
    const finding = `found ${id}, expected one of the server lines: ${ensembleIds.join(", ")}`;
    problems.add(property?.line ?? null, "myid", finding);
    return null;
  }
  return id ?? (1 as ServerId);
}

function parseId(text: string): ServerId | null {
  if (!/^\d{1,3}$/.test(text)) return null;
  const id = Number(text);
  return id >= 1 && id <= 255 ? (id as ServerId) : null;
}
