import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Link, ProxyControl, ProxyKind } from "./control.ts";
import { startProxy } from "./control.ts";
import { findToxiproxyBinary } from "./server-process.ts";

const kinds: ProxyKind[] =
  findToxiproxyBinary() === null ? ["embedded"] : ["embedded", "toxiproxy"];

describe.each(kinds)("control over %s", (kind) => {
  let control: ProxyControl;
  let echo: Server;
  let echoAddress: string;
  let links = 0;
  const sockets = new Set<Socket>();

  beforeAll(async () => {
    control = await startProxy({ kind });
    echo = createServer((socket) => {
      sockets.add(socket.on("error", () => undefined));
      socket.pipe(socket);
    });
    echo.listen(0, "127.0.0.1");
    await once(echo, "listening");
    echoAddress = `127.0.0.1:${(echo.address() as AddressInfo).port}`;
  });

  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  });

  afterAll(async () => {
    await control.stop();
    echo.close();
  });

  const makeLink = (): Promise<Link> => control.link(`link-${links++}`, echoAddress);

  const open = async (link: Link): Promise<Socket> => {
    const [host, port] = link.listen.split(":");
    const socket = connect(Number(port), host!);
    sockets.add(socket.on("error", () => undefined));
    await once(socket, "connect");
    return socket;
  };

  const roundTrip = async (socket: Socket, text: string): Promise<string> => {
    socket.write(text);
    const [chunk] = (await once(socket, "data")) as [Buffer];
    return chunk.toString();
  };

  test("a new link is open and carries data both ways", async () => {
    const link = await makeLink();
    expect(await link.verify()).toEqual({ upstream: "open", downstream: "open" });
    expect(await roundTrip(await open(link), "hello")).toBe("hello");
  });

  test("a cut link says so, swallows data, and carries new connections once it is healed", async () => {
    const link = await makeLink();
    const socket = await open(link);
    expect(await roundTrip(socket, "before")).toBe("before");
    await link.cut();
    expect(await link.verify()).toEqual({ upstream: "cut", downstream: "cut" });
    let swallowed = true;
    socket.on("data", () => (swallowed = false));
    socket.write("lost");
    // Healing closes the connection after all that got through: no sleep is needed to see that none did.
    const closed = once(socket, "close");
    const other = await open(link);
    await link.heal();
    await closed;
    expect(swallowed).toBe(true);
    other.destroy();
    expect(await link.verify()).toEqual({ upstream: "open", downstream: "open" });
    expect(await roundTrip(await open(link), "after")).toBe("after");
  });

  test("a one-way cut leaves the other direction open", async () => {
    const link = await makeLink();
    await link.cut({ downstream: true });
    expect(await link.verify()).toEqual({ upstream: "open", downstream: "cut" });
    const arrived = once(echo, "connection").then(async ([peer]) => {
      const [chunk] = (await once(peer as Socket, "data")) as [Buffer];
      return chunk.toString();
    });
    const socket = await open(link);
    socket.write("one way");
    expect(await arrived).toBe("one way");
  });

  test("cutting twice, delaying twice and healing twice are no errors", async () => {
    const link = await makeLink();
    await link.cut({ upstream: true });
    await link.cut();
    await link.delay(10, 0, "upstream");
    await link.delay(20, 5, "upstream");
    await link.heal();
    await link.heal();
    expect(await link.verify()).toEqual({ upstream: "open", downstream: "open" });
  });

  test("a delay of 200 ms delays by at least that and shows in its direction alone", async () => {
    const link = await makeLink();
    const socket = await open(link);
    await link.delay(200, 0, "downstream");
    expect(await link.verify()).toEqual({ upstream: "open", downstream: "delayed" });
    const startMs = performance.now();
    expect(await roundTrip(socket, "late")).toBe("late");
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(200);
  });

  test("reset heals every link of this control", async () => {
    const made = [await makeLink(), await makeLink()];
    for (const link of made) await link.cut();
    await control.resetAll();
    for (const link of made) {
      expect(await link.verify()).toEqual({ upstream: "open", downstream: "open" });
    }
  });

  test("a control at the URL of a shared server leaves proxies alone that it did not make", async () => {
    const own = await makeLink();
    await own.cut();
    const guest = await startProxy({ url: control.url });
    const guestLink = await guest.link("link-0", echoAddress);
    expect(guest).toMatchObject({ kind, version: control.version });
    await guest.resetAll();
    await guest.stop();
    await guest.stop();
    expect(await own.verify()).toEqual({ upstream: "cut", downstream: "cut" });
    await expect(guestLink.verify()).rejects.toThrow(/Cannot verify link link-0 at http.*404/);
  });

  test("a bad name, a second one, and an address without a port are refused by name", async () => {
    await expect(control.link("a/b", echoAddress)).rejects.toThrow(/Link name "a\/b"/);
    const link = await makeLink();
    await expect(control.link(link.name, echoAddress)).rejects.toThrow(/exists already/);
    await expect(control.link("x", "127.0.0.1")).rejects.toThrow(/missing port/);
  });
});

test("a URL where nothing listens is an error that names it and the remedy", async () => {
  await expect(startProxy({ url: "http://127.0.0.1:1" })).rejects.toThrow(
    /No Toxiproxy answers at http:\/\/127\.0\.0\.1:1.*unset TOXIPROXY_URL/,
  );
  await expect(startProxy({ url: "nonsense" })).rejects.toThrow(/give it as http:\/\/host:port/);
});
