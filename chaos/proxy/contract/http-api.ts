import { describe, expect, test } from "vitest";
import type { Answer, Implementation } from "./fixture.ts";
import { addToxic, callApi, NEW_PROXY, useFixture } from "./fixture.ts";

const IN_USE = expect.stringContaining("address already in use") as unknown;
export function httpApiContract(implementation: Implementation): void {
  describe("HTTP API", () => {
    const fixture = useFixture(implementation);

    const call = async (method: string, path: string, body?: unknown): Promise<Answer> =>
      callApi(fixture.url, method, path, body);
    const create = async (proxy: object): Promise<{ listen: string }> =>
      (await call("POST", "/proxies", proxy)).json as { listen: string };

    test("an unknown path is a 404 and a wrong method a 405, both without JSON", async () => {
      const unknown = await fetch(`${fixture.url}/nope`);
      expect([unknown.status, await unknown.text()]).toEqual([404, "404 page not found\n"]);
      const wrong = await fetch(`${fixture.url}/proxies`, { method: "PUT" });
      expect([wrong.status, await wrong.text()]).toEqual([405, ""]);
    });

    test("browsers are kept out", async () => {
      const headers = { "User-Agent": "Mozilla/5.0 (X11; Linux x86_64)" };
      const response = await fetch(`${fixture.url}/proxies`, { headers });
      expect([response.status, await response.text()]).toEqual([403, "User agent not allowed\n"]);
    });

    test("the version is a word in JSON", async () => {
      const version = JSON.parse(await fixture.api.getVersion()) as unknown;
      expect(version).toEqual({ version: expect.stringMatching(/^\S+$/) as unknown });
    });

    test("a proxy is created on a free port, shown, listed and removed", async () => {
      const made = await call("POST", "/proxies", NEW_PROXY);
      const shown = {
        ...NEW_PROXY,
        listen: expect.stringMatching(/^127\.0\.0\.1:[1-9]\d*$/) as unknown,
        enabled: true,
        toxics: [],
      };
      expect(made).toMatchObject({ status: 201, json: shown });
      expect(await call("GET", "/proxies/p")).toEqual({ status: 200, json: made.json });
      expect(await call("GET", "/proxies")).toEqual({ status: 200, json: { p: made.json } });
      expect(await call("DELETE", "/proxies/p")).toEqual({ status: 204, json: null });
      expect(await call("GET", "/proxies")).toEqual({ status: 200, json: {} });
    });

    test("a proxy that is created disabled gets its port when it is enabled", async () => {
      await create({ ...NEW_PROXY, enabled: false });
      const disabled = { listen: "127.0.0.1:0", enabled: false };
      expect((await call("GET", "/proxies/p")).json).toMatchObject(disabled);
      const enabled = await call("PATCH", "/proxies/p", { enabled: true });
      expect(enabled).toMatchObject({ status: 200, json: { enabled: true } });
      expect((enabled.json as { listen: string }).listen).toMatch(/:[1-9]\d*$/);
    });

    test("a port that is in use is an error, and no proxy is made", async () => {
      const { listen } = await create(NEW_PROXY);
      const answer = await call("POST", "/proxies", { ...NEW_PROXY, name: "q", listen });
      expect(answer).toMatchObject({ status: 500, json: { error: IN_USE, status: 500 } });
      expect((await call("GET", "/proxies/q")).status).toBe(404);
    });

    test("a toxic has defaults, and its name, type and stream cannot be changed", async () => {
      await create(NEW_PROXY);
      const made = await call("POST", "/proxies/p/toxics", { type: "latency" });
      const toxic = {
        name: "latency_downstream",
        type: "latency",
        stream: "downstream",
        toxicity: 1,
      };
      expect(made).toEqual({
        status: 200,
        json: { ...toxic, attributes: { latency: 0, jitter: 0 } },
      });
      const change = { name: "x", type: "timeout", stream: "upstream", attributes: { jitter: 7 } };
      const changed = await call("PATCH", "/proxies/p/toxics/latency_downstream", change);
      const expected = { ...toxic, attributes: { latency: 0, jitter: 7 } };
      expect(changed).toEqual({ status: 200, json: expected });
      const toxicity = await call("POST", "/proxies/p/toxics/latency_downstream", {
        toxicity: 0.5,
      });
      expect(toxicity.json).toEqual({ ...expected, toxicity: 0.5 });
      expect((await call("GET", "/proxies/p/toxics")).json).toEqual([toxicity.json]);
      expect((await call("GET", "/proxies/p")).json).toMatchObject({ toxics: [toxicity.json] });
    });

    test("every type of toxic has its attributes, and upstream toxics are listed first", async () => {
      await create(NEW_PROXY);
      const zero = {
        bandwidth: { rate: 0 },
        slow_close: { delay: 0 },
        timeout: { timeout: 0 },
        reset_peer: { timeout: 0 },
        slicer: { average_size: 0, size_variation: 0, delay: 0 },
        limit_data: { bytes: 0 },
        noop: {},
      };
      for (const [type, attributes] of Object.entries(zero)) {
        const stream = type === "noop" ? "upstream" : "downstream";
        const made = await call("POST", "/proxies/p/toxics", { type, stream });
        expect(made.json).toMatchObject({ name: `${type}_${stream}`, attributes });
      }
      const listed = (await call("GET", "/proxies/p/toxics")).json as { type: string }[];
      const order = ["noop", ...Object.keys(zero).filter((type) => type !== "noop")];
      expect(listed.map((toxic) => toxic.type)).toEqual(order);
    });

    test("populate creates what is missing, keeps what is the same, replaces what differs", async () => {
      const same = await create({ ...NEW_PROXY, name: "same" });
      await call("POST", "/proxies/same/toxics", { type: "noop" });
      await create({ ...NEW_PROXY, name: "differs" });
      const populated = await fixture.api.populate([
        { ...NEW_PROXY, name: "same", listen: same.listen },
        { ...NEW_PROXY, name: "differs", upstream: "127.0.0.1:2" },
        { ...NEW_PROXY, name: "missing" },
      ]);
      expect(Object.keys(populated)).toEqual(["same", "differs", "missing"]);
      expect(populated["differs"]!.upstream).toBe("127.0.0.1:2");
      expect((await call("GET", "/proxies/same/toxics")).json).toHaveLength(1);
      expect(await call("POST", "/populate", [])).toEqual({ status: 201, json: { proxies: null } });
    });

    test("populate makes nothing when a field is missing, and stops where a port is in use", async () => {
      const { listen } = await create({ ...NEW_PROXY, name: "other" });
      const missing = await call("POST", "/populate", [NEW_PROXY, { name: "q" }]);
      const error = "missing required field: upstream at proxy 2";
      expect(missing).toEqual({ status: 400, json: { error, status: 400, proxies: null } });
      expect((await call("GET", "/proxies/p")).status).toBe(404);
      const inUse = await call("POST", "/populate", [
        NEW_PROXY,
        { ...NEW_PROXY, name: "q", listen },
      ]);
      const proxies = [expect.objectContaining({ name: "p" }) as unknown];
      expect(inUse).toEqual({ status: 500, json: { error: IN_USE, status: 500, proxies } });
    });

    test("reset enables every proxy and removes every toxic", async () => {
      const proxy = await fixture.makeProxy();
      await addToxic(proxy, "timeout", "upstream", { timeout: 0 });
      await addToxic(proxy, "latency", "downstream", { latency: 5, jitter: 0 });
      await call("PATCH", `/proxies/${proxy.name}`, { enabled: false });
      expect(await call("POST", "/reset")).toEqual({ status: 204, json: null });
      const expected = { enabled: true, listen: proxy.listen, toxics: [] };
      expect((await call("GET", `/proxies/${proxy.name}`)).json).toMatchObject(expected);
    });

    test("metrics count the bytes of a connection by direction once it is closed", async () => {
      const { proxy, client, server } = await fixture.connect(await fixture.makeProxy());
      client.send("12345");
      await server.receive(5);
      server.send("123");
      await client.receive(3);
      client.socket.end();
      await Promise.all([server.closedBy, client.closedBy]);
      const sample = (name: string, direction: string): RegExp =>
        new RegExp(
          `^toxiproxy_proxy_${name}_bytes_total\\{(?=.*direction="${direction}")(?=.*proxy="${proxy.name}").*\\} (\\d+)$`,
          "m",
        );
      // The real one counts just after it has closed the connection.
      await expect
        .poll(async () => {
          const text = await (await fetch(`${fixture.url}/metrics`)).text();
          const value = (name: string, direction: string): string | undefined =>
            sample(name, direction).exec(text)?.[1];
          return [
            value("received", "upstream"),
            value("sent", "upstream"),
            value("received", "downstream"),
            value("sent", "downstream"),
          ];
        })
        .toEqual(["5", "5", "3", "3"]);
    });
  });
}
