/**
 * Certificates for tests of TLS, made anew in each run: no key is ever stored.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";

/** Types and values, the first one first as it is in the certificate: `[["C", "DE"], ["CN", "x"]]`. */
export type Names = readonly (readonly [type: string, value: string | Buffer])[];

export interface CertificateOptions {
  readonly subject: Names;
  /** Who signs it; by default it signs itself, and may sign others. */
  readonly issuer?: TestCertificate;
  /** What hosts it is for, besides what the subject says: names, and IPv4 addresses. */
  readonly hosts?: readonly string[];
  /** How long before and after now it is valid. */
  readonly fromMs?: number;
  readonly untilMs?: number;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
const OIDS: Readonly<Record<string, readonly number[]>> = {
  CN: [0x55, 4, 3],
  C: [0x55, 4, 6],
  L: [0x55, 4, 7],
  ST: [0x55, 4, 8],
  O: [0x55, 4, 10],
  OU: [0x55, 4, 11],
  DC: [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25],
  email: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1],
};
const ECDSA_WITH_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const BASIC_CONSTRAINTS = [0x55, 0x1d, 19];
const SUBJECT_ALT_NAME = [0x55, 0x1d, 17];

export class TestCertificate {
  readonly der: Buffer;
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly #key: KeyObject;
  readonly #subject: Buffer;

  constructor(options: CertificateOptions) {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.#key = privateKey;
    this.#subject = sequence(...options.subject.map(nameOf));
    const { issuer = this, fromMs = DAY_MS, untilMs = DAY_MS } = options;
    const algorithm = sequence(der(6, Buffer.from(ECDSA_WITH_SHA256)));
    const isAuthority = options.issuer === undefined;
    const constraints = sequence(isAuthority ? der(1, Buffer.from([0xff])) : Buffer.alloc(0));
    const extensions = [
      sequence(der(6, Buffer.from(BASIC_CONSTRAINTS)), der(4, constraints)),
      ...hostsExtension(options.hosts ?? []),
    ];
    const toBeSigned = sequence(
      der(0xa0, der(2, Buffer.from([2]))),
      der(2, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
      algorithm,
      issuer.#subject,
      sequence(time(Date.now() - fromMs), time(Date.now() + untilMs)),
      this.#subject,
      publicKey.export({ type: "spki", format: "der" }),
      der(0xa3, sequence(...extensions)),
    );
    const signature = sign("sha256", toBeSigned, issuer.#key);
    this.der = sequence(
      toBeSigned,
      algorithm,
      der(3, Buffer.concat([Buffer.from([0]), signature])),
    );
    // Lines of 64 characters, the last one of at least one: OpenSSL takes no empty line.
    const base64 = this.der.toString("base64").replace(/.{64}(?!$)/g, "$&\n");
    this.certificatePem = `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
    this.keyPem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  }

  /** Private key and certificate, as a key store has them. */
  get pem(): string {
    return this.keyPem + this.certificatePem;
  }
}

function nameOf([type, value]: readonly [string, string | Buffer]): Buffer {
  const oid = OIDS[type];
  if (oid === undefined) throw new Error(`no such type of name: ${type}`);
  // A buffer is the value's whole element.
  const element = typeof value === "string" ? der(12, Buffer.from(value)) : value;
  return der(0x31, sequence(der(6, Buffer.from(oid)), element));
}

function hostsExtension(hosts: readonly string[]): Buffer[] {
  if (hosts.length === 0) return [];
  const names = hosts.map((host) =>
    isIPv4(host)
      ? der(0x87, Buffer.from(host.split(".").map(Number)))
      : der(0x82, Buffer.from(host)),
  );
  return [sequence(der(6, Buffer.from(SUBJECT_ALT_NAME)), der(4, sequence(...names)))];
}

/** YYMMDDHHMMSSZ, or with four digits of the year from 2050 on. */
function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, "");
  return text < "2050" ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text));
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

export function der(tag: number, value: Buffer): Buffer {
  const { length } = value;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), value]);
  const bytes = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...bytes]), value]);
}
