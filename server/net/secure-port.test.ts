import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { TestCertificate } from "../testing/certificates.ts";
import { connectFrame, RawClient } from "../testing/raw-client.ts";
import { create, exists, getData } from "../testing/requests.ts";
import { freePorts, type RunningServer, startServer } from "../testing/running-servers.ts";
import { decodeClientInfos } from "../wire/replies.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
const authority = new TestCertificate({ subject: [["CN", "lab authority"]] });
const stranger = new TestCertificate({ subject: [["CN", "another authority"]] });
const ofServer = new TestCertificate({ subject: [["CN", "127.0.0.1"]], issuer: authority });
const ofClient = new TestCertificate({
  subject: [
    ["O", "Lab"],
    ["CN", "client"],
  ],
  issuer: authority,
});
const ofSuper = new TestCertificate({ subject: [["CN", "root"]], issuer: authority });
const expired = new TestCertificate({
  subject: [["CN", "client"]],
  issuer: authority,
  fromMs: 2 * DAY_MS,
  untilMs: -DAY_MS,
});
const untrusted = new TestCertificate({ subject: [["CN", "client"]], issuer: stranger });

let directory: string;
let running: RunningServer;
let securePort: number;
let witness: RawClient;
let linesBefore: number;

function write(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

async function start(id: string, config: Record<string, string>): Promise<[RunningServer, number]> {
  const [port = 0] = await freePorts(1);
  const server = await startServer(1, join(directory, id), {
    tickTime: "1000",
    maxClientCnxns: "0",
    secureClientPort: `${port}`,
    secureClientPortAddress: "127.0.0.1",
    "ssl.keyStore.location": join(directory, "server.pem"),
    "ssl.trustStore.location": join(directory, "trust.pem"),
    "X509AuthenticationProvider.superUser": "CN=root",
    ...config,
  });
  await server.log.waitFor("serving as");
  return [server, port];
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "quorum-lab-test-"));
  write("server.pem", ofServer.pem + authority.certificatePem);
  write("trust.pem", authority.certificatePem);
  [running, securePort] = await start("need", { maxClientCnxns: "40" });
  witness = (await RawClient.open(running.port)).client;
});
afterAll(() => {
  running.stop();
  rmSync(directory, { recursive: true, force: true });
});
beforeEach(() => (linesBefore = running.log.lines.length));

function showing(certificate: TestCertificate | null): ConnectionOptions {
  const own = certificate && { key: certificate.keyPem, cert: certificate.certificatePem };
  return { ...own, ca: authority.certificatePem, checkServerIdentity: () => undefined };
}

async function open(certificate: TestCertificate | null, port = securePort): Promise<RawClient> {
  const client = await RawClient.secure(port, showing(certificate));
  expect((await client.handshake()).timeOut).toBeGreaterThan(0);
  return client;
}

const X509_ACL = [{ perms: 31, scheme: "x509", id: "CN=client,O=Lab" }];

describe("a client with a certificate that is trusted", () => {
  test("has its subject as an identity, which ACLs can name", async () => {
    const client = await open(ofClient);
    const made = await client.call({ ...create("/mine", "secret"), acl: X509_ACL } as never);
    expect(made.err).toBe(0);
    expect((await client.call(getData("/mine"))).err).toBe(0);
    expect((await witness.call(getData("/mine"))).err).toBe(-102);
    const users = decodeClientInfos((await client.call({ type: "whoAmI" })).body);
    expect(users).toContainEqual({ authScheme: "x509", user: "CN=client,O=Lab" });
    client.destroy();
  });

  test("may do everything if it is the super user's", async () => {
    const owner = await open(ofClient);
    await owner.call({ ...create("/owned"), acl: X509_ACL } as never);
    const client = await open(ofSuper);
    expect((await client.call(getData("/owned"))).err).toBe(0);
    client.destroy();
    owner.destroy();
  });

  test("takes its session from one port to the other", async () => {
    const client = await RawClient.secure(securePort, showing(ofClient));
    const { sessionId, passwd } = await client.handshake();
    const plain = await RawClient.open(running.port, { sessionId, passwd });
    expect(plain.response.sessionId).toBe(sessionId);
    await client.closed;
    const back = await RawClient.secure(securePort, showing(ofClient));
    expect((await back.handshake({ sessionId, passwd })).sessionId).toBe(sessionId);
    await plain.client.closed;
    back.destroy();
  });

  test("gets big answers whole", async () => {
    const client = await open(ofClient);
    await client.call(create("/big", Buffer.alloc(900_000, 7)));
    for (let i = 0; i < 5; i++) client.request(getData("/big"));
    for (let i = 0; i < 5; i++) expect((await client.reply()).body.remaining).toBeGreaterThan(9e5);
    client.destroy();
  });
});

