/**
 * Where the server lines are, in zoo.cfg itself or in its dynamicConfigFile, and what they make of this
 * server.
 */
import { resolve } from "node:path";
import { parseServerList, type ServerLine } from "./ensemble.ts";
import { SERVER_KEY } from "./keys.ts";
import { parseProperties, Problems, type Property } from "./properties.ts";
import type { Settings } from "./settings.ts";

/** In the order of ids; what is wrong is a problem, and left out. */
export function readServerLines(
  settings: Settings,
  problems: Problems,
  readFile: (path: string) => string | null,
): readonly ServerLine[] {
  const path = settings.text("dynamicConfigFile", null);
  if (path === null) return parseServerList(settings.properties, problems);
  for (const { key, line } of settings.properties.values()) {
    if (SERVER_KEY.test(key)) problems.add(line, key, "expected in the dynamicConfigFile alone");
  }
  const properties = readDynamicFile(resolve(path), settings, problems, readFile);
  if (properties === null) return [];
  const found = new Problems(resolve(path));
  for (const { key, line } of properties.values()) {
    // Its version is that of the servers that wrote it; what counts is in the data directory.
    if (key !== "version" && !SERVER_KEY.test(key)) {
      found.add(line, key, "not a key of a dynamicConfigFile, expected server.N or version");
    }
  }
  const servers = parseServerList(properties, found);
  problems.lines.push(...found.lines);
  if (servers.length === 0 && found.lines.length === 0) {
    settings.refuse("dynamicConfigFile", "a file with server lines");
  }
  return servers;
}

/** Null after a problem. */
function readDynamicFile(
  path: string,
  settings: Settings,
  problems: Problems,
  readFile: (path: string) => string | null,
): ReadonlyMap<string, Property> | null {
  let text: string | null;
  try {
    text = readFile(path);
  } catch (error) {
    settings.refuse("dynamicConfigFile", `a file that can be read (${(error as Error).message})`);
    return null;
  }
  if (text === null) {
    settings.refuse("dynamicConfigFile", `a file that is there; ${path} is not`);
    return null;
  }
  const found = new Problems(path);
  const properties = parseProperties(text, found);
  problems.lines.push(...found.lines);
  return properties;
}

export interface ServersVerdict {
  readonly isStandalone: boolean;
  /** What is allowed and probably not meant. */
  readonly warnings: readonly string[];
}

/** What the lines amount to (ZooKeeper's QuorumPeerConfig: parseDynamicConfig, setupPeerType). */
export function judgeServers(
  servers: readonly ServerLine[],
  own: ServerLine | undefined,
  standaloneEnabled: boolean,
  settings: Settings,
): ServersVerdict {
  const voters = servers.filter(({ address }) => address.role === "participant").length;
  const isStandalone = servers.length === 0 || (standaloneEnabled && voters === 1);
  const warnings: string[] = [];
  if (servers.length > 0 && voters === 0) {
    settings.refuseServers("observers alone", "at least one participant");
  } else if (isStandalone && servers.length > 1) {
    settings.refuseServers(
      "one participant, and observers",
      "more participants, or standaloneEnabled=false",
    );
  } else if (voters > 0 && voters % 2 === 0) warnings.push(evenWarning(voters));
  const peerType = settings.oneOf("peerType", ["participant", "observer"]);
  const role = own?.address.role ?? "participant";
  if (servers.length === 0 && peerType === "observer") {
    settings.refuse("peerType", "participant: there are no server lines, nobody to observe");
  } else if (peerType !== null && peerType !== role) {
    warnings.push(
      `peerType=${peerType}, but this server's own server line says ${role}: it counts`,
    );
  }
  return { isStandalone, warnings };
}

function evenWarning(count: number): string {
  return (
    `${count} servers survive the loss of ${count / 2 - 1}, as ${count - 1} would: ` +
    "an odd number of servers is the better choice"
  );
}
