/** Opening and closing an HTTP port, and what to tell an operator when it cannot be had. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Log, NetAddress } from "../env.ts";

export interface PortNames {
  /** As messages call it: `the admin port`. */
  readonly port: string;
  /** What its keys in zoo.cfg begin with: `admin`. */
  readonly keys: string;
}

/** Resolves with the real address; rejects with an error that names the address and the key to change. */
export async function listenOn(
  server: Server,
  { host, port }: NetAddress,
  names: PortNames,
  log: Log,
): Promise<NetAddress> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const { keys } = names;
      const reason =
        error.code === "EADDRINUSE"
          ? `the port is in use; set ${keys}.serverPort to another one, or to 0 for any free one`
          : `${error.message}; see ${keys}.serverAddress and ${keys}.serverPort`;
      const message = `${names.port} cannot listen on ${host}:${port}: ${reason}`;
      reject(new Error(message, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
  server.on("error", (error) => log.error({ err: error }, `${names.port} has a problem`));
  return { host, port: (server.address() as AddressInfo).port };
}

/** Closes the port and every connection to it; resolves when they are gone. */
export function closeAll(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  return closed;
}
