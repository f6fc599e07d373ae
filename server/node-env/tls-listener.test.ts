import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterEach, expect, test } from "vitest";
import type { Connection, ListenTls, NetAddress, TlsIdentity, TlsIdentitySource } from "../env.ts";
import { TestCertificate } from "../testing/certificates.ts";
import { createLog } from "./node-log.ts";
import { NodeNet } from "./node-net.ts";

const net = new NodeNet(createLog({ level: "silent", name: "test" }));
const authority = new TestCertificate({ subject: [["CN", "authority"]] });
const ofServer = new TestCertificate({ subject: [["CN", "server"]], issuer: authority });
const ofClient = new TestCertificate({ subject: [["CN", "client"]], issuer: authority });
const IDENTITY: TlsIdentity = {
  key: { pem: Buffer.from(ofServer.pem) },
  keyPassword: null,
  trusted: Buffer.from(authority.certificatePem),
  clientAuth: "need",
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.3",
  ciphers: null,
};

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** What a listener did, in order: `admit`, `accept`, `failed: reason`. */
interface Listening {
  readonly address: NetAddress;
  readonly deeds: string[];
  readonly accepted: Promise<Connection>;
  readonly failed: Promise<string>;
}

function fixed(identity: TlsIdentity): TlsIdentitySource {
  return { latest: () => identity };
}

function listen(options: Partial<ListenTls> = {}): Promise<Listening> {
  const deeds: string[] = [];
  const accepted = Promise.withResolvers<Connection>();
  const failed = Promise.withResolvers<string>();
  const tls: ListenTls = {
    identity: fixed(IDENTITY),
    handshakeMs: 5_000,
    admit: () => deeds.push("admit") > 0,
    failed: (_remote, reason) => {
      deeds.push("failed");
      failed.resolve(reason);
    },
    ...options,
  };
  return new Promise((resolve, reject) => {
    const accept = (connection: Connection): void => {
      deeds.push("accept");
      cleanups.push(() => connection.destroy());
      accepted.resolve(connection);
    };
    net.listen(
      { host: "127.0.0.1", port: 0 },
      accept,
      (result) => {
        if (result instanceof Error) {
          reject(result);
          return;
        }
        cleanups.push(() => result.close());
        const { address } = result;
        resolve({ address, deeds, accepted: accepted.promise, failed: failed.promise });
      },
      tls,
    );
  });
}

function dial(
  { address }: Listening,
  certificate: TestCertificate | null,
  version?: "TLSv1.2",
): Socket {
  const socket = connectTls({
    ...address,
    ...(certificate && { key: certificate.keyPem, cert: certificate.certificatePem }),
    ...(version && { maxVersion: version }),
    ca: authority.certificatePem,
    checkServerIdentity: () => undefined,
  });
  socket.on("error", () => undefined);
  cleanups.push(() => socket.destroy());
  return socket;
}

test.each([undefined, "TLSv1.2"] as const)(
  "a connection carries bytes both ways and knows its peer's subject (%s)",
  async (version) => {
    const listening = await listen();
    const socket = dial(listening, ofClient, version);
    const connection = await listening.accepted;
    expect(connection.peerSubject).toBe("CN=client");
    expect(connection.remote).toBe(`127.0.0.1:${socket.localPort}`);
    connection.handle({
      data: (chunk) => void connection.write(Buffer.concat([Buffer.from("echo "), chunk])),
      drain: () => undefined,
      closed: () => undefined,
    });
    socket.write("hello");
    const answer = await new Promise<Buffer>((resolve) =>
      socket.once("data", (chunk: Buffer) => resolve(chunk)),
    );
    expect(answer.toString()).toBe("echo hello");
    expect(listening.deeds).toEqual(["admit", "accept"]);
  },
);

test("a peer that says nothing fails when the time for the handshake is over", async () => {
  const listening = await listen({ handshakeMs: 30 });
  const socket = connectTcp(listening.address);
  const closed = new Promise((resolve) => socket.resume().once("close", resolve));
  expect(await listening.failed).toMatch(/timeout/);
  await closed;
  expect(listening.deeds).toEqual(["admit", "failed"]);
});

test("a peer that is not admitted is closed at once, and nothing is said of it", async () => {
  const listening = await listen({ admit: () => false });
  const socket = dial(listening, ofClient);
  await new Promise((resolve) => socket.once("close", resolve));
  expect(listening.deeds).toEqual([]);
});

test.each([
  ["needs a certificate", "need", null, "it has no certificate"],
  ["is shown one that nobody vouches for", "need", "alien", /refused: .*(ISSUER|SELF_SIGNED)/],
  ["is shown a bad one although it needs none", "want", "alien", /refused/],
] as const)(
  "a listener that %s fails the handshake, once",
  async (_name, clientAuth, who, reason) => {
    const listening = await listen({ identity: fixed({ ...IDENTITY, clientAuth }) });
    const alien = who && new TestCertificate({ subject: [["CN", "client"]] });
    const socket = dial(listening, alien);
    const closed = new Promise((resolve) => socket.resume().once("close", resolve));
    expect(await listening.failed).toMatch(reason);
    await closed;
    expect(listening.deeds).toEqual(["admit", "failed"]);
  },
);

test.each(["want", "none"] as const)(
  "with clientAuth %s a peer without a certificate comes in, and has no subject",
  async (clientAuth) => {
    const listening = await listen({ identity: fixed({ ...IDENTITY, clientAuth }) });
    dial(listening, null);
    expect((await listening.accepted).peerSubject).toBeNull();
  },
);

test("with clientAuth none a certificate is not asked for, and counts for nothing", async () => {
  const listening = await listen({ identity: fixed({ ...IDENTITY, clientAuth: "none" }) });
  dial(listening, ofClient);
  expect((await listening.accepted).peerSubject).toBeNull();
});
