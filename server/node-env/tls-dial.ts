/**
 * The dialling end of TLS, over a TCP connection that is open.
 */
import { isIP, type Socket } from "node:net";
import { checkServerIdentity, connect, type TLSSocket } from "node:tls";
import type { ConnectTls, Log, TlsIdentity } from "../env.ts";
import { certificateFault, secureContextOptions } from "./tls-peer.ts";

/** `done` gets the connection when who answers is trusted, or the reason; it may be called again. */
export function dialTls(
  tcp: Socket,
  { identity: source, expectedHost }: ConnectTls,
  log: Log,
  done: (result: TLSSocket | string) => void,
): void {
  const identity = source.latest(log);
  const socket = connect({
    socket: tcp,
    ...secureContextOptions(identity),
    ...(expectedHost === null || isIP(expectedHost) > 0 ? {} : { servername: expectedHost }),
    // Both are judged below, where the reason can be told.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  socket.on("error", (error) => done(error.message));
  socket.once("close", () => done("closed before the handshake was over"));
  socket.once("secureConnect", () => {
    const fault = peerFault(identity, expectedHost, socket);
    if (fault === null) done(socket);
    else {
      done(fault);
      socket.destroy();
    }
  });
}

function peerFault(
  identity: TlsIdentity,
  expectedHost: string | null,
  socket: TLSSocket,
): string | null {
  const fault = certificateFault(identity, socket);
  if (fault !== null) return `its certificate is refused: ${fault}`;
  if (expectedHost === null) return null;
  const mismatch = checkServerIdentity(expectedHost, socket.getPeerCertificate());
  return mismatch === undefined ? null : `its certificate is for another host: ${mismatch.message}`;
}
