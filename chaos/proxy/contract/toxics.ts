import { describe, expect, test } from "vitest";
import type { Implementation } from "./fixture.ts";
import { addToxic, updateToxic, useFixture } from "./fixture.ts";

const HOUR_MS = 3_600_000;

/** Time is only ever bounded from below: a toxic must take its time, a busy machine may take more. */
export function toxicsContract(implementation: Implementation): void {
  describe("toxics", () => {
    const fixture = useFixture(implementation);
    const connected = async () => fixture.connect(await fixture.makeProxy());

    test("a latency of 200 ms delays by at least that, in its own direction", async () => {
      const { proxy, client, server } = await connected();
      const toxic = await addToxic(proxy, "latency", "upstream", { latency: 200, jitter: 0 });
      const startMs = performance.now();
      client.send("ping");
      expect(await server.receiveText("ping")).toBe("ping");
      expect(performance.now() - startMs).toBeGreaterThanOrEqual(199.9);
      await updateToxic(toxic, { latency: HOUR_MS, jitter: 0 });
      server.send("pong");
      expect(await client.receiveText("pong")).toBe("pong");
    });

    test("jitter does not change the order", async () => {
      const { proxy, client, server } = await connected();
      await addToxic(proxy, "latency", "upstream", { latency: 6, jitter: 6 });
      let sent = "";
      for (let i = 0; i < 50; i++) {
        sent += `${i};`;
        client.send(`${i};`);
        await new Promise(setImmediate);
      }
      expect(await server.receiveText(sent)).toBe(sent);
    });

    test("taking a latency away lets go at once of what it holds", async () => {
      const { proxy, client, server } = await connected();
      const toxic = await addToxic(proxy, "latency", "upstream", { latency: HOUR_MS, jitter: 0 });
      client.send("held");
      await toxic.remove();
      expect(await server.receiveText("held")).toBe("held");
    });

    test("a latency that becomes none lets go of what it holds", async () => {
      const { proxy, client, server } = await connected();
      const toxic = await addToxic(proxy, "latency", "upstream", { latency: HOUR_MS, jitter: 0 });
      client.send("held");
      await updateToxic(toxic, { latency: 0, jitter: 0 });
      expect(await server.receiveText("held")).toBe("held");
    });

    test("the end of a stream waits for delayed data", async () => {
      const { proxy, client, server } = await connected();
      await addToxic(proxy, "latency", "upstream", { latency: 100, jitter: 0 });
      client.socket.end("last words");
      expect(await server.receiveText("last words")).toBe("last words");
      expect(await server.closedBy).toBe("fin");
    });

    test("much data that is let go at once arrives whole before the end behind it", async () => {
      const { proxy, client, server } = await connected();
      const toxic = await addToxic(proxy, "latency", "downstream", { latency: HOUR_MS, jitter: 0 });
      const data = Buffer.alloc(16 * 1024 * 1024, "0123456789");
      await new Promise<void>((sent) => server.socket.end(data, sent));
      // Round trips the other way: time for the proxy to read all of it, and the end.
      for (let round = 0; round < 100; round++) {
        client.send("x");
        await server.receive(1);
      }
      await toxic.remove();
      expect(data.equals(await client.receive(data.length))).toBe(true);
      expect(await client.closedBy).toBe("fin");
    });

    test("a bandwidth of 500 KB/s takes at least 300 ms for 200 KB", async () => {
      const { proxy, client, server } = await connected();
      await addToxic(proxy, "bandwidth", "upstream", { rate: 500 });
      const startMs = performance.now();
      const data = Buffer.alloc(200_000, "0123456789");
      client.send(data);
      expect(data.equals(await server.receive(data.length))).toBe(true);
      expect(performance.now() - startMs).toBeGreaterThanOrEqual(300);
    });

    test("a bandwidth of 0 holds everything until it is gone", async () => {
      const { proxy, client, server } = await connected();
      const toxic = await addToxic(proxy, "bandwidth", "upstream", { rate: 0 });
      client.send("held");
      server.send("other way");
      expect(await client.receiveText("other way")).toBe("other way");
      expect(server.receivedBytes).toBe(0);
      await toxic.remove();
      expect(await server.receiveText("held")).toBe("held");
    });

    test("slow_close passes data at once and the end at least 200 ms late", async () => {
      const { proxy, client, server } = await connected();
      await addToxic(proxy, "slow_close", "upstream", { delay: 200 });
      const startMs = performance.now();
      client.socket.end("last words");
      expect(await server.receiveText("last words")).toBe("last words");
      await server.closedBy;
      expect(performance.now() - startMs).toBeGreaterThanOrEqual(199.9);
    });

    test("a timeout of 100 ms drops data and closes the connection after that", async () => {
      const { proxy, client, server } = await connected();
      const startMs = performance.now();
      await addToxic(proxy, "timeout", "upstream", { timeout: 100 });
      client.send("lost");
      await Promise.all([client.closedBy, server.closedBy]);
      expect(performance.now() - startMs).toBeGreaterThanOrEqual(99.9);
      expect(server.receivedBytes).toBe(0);
    });

    test("a timeout of 0 drops data until it is gone, and then the connection is closed", async () => {
      const { proxy, client, server } = await connected();
      const toxic = await addToxic(proxy, "timeout", "upstream", { timeout: 0 });
      client.send("lost");
      server.send("other way");
      expect(await client.receiveText("other way")).toBe("other way");
      await toxic.remove();
      await Promise.all([client.closedBy, server.closedBy]);
      expect(server.receivedBytes).toBe(0);
      const again = await fixture.connect(proxy);
      again.client.send("hello");
      expect(await again.server.receiveText("hello")).toBe("hello");
    });

    test("removing a timeout closes also the connections that its toxicity spared", async () => {
      const { proxy, client, server } = await connected();
      const toxic = await addToxic(proxy, "timeout", "upstream", { timeout: 0 }, 0);
      client.send("passes");
      expect(await server.receiveText("passes")).toBe("passes");
      await toxic.remove();
      await Promise.all([client.closedBy, server.closedBy]);
    });

    test("the end of a stream passes a black hole", async () => {
      const { proxy, client, server } = await connected();
      await addToxic(proxy, "timeout", "upstream", { timeout: 0 });
      await addToxic(proxy, "timeout", "downstream", { timeout: 0 });
      client.socket.end("lost");
      await Promise.all([client.closedBy, server.closedBy]);
      expect(server.receivedBytes).toBe(0);
    });

    test("reset_peer resets a connection that was opened under it, at the first data", async () => {
      const proxy = await fixture.makeProxy();
      await addToxic(proxy, "reset_peer", "upstream", { timeout: 100 });
      const { client, server } = await fixture.connect(proxy);
      const startMs = performance.now();
      client.send("lost");
      expect(await Promise.all([client.closedBy, server.closedBy])).toEqual(["reset", "reset"]);
      expect(performance.now() - startMs).toBeGreaterThanOrEqual(99.9);
      expect(server.receivedBytes).toBe(0);
    });

    test("reset_peer closes older connections in order", async () => {
      const { proxy, client, server } = await connected();
      await addToxic(proxy, "reset_peer", "upstream", { timeout: 0 });
      client.send("lost");
      expect(await Promise.all([client.closedBy, server.closedBy])).toEqual(["fin", "fin"]);
    });

    test("a slicer sends the same bytes in slices, each at least 10 ms after the one before", async () => {
      const { proxy, client, server } = await connected();
      const slices = { average_size: 100, size_variation: 20, delay: 10_000 };
      await addToxic(proxy, "slicer", "upstream", slices);
      const data = Buffer.alloc(1_000, "0123456789");
      const startMs = performance.now();
      client.send(data);
      expect(data.equals(await server.receive(data.length))).toBe(true);
      // 1,000 bytes in slices of at most 125 are at least 8 slices with 7 delays between them.
      expect(performance.now() - startMs).toBeGreaterThanOrEqual(69);
    });

    test("limit_data passes so many bytes, counted over several sends, then closes", async () => {
      const { proxy, client, server } = await connected();
      await addToxic(proxy, "limit_data", "upstream", { bytes: 10 });
      client.send("12345");
      expect(await server.receiveText("12345")).toBe("12345");
      client.send("67890 and more");
      expect(await server.receiveText("67890")).toBe("67890");
      await Promise.all([client.closedBy, server.closedBy]);
      expect(server.receivedBytes).toBe(0);
    });

    test("a raised limit counts what went through before", async () => {
      const { proxy, client, server } = await connected();
      const toxic = await addToxic(proxy, "limit_data", "upstream", { bytes: 10 });
      client.send("12345");
      expect(await server.receiveText("12345")).toBe("12345");
      await updateToxic(toxic, { bytes: 15 });
      client.send("1234567890 and more");
      expect(await server.receiveText("1234567890")).toBe("1234567890");
      await server.closedBy;
    });

    test("a toxicity of a half affects some connections and spares others", async () => {
      const proxy = await fixture.makeProxy();
      await addToxic(proxy, "limit_data", "upstream", { bytes: 0 }, 0.5);
      let spared = 0;
      const connections = 40;
      for (let i = 0; i < connections; i++) {
        const { client, server } = await fixture.connect(proxy);
        client.send("x");
        const received = server.receive(1).then(
          () => true,
          () => false,
        );
        if (await received) spared++;
        client.socket.destroy();
      }
      // All on one side happens once in 10^12 runs.
      expect(spared).toBeGreaterThan(0);
      expect(spared).toBeLessThan(connections);
    });

    test("toxics work one after the other, in the order in which they were made", async () => {
      const { proxy, client, server } = await connected();
      await addToxic(proxy, "limit_data", "upstream", { bytes: 5 });
      await addToxic(proxy, "latency", "upstream", { latency: 100, jitter: 0 });
      const startMs = performance.now();
      client.send("12345 and more");
      expect(await server.receiveText("12345")).toBe("12345");
      expect(performance.now() - startMs).toBeGreaterThanOrEqual(99.9);
      await server.closedBy;
    });

    test("toxics stay while a proxy is disabled", async () => {
      const proxy = await fixture.makeProxy();
      await addToxic(proxy, "limit_data", "upstream", { bytes: 3 });
      const { name, listen, upstream } = proxy;
      await proxy.update({ enabled: false, listen, upstream });
      await proxy.update({ enabled: true, listen, upstream });
      const { client, server } = await fixture.connect(proxy);
      expect(proxy.name).toBe(name);
      client.send("12345");
      expect(await server.receiveText("123")).toBe("123");
      await server.closedBy;
    });

    test("no byte is lost or moved while toxics come, change and go in the middle of a stream", async () => {
      const { proxy, client, server } = await connected();
      const data = Buffer.alloc(8 * 1024 * 1024);
      for (let i = 0; i < data.length; i += 4) data.writeUInt32LE(i, i);
      let sent = 0;
      const send = (bytes: number): void => {
        client.send(data.subarray(sent, sent + bytes));
        sent = Math.min(data.length, sent + bytes);
      };
      const step = data.length / 16;
      for (let round = 0; round < 2; round++) {
        send(step);
        const latency = await addToxic(proxy, "latency", "upstream", { latency: 5, jitter: 5 });
        send(step);
        const slices = { average_size: 20_000, size_variation: 100, delay: 10 };
        const slicer = await addToxic(proxy, "slicer", "upstream", slices);
        send(step);
        await updateToxic(latency, { latency: 1, jitter: 0 });
        send(step);
        const bandwidth = await addToxic(proxy, "bandwidth", "upstream", { rate: 50_000 });
        await latency.remove();
        send(step);
        await updateToxic(bandwidth, { rate: 100_000 });
        await slicer.remove();
        send(step);
        await bandwidth.remove();
      }
      send(data.length);
      expect(data.equals(await server.receive(data.length))).toBe(true);
    });
  });
}
