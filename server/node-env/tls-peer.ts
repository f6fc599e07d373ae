/**
 * TLS at either end: what OpenSSL is told, and who is trusted.
 */
import { constants, X509Certificate } from "node:crypto";
import type { SecureContextOptions, TLSSocket } from "node:tls";
import type { TlsIdentity } from "../env.ts";

/** What `tls.createSecureContext` needs; it throws if that makes no sense. */
export function secureContextOptions(identity: TlsIdentity): SecureContextOptions {
  const { key, keyPassword, trusted, ciphers } = identity;
  return {
    ...("pem" in key ? { key: key.pem, cert: key.pem } : { pfx: key.pkcs12 }),
    ...(keyPassword === null ? {} : { passphrase: keyPassword }),
    ...(trusted === null ? {} : { ca: trusted }),
    ...(ciphers === null ? {} : { ciphers: ciphers.join(":") }),
    minVersion: identity.minVersion,
    maxVersion: identity.maxVersion,
    // No resumption: every connection shows its certificate, which is judged as of now.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  };
}

/**
 * Why the certificate that the peer has shown does not make it trusted; null: it does, or it has shown
 * none (`getPeerX509Certificate` tells).
 */
export function certificateFault(identity: TlsIdentity, socket: TLSSocket): string | null {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return null;
  if (!socket.authorized) return String(socket.authorizationError);
  // OpenSSL also trusts the authorities that a PKCS#12 key store brings along with its own certificate.
  const isTrusted = !("pkcs12" in identity.key) || leadsTo(identity.trusted, certificate);
  return isTrusted ? null : "issued by an authority that is not in the trust store";
}

function leadsTo(trusted: Buffer | null, certificate: X509Certificate): boolean {
  const anchors = pemCertificates(trusted);
  const seen = new Set<string>();
  let link: X509Certificate | undefined = certificate;
  while (link !== undefined && !seen.has(link.fingerprint256)) {
    const each: X509Certificate = link;
    seen.add(each.fingerprint256);
    const isAnchored = anchors.some(
      (anchor) =>
        anchor.fingerprint256 === each.fingerprint256 ||
        (each.checkIssued(anchor) && each.verify(anchor.publicKey)),
    );
    if (isAnchored) return true;
    link = each.issuerCertificate;
  }
  return false;
}

function pemCertificates(pem: Buffer | null): X509Certificate[] {
  const blocks = pem
    ?.toString("latin1")
    .match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  return (blocks ?? []).map((block) => new X509Certificate(block));
}
