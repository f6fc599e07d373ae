import { ProxyUnavailableError } from "./unavailable.ts";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, statSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const START_ATTEMPTS_MAX = 3;
const ANSWER_TIMEOUT_MS = 10_000;
const ANSWER_POLL_MS = 20;
const STOP_TIMEOUT_MS = 5_000;
const STDERR_KEPT_CHARS = 2_000;

/** A proxy server that was started as a child process; it also ends when this process does. */
export interface ServerProcess {
  readonly url: string;
  /** Ends the process and returns when it is gone; harmless when it is gone already. */
  stop(): Promise<void>;
}

/**
 * The real Toxiproxy's binary: the file that TOXIPROXY_SERVER names, else `toxiproxy-server` on the
 * PATH, else null. Throws when TOXIPROXY_SERVER names something that cannot be run.
 */
export function findToxiproxyBinary(env: NodeJS.ProcessEnv = process.env): string | null {
  const named = env["TOXIPROXY_SERVER"];
  if (named !== undefined && named !== "") {
    if (isExecutable(named)) return named;
    throw new ProxyUnavailableError(
      `TOXIPROXY_SERVER names ${named}, which is not an executable file; name Toxiproxy's server ` +
        "binary, or unset it to use toxiproxy-server from the PATH or the embedded proxy.",
    );
  }
  const directories = (env["PATH"] ?? "").split(delimiter).filter((directory) => directory !== "");
  const candidates = directories.map((directory) => join(directory, "toxiproxy-server"));
  return candidates.find(isExecutable) ?? null;
}

/** Starts our own proxy on a free port of 127.0.0.1. A seed makes its random choices repeatable. */
export async function startEmbedded(seed?: number): Promise<ServerProcess> {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const seedFlags = seed === undefined ? [] : ["--seed", String(seed)];
  const child = spawnHeld([main, "--port", "0", "--json", "--exit-with-parent", ...seedFlags]);
  const stderr = keepStderr(child);
  try {
    const url = await new Promise<string>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", () => reject(new Error(stderr())));
      createInterface({ input: child.stdout! }).once("line", (line) => {
        resolve((JSON.parse(line) as { url: string }).url);
      });
    });
    return { url, stop: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw new Error(`The embedded proxy did not start: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Starts the real Toxiproxy on a free port of 127.0.0.1. */
export async function startToxiproxy(binary: string): Promise<ServerProcess> {
  const guard = fileURLToPath(new URL("guard.ts", import.meta.url));
  let lastProblem = "";
  // It cannot be asked for any free port and say which, so another process may be quicker to take it.
  for (let attempt = 1; attempt <= START_ATTEMPTS_MAX; attempt++) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const flags = ["-host", "127.0.0.1", "-port", String(port), "-proxy-metrics"];
    const child = spawnHeld([guard, binary, ...flags]);
    const stderr = keepStderr(child);
    child.stdout!.resume();
    if (await answers(url, child)) return { url, stop: () => stop(child) };
    await stop(child);
    lastProblem = stderr();
  }
  throw new Error(
    `${binary} did not answer on a free port (${START_ATTEMPTS_MAX} attempts): ${lastProblem}; ` +
      "check that it is Toxiproxy's server, or unset TOXIPROXY_SERVER and take it off the PATH to " +
      "use the embedded proxy.",
  );
}

/** The child holds the other end of a pipe: it learns from that when this process is gone. */
function spawnHeld(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
  // Writing is not what the pipe is for; that it breaks when the child dies is no news.
  child.stdin!.on("error", () => undefined);
  return child;
}

function keepStderr(child: ChildProcess): () => string {
  let text = "";
  child.stderr!.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-STDERR_KEPT_CHARS);
  });
  return () => text.trim() || `exit code ${child.exitCode ?? child.signalCode ?? "none"}`;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const force = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(force);
}

async function answers(url: string, child: ChildProcess): Promise<boolean> {
  const deadlineMs = performance.now() + ANSWER_TIMEOUT_MS;
  while (child.exitCode === null && performance.now() < deadlineMs) {
    try {
      const response = await fetch(`${url}/version`);
      await response.text();
      if (response.ok) return true;
    } catch {
      // Not listening yet: that is what the loop is for.
    }
    await new Promise((resolve) => setTimeout(resolve, ANSWER_POLL_MS));
  }
  return false;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
