/**
 * A TCP listener whose connections are handed on when their TLS handshake has succeeded.
 */
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import type { Connection, ListenTls, Log, TlsIdentity } from "../env.ts";
import { subjectOf } from "./certificate-subject.ts";
import { NodeConnection } from "./node-connection.ts";
import { certificateFault, secureContextOptions } from "./tls-peer.ts";

/** Throws if the identity makes no sense to OpenSSL. The caller lets the server listen. */
export function createTlsListener(
  tls: ListenTls,
  log: Log,
  accept: (connection: Connection) => void,
): Server {
  let identity = tls.identity.latest(log);
  /** Connections whose handshake is under way, by the port that they come from. */
  const shaking = new Map<string, Handshake>();
  const secure = createTlsServer({
    ...secureContextOptions(identity),
    requestCert: identity.clientAuth !== "none",
    // Judged below, where the reason can be told.
    rejectUnauthorized: false,
    handshakeTimeout: tls.handshakeMs,
  });
  secure.on("tlsClientError", (error, socket) => shaking.get(peerOf(socket))?.fail(error.message));
  secure.on("secureConnection", (socket) => {
    const handshake = shaking.get(peerOf(socket));
    const refused = refusal(handshake?.identity ?? identity, socket);
    if (refused !== null) handshake?.fail(refused);
    else if (handshake?.end() === true) accept(new NodeConnection(socket, peerSubject(socket)));
  });
  const server = createTcpServer({ noDelay: true }, (socket) => {
    const remote = peerOf(socket);
    const latest = tls.identity.latest(log);
    if (latest !== identity) secure.setSecureContext(secureContextOptions(latest));
    identity = latest;
    const handshake = new Handshake(socket, identity, (reason) => {
      shaking.delete(remote);
      if (reason !== null) tls.failed(remote, reason);
    });
    if (!tls.admit(remote, (reason) => handshake.fail(reason))) {
      handshake.end();
      socket.destroy();
      return;
    }
    shaking.set(remote, handshake);
    secure.emit("connection", socket);
  });
  return server;
}

/** Ends once: with success, or with the reason why there is none. */
class Handshake {
  /** The one in force when it began. */
  readonly identity: TlsIdentity;
  readonly #socket: Socket;
  readonly #ended: (reason: string | null) => void;
  #isOver = false;

  constructor(socket: Socket, identity: TlsIdentity, ended: (reason: string | null) => void) {
    this.#socket = socket;
    this.identity = identity;
    this.#ended = ended;
    socket.once("close", () => this.fail("closed before it was over"));
  }

  /** False: it has failed already. */
  end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#ended(null);
    return true;
  }

  fail(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.destroy();
    this.#ended(reason);
  }
}

/** Why this client may not come in; null: it may. */
function refusal(identity: TlsIdentity, socket: TLSSocket): string | null {
  const { clientAuth } = identity;
  if (clientAuth === "none") return null;
  const fault = certificateFault(identity, socket);
  if (fault !== null) return `its certificate is refused: ${fault}`;
  const isNeeded = clientAuth === "need" && socket.getPeerX509Certificate() === undefined;
  return isNeeded ? "it has no certificate" : null;
}

function peerSubject(socket: TLSSocket): string | null {
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  return certificate === undefined ? null : subjectOf(certificate.raw);
}

/** The same for a socket and what TLS makes of it, and as `Connection.remote` has it. */
function peerOf(socket: Socket): string {
  const host = socket.remoteAddress ?? "unknown";
  return `${host.includes(":") ? `[${host}]` : host}:${socket.remotePort ?? 0}`;
}
