import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { connect as connectTls } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Env } from "../env.ts";
import { TestCertificate } from "../testing/certificates.ts";
import { LinkedServers, Relay } from "../testing/linked-servers.ts";
import { RawClient } from "../testing/raw-client.ts";
import { create, getData, sync } from "../testing/requests.ts";
import type { RunningServer } from "../testing/running-servers.ts";
import { freshAddress, Stranger, tell } from "../testing/stranger.ts";
import { CERTIFICATE_LOOK_MS } from "./certificate-watch.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
const authority = new TestCertificate({ subject: [["CN", "ensemble"]] });
const otherAuthority = new TestCertificate({ subject: [["CN", "everybody's"]] });
const of = (id: number, issuer = authority): TestCertificate =>
  new TestCertificate({ subject: [["CN", `server-${id}`]], issuer, hosts: ["127.0.0.1"] });
const ofStranger = of(3, otherAuthority);
const expired = new TestCertificate({
  subject: [["CN", "server-3"]],
  issuer: authority,
  hosts: ["127.0.0.1"],
  fromMs: 2 * DAY_MS,
  untilMs: -DAY_MS,
});
const ofAnotherHost = new TestCertificate({
  subject: [["CN", "server-1"]],
  issuer: authority,
  hosts: ["10.1.2.3", "elsewhere.example"],
});

let linked: LinkedServers;
let client: RawClient | undefined;

beforeEach(async () => {
  linked = await LinkedServers.of({ sslQuorum: "true", sslQuorumReloadCertFiles: "true" });
  linked.write("trust.pem", authority.certificatePem);
});
afterEach(() => {
  client?.destroy();
  client = undefined;
  linked.stop();
});

function start(
  id: number,
  certificate: TestCertificate,
  keys: Record<string, string> = {},
  wrap?: (env: Env) => Env,
): Promise<RunningServer> {
  const own = {
    "ssl.quorum.keyStore.location": linked.write(`${id}.pem`, certificate.pem),
    "ssl.quorum.trustStore.location": `${linked.directory}/trust.pem`,
  };
  return linked.start(id, { ...own, ...keys }, wrap);
}

/** Servers 1 and 2, which serve; whoever comes later does not lead. */
async function startTwo(keys: Record<string, string> = {}): Promise<RunningServer> {
  const [one, two] = [await start(1, of(1), keys), await start(2, of(2), keys)];
  await Promise.all([one, two].map(({ log }) => log.waitFor("serving as")));
  ({ client } = await RawClient.open(one.port));
  return one;
}

async function expectServing(): Promise<void> {
  expect((await client?.call(create(`/at-${Math.random()}`)))?.err).toBe(0);
  expect((await client?.call(sync("/")))?.err).toBe(0);
}

function showing(certificate: TestCertificate | null, maxVersion: "TLSv1.2" | "TLSv1.3") {
  return {
    host: "127.0.0.1",
    port: linked.ports[0] as number,
    localAddress: freshAddress(),
    rejectUnauthorized: false,
    maxVersion,
    ...(certificate && { key: certificate.keyPem, cert: certificate.certificatePem }),
  };
}

