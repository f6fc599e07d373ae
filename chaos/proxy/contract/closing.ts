import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { parseHostPort } from "../host-port.ts";
import type { Implementation } from "./fixture.ts";
import { useFixture } from "./fixture.ts";
import { Upstream } from "./endpoint.ts";

export function closingContract(implementation: Implementation): void {
  describe("opening and closing", () => {
    const fixture = useFixture(implementation);

    const refusal = async (listen: string): Promise<string | undefined> => {
      const socket = connect(parseHostPort(listen));
      const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
      return error.code;
    };
    const update = (name: string, change: object): Promise<unknown> =>
      fixture.api.api.post(`${fixture.url}/proxies/${name}`, change);

    test("data passes unchanged both ways, more of it than all the buffers hold", async () => {
      const { client, server } = await fixture.connect(await fixture.makeProxy());
      const data = Buffer.alloc(24 * 1024 * 1024);
      for (let i = 0; i < data.length; i += 4) data.writeUInt32LE(i, i);
      client.send(data);
      server.send(data);
      expect(data.equals(await server.receive(data.length))).toBe(true);
      expect(data.equals(await client.receive(data.length))).toBe(true);
    });

    test("a receiver that does not read holds the sender back, and gets everything later", async () => {
      const { client, server } = await fixture.connect(await fixture.makeProxy());
      server.socket.pause();
      // Far more than the kernel's buffers: only a proxy that does not stop reading takes it all.
      const piece = Buffer.alloc(64 * 1024, 7);
      const pieces = 1024;
      let taken = 0;
      const sendNext = (): void => {
        if (taken < pieces)
          client.socket.write(piece, () => {
            taken++;
            sendNext();
          });
      };
      sendNext();
      // The other way still works, and a round trip there is time in which a piece could be taken.
      for (let idleRounds = 0; idleRounds < 200 && taken < pieces; idleRounds++) {
        const takenBefore = taken;
        server.send("x");
        await client.receive(1);
        if (taken > takenBefore) idleRounds = 0;
      }
      expect(taken).toBeLessThan(pieces);
      server.socket.resume();
      const data = await server.receive(pieces * piece.length);
      expect(data.length).toBe(pieces * piece.length);
    });

    test("the upstream's end reaches the client after all data", async () => {
      const { client, server } = await fixture.connect(await fixture.makeProxy());
      server.socket.end("last words");
      expect(await client.receiveText("last words")).toBe("last words");
      expect(await client.closedBy).toBe("fin");
    });

    test("the client's end reaches the upstream after all data", async () => {
      const { client, server } = await fixture.connect(await fixture.makeProxy());
      client.socket.end("last words");
      expect(await server.receiveText("last words")).toBe("last words");
      expect(await server.closedBy).toBe("fin");
      await client.closedBy;
    });

    test("the upstream's reset closes the client's connection", async () => {
      const { client, server } = await fixture.connect(await fixture.makeProxy());
      client.send("x");
      await server.receive(1);
      server.socket.resetAndDestroy();
      expect(await client.closedBy).toBe(implementation.upstreamResetArrivesAs);
    });

    test("the client's reset closes the upstream's connection", async () => {
      const { client, server } = await fixture.connect(await fixture.makeProxy());
      client.send("x");
      await server.receive(1);
      client.socket.resetAndDestroy();
      expect(await server.closedBy).toBe(implementation.upstreamResetArrivesAs);
    });

    test("a connection to an upstream that refuses is accepted and closed", async () => {
      const gone = await Upstream.start();
      const address = gone.address;
      await gone.stop();
      const client = await fixture.dial((await fixture.makeProxy(address)).listen);
      expect(await client.closedBy).toBe("fin");
    });

    test("an upstream address that makes no sense is found out when a client comes", async () => {
      const client = await fixture.dial((await fixture.makeProxy("garbage")).listen);
      expect(["fin", "reset"]).toContain(await client.closedBy);
    });

    test("a disabled proxy closes connections and refuses; enabled it has its port again", async () => {
      const { proxy, client, server } = await fixture.connect(await fixture.makeProxy());
      await update(proxy.name, { enabled: false });
      await Promise.all([client.closedBy, server.closedBy]);
      expect(await refusal(proxy.listen)).toBe("ECONNREFUSED");
      await update(proxy.name, { enabled: true });
      const again = await fixture.connect(proxy);
      again.client.send("hello");
      expect(await again.server.receiveText("hello")).toBe("hello");
    });

    test("a removed proxy closes connections and refuses", async () => {
      const { proxy, client, server } = await fixture.connect(await fixture.makeProxy());
      await proxy.remove();
      await Promise.all([client.closedBy, server.closedBy]);
      expect(await refusal(proxy.listen)).toBe("ECONNREFUSED");
    });

    test("a new upstream address closes connections and takes effect on the same port", async () => {
      const { proxy, client } = await fixture.connect(await fixture.makeProxy());
      const other = await Upstream.start();
      try {
        const { listen } = await proxy.update({
          enabled: true,
          listen: proxy.listen,
          upstream: other.address,
        });
        await client.closedBy;
        expect(listen).toBe(proxy.listen);
        const again = await fixture.dial(listen);
        again.send("hello");
        expect(await (await other.accept()).receiveText("hello")).toBe("hello");
      } finally {
        await other.stop();
      }
    });

    test("an update that changes nothing leaves connections alone", async () => {
      const { proxy, client, server } = await fixture.connect(await fixture.makeProxy());
      await update(proxy.name, { listen: proxy.listen, upstream: proxy.upstream, enabled: true });
      client.send("still here");
      expect(await server.receiveText("still here")).toBe("still here");
    });
  });
}
