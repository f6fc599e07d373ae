import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigError } from "../config.ts";
import type { ServerConfig } from "../config.ts";
import { CapturedLog } from "../testing/captured-log.ts";
import { TestCertificate } from "../testing/certificates.ts";
import { parseZooCfg } from "../zoo-cfg.ts";

const certificate = new TestCertificate({ subject: [["CN", "server"]] });
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "quorum-lab-test-"));
  const files = {
    "key.pem": certificate.pem,
    "only-certificate.pem": certificate.certificatePem,
    "trust.pem": certificate.certificatePem,
    "nonsense.pem": "nonsense",
    "store.jks": "\xfe\xed\xfe\xed",
    password: "secret\n",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** `@name` in a value is the path of that file. */
function parse(settings: Record<string, string>): ServerConfig {
  const lines = Object.entries({ dataDir: "/data", ...settings }).map(
    ([key, value]) => `${key}=${value.replace("@", `${directory}/`)}`,
  );
  return parseZooCfg(lines.join("\n"), "zoo.cfg", () => null);
}

function problems(settings: Record<string, string>): readonly string[] {
  try {
    parse(settings);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const SECURE = {
  secureClientPort: "2281",
  "ssl.keyStore.location": "@key.pem",
  "ssl.trustStore.location": "@trust.pem",
};

describe("a TLS port", () => {
  test("alone needs no plain one, asks for certificates, and speaks TLS 1.2 and 1.3", () => {
    const { clientAddress, secureClient } = parse(SECURE);
    expect(clientAddress).toBeNull();
    expect(secureClient?.address).toEqual({ host: "0.0.0.0", port: 2281 });
    expect(secureClient?.tls.latest(new CapturedLog())).toMatchObject({
      key: { pem: Buffer.from(certificate.pem) },
      keyPassword: null,
      clientAuth: "need",
      minVersion: "TLSv1.2",
      maxVersion: "TLSv1.3",
      ciphers: null,
    });
  });

  test("beside a plain one, with every key of its own", () => {
    const { clientAddress, secureClient, x509SuperUser } = parse({
      ...SECURE,
      clientPort: "2181",
      secureClientPortAddress: "127.0.0.1",
      "zookeeper.ssl.clientAuth": "want",
      "ssl.keyStore.passwordPath": "@password",
      "ssl.enabledProtocols": "TLSv1.3",
      "ssl.ciphersuites": "TLS_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256",
      "zookeeper.X509AuthenticationProvider.superUser": "CN=root,O=Lab",
    });
    expect(clientAddress?.port).toBe(2181);
    expect(secureClient?.address.host).toBe("127.0.0.1");
    expect(secureClient?.tls.latest(new CapturedLog())).toMatchObject({
      keyPassword: "secret",
      clientAuth: "want",
      minVersion: "TLSv1.3",
      ciphers: ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"],
    });
    expect(x509SuperUser).toBe("CN=root,O=Lab");
  });

  test("without certificates of clients needs no trust store", () => {
    const { "ssl.trustStore.location": _none, ...rest } = SECURE;
    expect(
      parse({ ...rest, "ssl.clientAuth": "none" }).secureClient?.tls.latest(new CapturedLog())
        .trusted,
    ).toBeNull();
    expect(problems(rest)).toEqual([expect.stringMatching(/ssl\.trustStore\.location: not set/)]);
  });

  test("passes what ZooKeeper's own configurations for TLS say besides", () => {
    expect(
      problems({
        ...SECURE,
        serverCnxnFactory: "org.apache.zookeeper.server.NettyServerCnxnFactory",
        "authProvider.x509": "org.apache.zookeeper.server.auth.X509AuthenticationProvider",
        "ssl.trustStore.password": "whatever",
      }),
    ).toEqual([]);
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ["a key store that is missing", { "ssl.keyStore.location": "@none.pem" }, /keyStore.*ENOENT/],
    ["a JKS key store", { "ssl.keyStore.location": "@store.jks" }, /keytool -importkeystore/],
    ["a JKS trust store", { "ssl.trustStore.location": "@store.jks" }, /keytool -list -rfc/],
    [
      "a certificate without its key",
      { "ssl.keyStore.location": "@only-certificate.pem" },
      /private key/,
    ],
    ["a key store of nonsense", { "ssl.keyStore.location": "@nonsense.pem" }, /private key/],
    [
      "a trust store of nonsense",
      { "ssl.trustStore.location": "@nonsense.pem" },
      /at least one cert/,
    ],
    ["another clientAuth", { "ssl.clientAuth": "maybe" }, /clientAuth.*need or want or none/],
    ["an old protocol", { "ssl.enabledProtocols": "TLSv1.1,TLSv1.2" }, /TLSv1\.2, TLSv1\.3/],
    ["unknown ciphers", { "ssl.ciphersuites": "ROT13" }, /ciphersuites.*OpenSSL/],
    ["a key that is not supported", { "ssl.crl": "true" }, /ssl\.crl/],
    ["an unknown key of the family", { "ssl.keyStore.colour": "red" }, /ssl\.keyStore\.colour/],
  ])("is refused with %s", (_name, changes, message) => {
    const found = problems({ ...SECURE, ...changes });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });
});

test("keys of TLS without a TLS port are refused, each by its name", () => {
  const { secureClientPort: _none, ...rest } = SECURE;
  const found = problems({ ...rest, clientPort: "2181", secureClientPortAddress: "::1" });
  expect(found).toHaveLength(3);
  for (const problem of found) expect(problem).toMatch(/expected secureClientPort to be set too/);
});

test("no port at all is refused", () => {
  expect(problems({})).toEqual([expect.stringMatching(/clientPort: missing/)]);
});

test("read-only mode and the limit of all connections are off unless they are set", () => {
  expect(parse({ clientPort: "0" })).toMatchObject({
    readOnlyModeEnabled: false,
    maxConnections: 0,
    secureClient: null,
  });
  const set = { clientPort: "0", "readonlymode.enabled": "true", maxCnxns: "500" };
  expect(parse(set)).toMatchObject({ readOnlyModeEnabled: true, maxConnections: 500 });
});

test("sessions that are known to one server alone are refused", () => {
  const found = problems({ clientPort: "0", localSessionsEnabled: "true" });
  expect(found).toEqual([expect.stringMatching(/localSessionsEnabled/)]);
});
