import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigError, type ServerConfig } from "../config.ts";
import { CapturedLog } from "../testing/captured-log.ts";
import { TestCertificate } from "../testing/certificates.ts";
import { parseZooCfg } from "../zoo-cfg.ts";

const certificate = new TestCertificate({ subject: [["CN", "server"]] });
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "quorum-lab-test-"));
  const files: [name: string, content: string | Buffer, mode: number][] = [
    ["secret", "0123456789abcdef\r\n", 0o600],
    ["read-only", "0123456789abcdef", 0o400],
    ["group", "0123456789abcdef", 0o640],
    ["world", "0123456789abcdef", 0o604],
    ["short", "0123456789abcde\n\n", 0o600],
    ["long", Buffer.alloc(4_097, 1), 0o600],
    ["longest", Buffer.alloc(4_096, 1), 0o600],
    ["key.pem", certificate.pem, 0o600],
    ["trust.pem", certificate.certificatePem, 0o600],
  ];
  for (const [name, content, mode] of files) {
    writeFileSync(join(directory, name), content);
    chmodSync(join(directory, name), mode);
  }
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const ENSEMBLE = {
  dataDir: "/d",
  clientPort: "2181",
  myid: "1",
  "server.1": "127.0.0.1:2888",
  "server.2": "localhost:2889",
  "server.3": "[::1]:2890",
};

/** `@name` in a value is the path of that file. */
function parse(settings: Record<string, string>): ServerConfig {
  const lines = Object.entries({ ...ENSEMBLE, ...settings }).map(
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

describe("quorum.auth.secretFile", () => {
  test.each([
    ["@secret", "0123456789abcdef"],
    ["@read-only", "0123456789abcdef"],
    ["@longest", Buffer.alloc(4_096, 1)],
  ])("is what %s holds, without line ends behind it", (path, expected) => {
    const { secret, tls } = parse({ "quorum.auth.secretFile": path }).linkSecurity;
    expect(secret).toEqual(Buffer.from(expected));
    expect(tls).toBeNull();
  });

  test.each([
    ["@group", /only its owner can read \(its mode is 640: chmod 600 /],
    ["@world", /only its owner can read \(its mode is 604: chmod 600 /],
    ["@short", /at least 16 bytes in it, there are 15 \(openssl rand/],
    ["@long", /at most 4096 bytes/],
    ["@missing", /a file that can be read \(ENOENT/],
    [".", /a file that can be read \(EISDIR/],
    ["", /a value/],
  ])("%s is refused, with what to do", (path, expected) => {
    const found = problems({ "quorum.auth.secretFile": path });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^zoo\.cfg:7: quorum\.auth\.secretFile: found/);
    expect(found[0]).toMatch(expected);
  });
});

const TLS = {
  sslQuorum: "true",
  "ssl.quorum.keyStore.location": "@key.pem",
  "ssl.quorum.trustStore.location": "@trust.pem",
};

describe("sslQuorum", () => {
  test("needs certificates on both sides, of the host that is dialled", () => {
    const { tls } = parse(TLS).linkSecurity;
    expect(tls?.verifiesHost).toBe(true);
    expect(tls?.identity.latest(new CapturedLog())).toMatchObject({
      key: { pem: Buffer.from(certificate.pem) },
      trusted: Buffer.from(certificate.certificatePem),
      clientAuth: "need",
      minVersion: "TLSv1.2",
      maxVersion: "TLSv1.3",
    });
  });

  test("has keys of its own, under ZooKeeper's names", () => {
    const { tls } = parse({
      ...TLS,
      "zookeeper.ssl.quorum.enabledProtocols": "TLSv1.3",
      "ssl.quorum.ciphersuites": "TLS_AES_128_GCM_SHA256",
      "ssl.quorum.hostnameVerification": "false",
      "ssl.quorum.clientAuth": "need",
      "ssl.quorum.trustStore.password": "ignored",
    }).linkSecurity;
    expect(tls?.verifiesHost).toBe(false);
    expect(tls?.identity.latest(new CapturedLog())).toMatchObject({
      minVersion: "TLSv1.3",
      ciphers: ["TLS_AES_128_GCM_SHA256"],
    });
  });

  test.each([
    ["sslQuorum", { sslQuorum: "perhaps" }, /true or false/],
    ["ssl.quorum.keyStore.location", { sslQuorum: "true" }, /not set, expected a PEM file/],
    ["ssl.quorum.trustStore.location", { sslQuorum: "true" }, /that servers' must lead to$/],
    ["ssl.quorum.keyStore.location", { ...TLS, sslQuorum: "false" }, /sslQuorum=true to be set/],
    ["sslQuorumReloadCertFiles", { sslQuorumReloadCertFiles: "true" }, /sslQuorum=true to be set/],
    ["ssl.quorum.clientAuth", { ...TLS, "ssl.quorum.clientAuth": "want" }, /not supported.*need/],
    ["ssl.quorum.crl", { ...TLS, "ssl.quorum.crl": "true" }, /not supported.*false/],
    [
      "ssl.quorum.keyStore.location",
      { ...TLS, "ssl.quorum.keyStore.location": "@trust.pem" },
      /a private key with its certificate/,
    ],
  ] as [string, Record<string, string>, RegExp][])(
    "%s is refused where it makes no sense",
    (key, settings, expected) => {
      const found = problems(settings).filter((line) => line.includes(` ${key}: `));
      expect(found.join("\n")).toMatch(expected);
    },
  );

  test("the keys of the client port are not those of the links", () => {
    expect(problems({ ...TLS, "client.certReload": "true" })).toEqual([
      expect.stringContaining('client.certReload: found "true", expected secureClientPort'),
    ]);
  });
});

describe("links that ask nobody for anything", () => {
  test("are warned of when one of their addresses is not on loopback", () => {
    for (const settings of [{ "server.2": "10.0.0.2:2888" }, { "link.listen": "0.0.0.0:2888" }])
      expect(parse(settings as Record<string, string>).warnings).toEqual([
        expect.stringMatching(/links between servers are not authenticated, and (10|0)\..*:2888/),
      ]);
  });

  test.each([
    ["on loopback", {}],
    ["with a secret", { "server.2": "10.0.0.2:2888", "quorum.auth.secretFile": "@secret" }],
    ["with certificates", { "server.2": "10.0.0.2:2888", ...TLS }],
  ])("are not warned of %s", (_name, settings: Record<string, string>) => {
    expect(parse(settings).warnings).toEqual([]);
  });
});
