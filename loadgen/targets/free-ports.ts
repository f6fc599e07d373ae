import { createServer, type Server } from "node:net";

const HOST = "127.0.0.1";
/**
 * Below the range that systems take ports for outgoing connections from (32768 and up on Linux): the
 * port of a server that was killed must still be free when it is started again.
 */
const FIRST_PORT = 10_000;
const LAST_PORT = 31_999;
const TRIES_PER_PORT = 50;

/**
 * Ports of 127.0.0.1 that nobody listens on. They are all held at once, so they differ; another
 * process may still take one before it is used. Throws when there are not enough.
 */
export async function freePorts(count: number): Promise<number[]> {
  const held: Server[] = [];
  try {
    const ports: number[] = [];
    for (let tries = 0; ports.length < count; tries++) {
      if (tries >= count * TRIES_PER_PORT) {
        throw new Error(`no ${count} free ports from ${FIRST_PORT} to ${LAST_PORT} of ${HOST}`);
      }
      const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1));
      const server = await listen(port);
      if (server === null) continue;
      held.push(server);
      ports.push(port);
    }
    return ports;
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

/** Null when the port is in use. */
function listen(port: number): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(null);
      else reject(error);
    });
    server.listen(port, HOST, () => resolve(server));
  });
}
