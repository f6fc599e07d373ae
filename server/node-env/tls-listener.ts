/**
 * A TCP listener whose connections are handed on when their TLS handshake has succeeded.
 */
import { constants } from "node:crypto";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls";
import type { Connection, ListenTls, TlsIdentity } from "../env.ts";
import { subjectOf } from "./certificate-subject.ts";
import { NodeConnection } from "./node-connection.ts";

/** What `tls.createServer` and `tls.createSecureContext` need; the latter throws if it makes no sense. */
export function tlsOptions(identity: TlsIdentity): TlsOptions {
  const { key, keyPassword, trusted, clientAuth, ciphers } = identity;
  return {
    ...("pem" in key ? { key: key.pem, cert: key.pem } : { pfx: key.pkcs12 }),
    ...(keyPassword === null ? {} : { passphrase: keyPassword }),
    ...(trusted === null ? {} : { ca: trusted }),
    ...(ciphers === null ? {} : { ciphers: ciphers.join(":") }),
    minVersion: identity.minVersion,
    maxVersion: identity.maxVersion,
    requestCert: clientAuth !== "none",
    // Judged below, where the reason can be told.
    rejectUnauthorized: false,
    // No resumption: every connection shows its certificate, which is judged as of now.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  };
}

/** Throws if the identity makes no sense to OpenSSL. The caller lets the server listen. */
export function createTlsListener(
  tls: ListenTls,
  accept: (connection: Connection) => void,
): Server {
  const { identity } = tls;
  /** Connections whose handshake is under way, by the port that they come from. */
  const shaking = new Map<string, Handshake>();
  const secure = createTlsServer({ ...tlsOptions(identity), handshakeTimeout: tls.handshakeMs });
  secure.on("tlsClientError", (error, socket) => shaking.get(peerOf(socket))?.fail(error.message));
  secure.on("secureConnection", (socket) => {
    const handshake = shaking.get(peerOf(socket));
    const refused = refusal(identity, socket);
    if (refused !== null) handshake?.fail(refused);
    else if (handshake?.end() === true) accept(new NodeConnection(socket, peerSubject(socket)));
  });
  const server = createTcpServer({ noDelay: true }, (socket) => {
    const remote = peerOf(socket);
    if (!tls.admit(remote)) {
      socket.destroy();
      return;
    }
    const handshake = new Handshake(socket, (reason) => {
      shaking.delete(remote);
      if (reason !== null) tls.failed(remote, reason);
    });
    shaking.set(remote, handshake);
    secure.emit("connection", socket);
  });
  return server;
}

/** Ends once: with success, or with the reason why there is none. */
class Handshake {
  readonly #socket: Socket;
  readonly #ended: (reason: string | null) => void;
  #isOver = false;

  constructor(socket: Socket, ended: (reason: string | null) => void) {
    this.#socket = socket;
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
function refusal({ clientAuth }: TlsIdentity, socket: TLSSocket): string | null {
  if (clientAuth === "none" || socket.authorized) return null;
  if (socket.getPeerX509Certificate() !== undefined)
    return `its certificate is refused: ${String(socket.authorizationError)}`;
  return clientAuth === "need" ? "it has no certificate" : null;
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
