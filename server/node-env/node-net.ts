/**
 * TCP: listening and connecting, with TLS where that is asked for.
 */
import { connect as connectSocket, createServer } from "node:net";
import {
  type Connection,
  type ConnectTls,
  type Listener,
  type ListenTls,
  type Log,
  type Net,
  type NetAddress,
  TLS_FAILED,
} from "../env.ts";
import { NodeConnection } from "./node-connection.ts";
import { dialTls } from "./tls-dial.ts";
import { createTlsListener } from "./tls-listener.ts";

/** Connections that the system holds until they are accepted. */
const LISTEN_BACKLOG = 1_024;

export class NodeNet implements Net {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  listen(
    address: NetAddress,
    accept: (connection: Connection) => void,
    ready: (result: Listener | Error) => void,
    tls?: ListenTls,
  ): void {
    const invalid = invalidPort(address, 0);
    if (invalid !== null) {
      setImmediate(ready, invalid);
      return;
    }
    const server =
      tls === undefined
        ? createServer({ noDelay: true }, (socket) => accept(new NodeConnection(socket)))
        : createTlsListener(tls, this.#log, accept);
    const failed = (error: NodeJS.ErrnoException): void => ready(listenError(address, error));
    server.once("error", failed);
    server.listen({ host: address.host, port: address.port, backlog: LISTEN_BACKLOG }, () => {
      server.off("error", failed);
      // Accepting one connection failed (out of file descriptors): the listener lives on.
      server.on("error", (error) => {
        this.#log.warn({ err: error, listen: text(address) }, "a connection was not accepted");
      });
      const bound = server.address();
      const port = typeof bound === "object" && bound !== null ? bound.port : address.port;
      ready({ address: { host: address.host, port }, close: () => server.close() });
    });
  }

  connect(
    address: NetAddress,
    timeoutMs: number,
    ready: (result: Connection | Error) => void,
    tls?: ConnectTls,
  ): void {
    const invalid = invalidPort(address, 1);
    if (invalid !== null) {
      setImmediate(ready, invalid);
      return;
    }
    const socket = connectSocket({ host: address.host, port: address.port, noDelay: true });
    let settled = false;
    const settle = (result: Connection | Error): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      socket.off("close", closedEarly);
      ready(result);
    };
    const closedEarly = (): void => settle(connectError(address, "closed before it was open"));
    const timer = setTimeout(() => {
      socket.destroy();
      settle(connectError(address, `no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    // Stays attached: an error after the timeout must not become an uncaught exception.
    socket.on("error", (error: NodeJS.ErrnoException) => {
      settle(connectError(address, reasonOf(error), error.code));
    });
    socket.once("close", closedEarly);
    socket.once("connect", () => {
      if (settled) return;
      if (tls === undefined) settle(new NodeConnection(socket));
      else {
        socket.off("close", closedEarly);
        dialTls(socket, tls, this.#log, (result) => {
          const isOpen = typeof result !== "string";
          settle(isOpen ? new NodeConnection(result) : connectError(address, result, TLS_FAILED));
        });
      }
    });
  }
}

function text(address: NetAddress): string {
  return `${address.host}:${address.port}`;
}

function invalidPort(address: NetAddress, lowest: number): Error | null {
  const { port } = address;
  if (Number.isInteger(port) && port >= lowest && port <= 65_535) return null;
  return new Error(`address ${text(address)}: the port must be ${lowest} to 65535`);
}

/** An error of several tries (one per address of the host) says nothing itself: name the first. */
function reasonOf(error: NodeJS.ErrnoException): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) {
    return error.errors[0].message;
  }
  return error.message;
}

function connectError(address: NetAddress, reason: string, code?: string): Error {
  const error = new Error(`cannot connect to ${text(address)}: ${reason}`);
  return code === undefined ? error : Object.assign(error, { code });
}

/** What to do about the errors that an operator meets. */
const LISTEN_REMEDY: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is in use: stop the process that has it, or choose another port",
  EADDRNOTAVAIL: "this machine does not have that address: choose one of its own",
  EACCES: "no permission for this port: choose one above 1023",
  ENOTFOUND: "the host name is not known: correct it",
};

function listenError(address: NetAddress, cause: NodeJS.ErrnoException): Error {
  const remedy = LISTEN_REMEDY[cause.code ?? ""] ?? cause.message;
  const error = new Error(`cannot listen on ${text(address)}: ${remedy}`, { cause });
  return Object.assign(error, { code: cause.code });
}