describe("closed, with one line for an address in a while, and nobody is disturbed:", () => {
  test.each([
    ["no certificate", null],
    ["an expired certificate", expired],
    ["a certificate of another authority", untrusted],
  ])("%s", async (_name, certificate) => {
    const [port, log] = await refusing();
    for (let i = 0; i < 5; i++) {
      const client = await RawClient.secure(port, showing(certificate));
      client.send(connectFrame());
      expect(await client.frameOrEnd()).toBeNull();
    }
    expect(log()).toHaveLength(1);
    await expectUndisturbed();
  });

  test("plain text on the TLS port", async () => {
    const [port, log] = await refusing();
    for (const bytes of [
      connectFrame(),
      Buffer.from("srvr\r\n"),
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    ]) {
      const client = await RawClient.connect(port);
      client.send(bytes);
      await client.closed;
    }
    expect(log()).toHaveLength(1);
    await expectUndisturbed();
  });

  test("a handshake that is broken off", async () => {
    const [port, log] = await refusing();
    const socket = connect({ host: "127.0.0.1", port });
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.write(Buffer.from("16030100f1010000ed0303", "hex"));
    socket.end();
    await new Promise((resolve) => socket.resume().once("close", resolve));
    expect(log()).toHaveLength(1);
    await expectUndisturbed();
  });

  test("TLS on the plain port", async () => {
    await expect(RawClient.secure(running.port, showing(ofClient))).rejects.toThrow(/./);
    expect(running.log.complaints(linesBefore)).toHaveLength(1);
    await expectUndisturbed();
  });
});

test("handshakes under way count for maxClientCnxns, and are closed beyond it", async () => {
  const rejectedBefore = running.server.stats.connectionsRejected;
  const silent = await Promise.all(Array.from({ length: 60 }, () => RawClient.connect(securePort)));
  // Nobody of these has said anything: the limit closes the last ones.
  const { stats } = running.server;
  while (stats.connectionsRejected - rejectedBefore < 20) await new Promise(setImmediate);
  for (const client of silent) client.destroy();
  await Promise.all(silent.map(({ closed }) => closed));
  expect(stats.connectionsRejected - rejectedBefore).toBeLessThanOrEqual(silent.length);
  await expectUndisturbed();
  (await open(ofClient)).destroy();
});

test("with ssl.clientAuth=want a client without a certificate is served, and is nobody", async () => {
  const [server, port] = await start("want", { "ssl.clientAuth": "want" });
  try {
    const anonymous = await open(null, port);
    const users = decodeClientInfos((await anonymous.call({ type: "whoAmI" })).body);
    expect(users.map(({ authScheme }) => authScheme)).toEqual(["ip"]);
    const known = await open(ofClient, port);
    expect(decodeClientInfos((await known.call({ type: "whoAmI" })).body)).toHaveLength(2);
    const client = await RawClient.secure(port, showing(untrusted));
    expect(await client.frameOrEnd()).toBeNull();
  } finally {
    server.stop();
  }
});

describe("certificates that are replaced while the server runs", () => {
  const newAuthority = new TestCertificate({ subject: [["CN", "new authority"]] });
  const ofNewServer = new TestCertificate({ subject: [["CN", "renewed"]], issuer: newAuthority });
  const ofNewClient = new TestCertificate({ subject: [["CN", "client"]], issuer: newAuthority });

  function keys(): Record<string, string> {
    return {
      "ssl.keyStore.location": write("renewed.pem", ofServer.pem),
      "ssl.trustStore.location": write("renewed-trust.pem", authority.certificatePem),
    };
  }
  function renew(): void {
    write("renewed.pem", ofNewServer.pem);
    write("renewed-trust.pem", authority.certificatePem + newAuthority.certificatePem);
  }
  const trustingAll = (certificate: TestCertificate): ConnectionOptions => ({
    ...showing(certificate),
    rejectUnauthorized: false,
  });
  const shownBy = ({ socket }: RawClient): string | undefined =>
    (socket as TLSSocket).getPeerX509Certificate()?.subject;

  test("with client.certReload they count for the next client, and the old ones stay", async () => {
    const [server, port] = await start("renewed", { ...keys(), "client.certReload": "true" });
    servers.push(server);
    const before = await RawClient.secure(port, trustingAll(ofClient));
    expect(shownBy(before)).toBe("CN=127.0.0.1");
    expect((await before.handshake({ timeOut: 20_000 })).timeOut).toBeGreaterThan(0);
    renew();
    const after = await RawClient.secure(port, trustingAll(ofNewClient));
    expect(shownBy(after)).toBe("CN=renewed");
    expect((await after.handshake()).timeOut).toBeGreaterThan(0);
    expect((await before.call(exists("/"))).err).toBe(0);
    write("renewed.pem", "what an editor has half written");
    const still = await RawClient.secure(port, trustingAll(ofNewClient));
    expect(shownBy(still)).toBe("CN=renewed");
    const complaints = server.log.complaints();
    expect(complaints).toHaveLength(1);
    expect(complaints[0]?.fields["reason"]).toMatch(/ssl\.keyStore\.location: .*private key/);
    for (const client of [before, after, still]) client.destroy();
  });

  test("without it they are those of the start", async () => {
    const [server, port] = await start("not-renewed", keys());
    servers.push(server);
    renew();
    const client = await RawClient.secure(port, trustingAll(ofClient));
    expect(shownBy(client)).toBe("CN=127.0.0.1");
    client.destroy();
  });
});

/** A server whose address was not complained about yet, and what it says from now on. */
async function refusing(): Promise<[number, () => unknown[]]> {
  const [server, port] = await start(`refusing-${servers.length}`, {});
  servers.push(server);
  const before = server.log.lines.length;
  return [port, () => server.log.complaints(before)];
}
const servers: RunningServer[] = [];
afterAll(() => {
  for (const server of servers) server.stop();
});

async function expectUndisturbed(): Promise<void> {
  expect((await witness.call(exists("/"))).err).toBe(0);
  for (const server of [running, ...servers]) expect(server.fatal()).toBeNull();
}