describe("links over TLS", () => {
  test("carry what servers say, and nobody on the way can read it", async () => {
    const one = await startTwo();
    const relay = await Relay.to(linked.ports[0] as number);
    const three = await start(3, of(3), { "link.via.1": `127.0.0.1:${relay.port}` });
    await three.log.waitFor("serving as");
    expect((await client?.call(create("/told", "what is nobody's business")))?.err).toBe(0);
    const atThree = await RawClient.open(three.port);
    await atThree.client.call(sync("/"));
    expect((await atThree.client.call(getData("/told"))).err).toBe(0);
    const all = relay.recordings.flatMap(({ ofDialler, ofListener }) =>
      ofDialler.concat(ofListener),
    );
    const said = Buffer.concat(all);
    expect(said.length).toBeGreaterThan(500);
    expect(said.includes("QLAB")).toBe(false);
    expect(said.includes("what is nobody's business")).toBe(false);
    expect(one.log.complaints()).toEqual([]);
    atThree.client.destroy();
    relay.stop();
  });

  test("take the secret as well, which then goes through TLS", async () => {
    const secretFile = linked.write("secret", "a secret of this ensemble");
    await startTwo({ "quorum.auth.secretFile": secretFile });
    const without = await start(3, of(3));
    await without.log.waitFor("did not take the link");
    expect(without.server.status().serving).toBe(false);
    without.stop();
    const three = await start(3, of(3), { "quorum.auth.secretFile": secretFile });
    await three.log.waitFor("serving as");
  });

  test("are refused to a server whose certificate is another authority's", async () => {
    const one = await startTwo();
    const three = await start(3, ofStranger);
    const line = await one.log.waitFor("refused a connection on the link port");
    expect(line.fields["reason"]).toMatch(/its certificate is refused: .*(ISSUER|VERIFY)/);
    expect(three.server.status().serving).toBe(false);
    await expectServing();
  });

  test("are not opened to a server whose certificate is another authority's", async () => {
    await start(1, of(1, otherAuthority));
    const three = await start(3, of(3));
    const line = await three.log.waitFor("server 1 did not take the link");
    expect(line.fields["reason"]).toMatch(/its certificate is refused: .*(ISSUER|VERIFY)/);
  });

  test("are not opened to a server whose certificate is for another host", async () => {
    await start(1, ofAnotherHost);
    const three = await start(3, of(3));
    const line = await three.log.waitFor("server 1 did not take the link");
    expect(line.fields["reason"]).toMatch(/certificate is for another host: .*127\.0\.0\.1/);
  });

  test("are not taken from a server that shows another server's certificate", async () => {
    const one = await startTwo();
    const three = await start(3, ofAnotherHost);
    const line = await one.log.waitFor("refused a connection on the link port");
    expect(line.fields["reason"]).toMatch(
      /server 3 shows a certificate that is not for 127\.0\.0\.1/,
    );
    expect(three.server.status().serving).toBe(false);
    await expectServing();
  });

  test("are taken from it with ssl.quorum.hostnameVerification=false", async () => {
    const one = await startTwo({ "ssl.quorum.hostnameVerification": "false" });
    const three = await start(3, ofAnotherHost);
    await three.log.waitFor("serving as");
    expect(one.log.complaints()).toEqual([]);
  });

  test("are opened to it with ssl.quorum.hostnameVerification=false", async () => {
    await start(1, ofAnotherHost);
    const three = await start(3, of(3), { "ssl.quorum.hostnameVerification": "false" });
    await three.log.waitFor("serving as");
    expect(three.log.complaints()).toEqual([]);
  });

  test("a server behind a proxy must have the certificate of its own host, not of the proxy's", async () => {
    const relay = await Relay.to(linked.ports[0] as number);
    await start(1, of(1));
    const three = await start(3, of(3), { "link.via.1": `localhost:${relay.port}` });
    await three.log.waitFor("serving as");
    expect(relay.recordings).toHaveLength(1);
    relay.stop();
  });
});

describe("strangers at a TLS link port are closed, with one line:", () => {
  test.each(["TLSv1.2", "TLSv1.3"] as const)("by their certificates (%s)", async (version) => {
    const one = await startTwo();
    for (const [certificate, reason] of [
      [null, /it has no certificate/],
      [ofStranger, /its certificate is refused/],
      [expired, /its certificate is refused: CERT_HAS_EXPIRED/],
    ] as const) {
      const before = one.log.lines.length;
      const stranger = new Stranger(connectTls(showing(certificate, version)));
      expect(await stranger.closed).toHaveLength(0);
      const line = await one.log.waitFor("refused a connection on the link port", before);
      expect(line.fields["reason"]).toMatch(reason);
    }
    await expectServing();
  });

  test("plain text, half a handshake, and silence", async () => {
    const one = await startTwo();
    const port = linked.ports[0] as number;
    const hello = Buffer.from("00000010514c4142000000020000000300000001", "hex");
    const address = freshAddress();
    for (const bytes of [hello, Buffer.from("ruok"), Buffer.from("GET / HTTP/1.1\r\n\r\n")])
      expect((await tell(port, bytes, address)).includes("QLAB")).toBe(false);
    const half = await Stranger.connect(port, address);
    half.socket.write(Buffer.from("16030100f1010000ed0303", "hex"));
    const silent = await Stranger.connect(port, address);
    await Promise.all([half.closed, silent.closed]);
    expect(one.log.complaints()).toHaveLength(1);
    await expectServing();
  });

  test("too many that say nothing, while a server comes in", async () => {
    const one = await startTwo();
    const port = linked.ports[0] as number;
    const address = freshAddress();
    const strangers = await Promise.all(
      Array.from({ length: 200 }, () => Stranger.connect(port, address)),
    );
    let closed = 0;
    await new Promise<void>((resolve) => {
      for (const stranger of strangers)
        void stranger.closed.then(() => void (++closed === 200 - 64 && resolve()));
    });
    const three = await start(3, of(3));
    await three.log.waitFor("serving as");
    expect(one.log.complaints()).toHaveLength(1);
    for (const stranger of strangers) stranger.destroy();
  });
});

