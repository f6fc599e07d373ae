import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { Toxiproxy } from "toxiproxy-node-client";
import { Endpoint, Upstream } from "./contract/endpoint.ts";
import { parseHostPort } from "./host-port.ts";
import { findToxiproxyBinary, startEmbedded } from "./server-process.ts";

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function path(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

function run(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
  children.push(child);
  return child;
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [line] = (await once(createInterface({ input: child.stdout! }), "line")) as [string];
  return line;
}

async function connected(port: number): Promise<Endpoint> {
  const endpoint = new Endpoint(connect({ host: "127.0.0.1", port }));
  await once(endpoint.socket, "connect");
  return endpoint;
}

describe("the embedded proxy as a process", () => {
  const flags = [path("main.ts"), "--port", "0", "--json"];
  const portOf = (line: string): number =>
    Number(new URL((JSON.parse(line) as { url: string }).url).port);

  test.each(["SIGTERM", "SIGINT"] as const)("%s ends it in order", async (signal) => {
    const child = run(...flags);
    await firstLine(child);
    child.kill(signal);
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  test("it ends when whoever started it is killed", async () => {
    const code = `
      const { startEmbedded } = await import(${JSON.stringify(path("server-process.ts"))});
      const { url } = await startEmbedded();
      console.log(JSON.stringify({ url }));
      setInterval(() => undefined, 60_000);`;
    const starter = run("--input-type=module", "--eval", code);
    const port = portOf(await firstLine(starter));
    const witness = await connected(port);
    starter.kill("SIGKILL");
    await witness.closedBy;
    // The system closes the sockets of a process one after the other.
    const attempt = (): Promise<unknown> => connected(port).catch((error: unknown) => error);
    await expect.poll(attempt).toMatchObject({ code: "ECONNREFUSED" });
  });

  test("a port that is in use ends it with an error that names the way out", async () => {
    const first = run(...flags);
    const port = portOf(await firstLine(first));
    const second = run(path("main.ts"), "--port", String(port));
    let stderr = "";
    second.stderr!.on("data", (chunk) => (stderr += chunk));
    expect(await once(second, "close")).toEqual([2, null]);
    expect(stderr).toContain(`127.0.0.1:${port}`);
    expect(stderr).toContain("choose another --port");
  });

  test("a port that is no number is refused by name", async () => {
    const child = run(path("main.ts"), "--port", "eighty");
    let stderr = "";
    child.stderr!.on("data", (chunk) => (stderr += chunk));
    expect(await once(child, "close")).toEqual([2, null]);
    expect(stderr).toMatch(/--port.*whole number from 0 to 65535/);
  });

  test("the same seed spares the same connections", async () => {
    const upstream = await Upstream.start();
    const spared = async (seed: number): Promise<string> => {
      const server = await startEmbedded(seed);
      const addresses = { listen: "127.0.0.1:0", upstream: upstream.address };
      const proxy = await new Toxiproxy(server.url).createProxy({ name: "p", ...addresses });
      const attributes = { bytes: 0 };
      const toxic = { name: "t", type: "limit_data", stream: "upstream", toxicity: 0.5 } as const;
      await proxy.addToxic({ ...toxic, attributes });
      let pattern = "";
      for (let i = 0; i < 32; i++) {
        const client = new Endpoint(connect(parseHostPort(proxy.listen)));
        const end = await upstream.accept();
        client.send("x");
        pattern += await end.receive(1).then(
          () => "1",
          () => "0",
        );
        client.socket.destroy();
      }
      await server.stop();
      return pattern;
    };
    const first = await spared(7);
    expect(await spared(7)).toBe(first);
    expect(await spared(8)).not.toBe(first);
    await upstream.stop();
  });
});

describe("the guard", () => {
  const listener =
    "const s = require('node:net').createServer();" +
    "s.listen(0, '127.0.0.1', () => console.log(s.address().port));";

  test("kills its program when whoever started it is gone", async () => {
    const guard = run(path("guard.ts"), process.execPath, "--eval", listener);
    const witness = await connected(Number(await firstLine(guard)));
    guard.stdin!.end();
    await witness.closedBy;
    expect(await once(guard, "exit")).toEqual([1, null]);
  });

  test("ends with its program's exit code", async () => {
    const guard = run(path("guard.ts"), process.execPath, "--eval", "process.exit(7)");
    expect(await once(guard, "exit")).toEqual([7, null]);
  });
});

test("a TOXIPROXY_SERVER that is not a program is an error that names it and the remedy", () => {
  const env = { TOXIPROXY_SERVER: path("version.ts"), PATH: "/nowhere" };
  expect(() => findToxiproxyBinary(env)).toThrow(/version\.ts.*unset it/);
  expect(findToxiproxyBinary({ PATH: "/nowhere" })).toBeNull();
});
