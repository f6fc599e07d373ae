import type { ServerAddress } from "../client/server-rotation.ts";
import { UsageError } from "./errors.ts";
import { pathProblem } from "./path-check.ts";

/** Where a shell connects to. */
export interface ConnectString {
  /** As it was given. */
  readonly text: string;
  /** Numbered from 1 in their order: which server has which myid is not known. */
  readonly servers: readonly ServerAddress[];
  /** The znode that is the shell's `/`; "" for the whole tree. */
  readonly chroot: string;
}

const DEFAULT_PORT = 2181;

/**
 * Reads `HOST[:PORT][,HOST[:PORT]…][/chroot]`; an IPv6 address stands in brackets. Throws a
 * `UsageError` that says what is wrong.
 */
export function parseConnectString(text: string): ConnectString {
  const slash = text.indexOf("/");
  const hosts = slash < 0 ? text : text.slice(0, slash);
  const chroot = slash < 0 ? "" : text.slice(slash);
  const problem = chroot === "" ? null : pathProblem(chroot);
  if (problem !== null) throw new UsageError(`server ${text}: chroot: ${problem}`);
  const servers = hosts
    .split(",")
    .map((host, index) => ({ id: index + 1, ...address(host, text) }));
  return { text, servers, chroot: chroot === "/" ? "" : chroot };
}

function address(part: string, text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/.exec(part.trim());
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new UsageError(
      `server ${JSON.stringify(text)}: expected HOST:PORT[,HOST:PORT…][/chroot], ` +
        `with ports from 1 to 65535 and IPv6 addresses in brackets, found ${JSON.stringify(part)}`,
    );
  }
  return { host, port };
}