describe("a PKCS#12 key store", () => {
  test("does not make its own authority one that vouches for servers", async () => {
    const store = linked.write("store.p12", "");
    const [key, chain] = [
      linked.write("key", ofStranger.keyPem),
      linked.write("chain", ofStranger.certificatePem + otherAuthority.certificatePem),
    ];
    const files = ["-inkey", key, "-in", chain, "-out", store];
    execFileSync("openssl", ["pkcs12", "-export", ...files, "-passout", "pass:secret"]);
    const one = await start(1, of(1), {
      "ssl.quorum.keyStore.location": store,
      "ssl.quorum.keyStore.password": "secret",
    });
    const stranger = new Stranger(connectTls(showing(ofStranger, "TLSv1.3")));
    expect(await stranger.closed).toHaveLength(0);
    const line = await one.log.waitFor("refused a connection on the link port");
    expect(line.fields["reason"]).toMatch(/authority that is not in the trust store/);
  });
});

describe("certificates that are replaced while servers run", () => {
  /** The look at the files now and then comes at once. */
  const looksOften = (env: Env): Env => ({
    ...env,
    timers: {
      ...env.timers,
      after: (ms, run) => env.timers.after(ms === CERTIFICATE_LOOK_MS ? 1 : ms, run),
    },
  });

  function shownBy(port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const options = { ...showing(of(3), "TLSv1.3"), port };
      const socket = connectTls(options, () => {
        resolve(socket.getPeerX509Certificate()?.subject ?? "none");
        socket.destroy();
      }).on("error", reject);
    });
  }

  test("are used for new links, a bad one is told and is not, and links that are up stay", async () => {
    const one = await start(1, of(1), {}, looksOften);
    const two = await start(2, of(2));
    await Promise.all([one, two].map(({ log }) => log.waitFor("serving as")));
    ({ client } = await RawClient.open(one.port));
    const port = linked.ports[0] as number;
    expect(await shownBy(port)).toBe("CN=server-1");
    linked.write("1.pem", of(10).pem);
    expect(await shownBy(port)).toBe("CN=server-10");
    const before = one.log.lines.length;
    linked.write("1.pem", "-----BEGIN CERTIFICATE-----\nno certificate");
    const line = await one.log.waitFor("cannot be used", before);
    expect(line.fields["reason"]).toMatch(/ssl\.quorum\.keyStore\.location: .*private key/);
    expect(await shownBy(port)).toBe("CN=server-10");
    rmSync(`${linked.directory}/1.pem`);
    const gone = await one.log.waitFor("cannot be used", one.log.lines.length);
    expect(gone.fields["reason"]).toMatch(/ENOENT/);
    expect(await shownBy(port)).toBe("CN=server-10");
    linked.write("1.pem", of(11).pem);
    expect(await shownBy(port)).toBe("CN=server-11");
    const three = await start(3, of(3));
    await three.log.waitFor("serving as");
    expect(one.server.stats.elections).toBe(1);
    await expectServing();
  });

  test("may lead to an authority that comes in, and no more to one that has left", async () => {
    const one = await startTwo();
    const three = await start(3, ofStranger);
    await one.log.waitFor("refused a connection on the link port");
    // For a while both are trusted; what server 3 trusts was read when it started.
    linked.write("trust.pem", authority.certificatePem + otherAuthority.certificatePem);
    await three.log.waitFor("serving as");
    three.stop();
    linked.write("trust.pem", authority.certificatePem);
    const before = one.log.lines.length;
    const again = new Stranger(connectTls(showing(ofStranger, "TLSv1.3")));
    expect(await again.closed).toHaveLength(0);
    await one.log.waitFor("refused a connection on the link port", before);
  });
});
