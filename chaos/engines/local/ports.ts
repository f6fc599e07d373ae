/**
 * Ports for servers that must know them before they start, and keep them over a restart.
 *
 * They are drawn below the range from which systems take ports for outgoing connections (32768 and up
 * on Linux, 49152 elsewhere): in that range, a port of a killed server could be taken by any client
 * before the server is back. Between the check and the server's own listening another process could
 * still take the port; that is seen when the server says so, and the start is tried again.
 */
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";

const HOST = "127.0.0.1";
const FIRST_PORT = 10_000;
const LAST_PORT = 31_999;
const ATTEMPTS_MAX = 200;

/** Ports that nobody else gets until they are released. */
export interface PortReservation {
  readonly ports: readonly number[];
  /** Frees the ports for those that they were reserved for. May be called again. */
  release(): Promise<void>;
}

/** A port that was asked for is in use; the message says which, for what, and what to do. */
export class PortInUseError extends Error {
  override readonly name = "PortInUseError";
}

/** Reserves `count` ports of 127.0.0.1 that nobody listens on. */
export async function reservePorts(count: number): Promise<PortReservation> {
  const held: Server[] = [];
  try {
    for (let attempt = 0; held.length < count; attempt++) {
      if (attempt >= ATTEMPTS_MAX + count) {
        throw new Error(`found no ${count} free ports in ${FIRST_PORT}–${LAST_PORT} of ${HOST}`);
      }
      const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1));
      const server = await tryListen(port);
      if (server !== null) held.push(server);
    }
  } catch (error) {
    await Promise.all(held.map(close));
    throw error;
  }
  const ports = held.map((server) => (server.address() as AddressInfo).port);
  return { ports, release: releaser(held) };
}

/** Reserves exactly these ports. Throws a `PortInUseError` that names the first one in use. */
export async function reserveGivenPorts(ports: readonly number[]): Promise<PortReservation> {
  const held: Server[] = [];
  for (const port of ports) {
    const server = await tryListen(port);
    if (server === null) {
      await Promise.all(held.map(close));
      throw new PortInUseError(
        `client port ${port} is in use; stop what listens there, or choose another client port ` +
          `(${ports.length} in a row are needed, from ${ports[0]})`,
      );
    }
    held.push(server);
  }
  return { ports, release: releaser(held) };
}

/** Null when the port is in use; throws on everything else that goes wrong. */
async function tryListen(port: number): Promise<Server | null> {
  const server = createServer((socket) => socket.destroy());
  try {
    server.listen(port, HOST);
    await once(server, "listening");
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return null;
    throw error;
  }
}

function releaser(held: readonly Server[]): () => Promise<void> {
  return async () => {
    await Promise.all(held.map(close));
  };
}

function close(server: Server): Promise<void> {
  // The error that it was not open (any more) is no news.
  return new Promise((resolve) => server.close(() => resolve()));
}
