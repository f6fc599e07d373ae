import { execFile, execFileSync, execSync, spawnSync } from "node:child_process";
import crypto, { randomFillSync } from "node:crypto";
import dgram from "node:dgram";
import dns from "node:dns";
import fs, { readFileSync, writeFileSync } from "node:fs";
import fsPromises, { writeFile } from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import timers from "node:timers";
import timersPromises, { setTimeout as sleep } from "node:timers/promises";
import tls from "node:tls";
import { promisify } from "node:util";
import v8 from "node:v8";
import { Worker } from "node:worker_threads";
import zlib from "node:zlib";
import { expect, test } from "vitest";
import { EscapeError, withoutEscapes } from "./escape-guard.ts";

const NO_FILE = "/no/such/file";
const event = new Event("any");
const format = new Intl.DateTimeFormat("en");
const nothing = (): undefined => undefined;

/** Each does nothing, or ends by itself, where it is not caught. */
const WAYS: Readonly<Record<string, () => unknown>> = {
  "Date.now": () => Date.now(),
  "new Date()": () => new Date(),
  "Date()": () => Date(),
  "performance.now": () => performance.now(),
  "performance.timeOrigin": () => performance.timeOrigin,
  "performance.mark": () => performance.mark("any"),
  "Event.timeStamp": () => event.timeStamp,
  "format without a date": () => format.format(),
  "formatToParts without a date": () => format.formatToParts(),
  "Math.random": () => Math.random(),
  setTimeout: () => setTimeout(nothing, 1),
  setImmediate: () => promisify(setImmediate)(),
  "AbortSignal.timeout": () => AbortSignal.timeout(1),
  "timers.setTimeout": () => timers.setTimeout(nothing, 1),
  "timers.promises.setTimeout": () => timersPromises.setTimeout(1),
  "scheduler.wait": () => timersPromises.scheduler.wait(1),
  "new MessageChannel": () => new MessageChannel().port1.close(),
  "new WeakRef": () => new WeakRef({}),
  "new FinalizationRegistry": () => new FinalizationRegistry(nothing),
  "process.hrtime": () => process.hrtime(),
  "process.hrtime.bigint": () => process.hrtime.bigint(),
  "process.memoryUsage": () => process.memoryUsage(),
  "process.memoryUsage.rss": () => process.memoryUsage.rss(),
  "process.cpuUsage": () => process.cpuUsage(),
  "process.resourceUsage": () => process.resourceUsage(),
  "process.pid": () => process.pid,
  "crypto.randomBytes": () => crypto.randomBytes(4),
  "crypto.randomFillSync": () => crypto.randomFillSync(Buffer.alloc(4)),
  "crypto.randomInt": () => crypto.randomInt(4),
  "crypto.randomUUID": () => crypto.randomUUID(),
  "crypto.getRandomValues": () => crypto.webcrypto.getRandomValues(new Uint8Array(4)),
  "crypto.generateKeySync": () => crypto.generateKeySync("hmac", { length: 64 }),
  "crypto.generateKeyPairSync": () => crypto.generateKeyPairSync("ed25519"),
  "crypto.generateKeys": () => crypto.createECDH("prime256v1").generateKeys(),
  "crypto.subtle.digest": () => crypto.subtle.digest("SHA-1", Buffer.alloc(1)),
  "crypto.scrypt": () => crypto.scrypt("a", "b", 8, { N: 2 }, nothing),
  "zlib.deflate": () => zlib.deflate("a", nothing),
  "fs.readFileSync": () => fs.readFileSync("/dev/null"),
  "fs.opendirSync": () => fs.opendirSync("/").closeSync(),
  "fs.accessSync": () => fs.accessSync("/"),
  "fs.watchFile": () => fs.watchFile(NO_FILE, nothing) && fs.unwatchFile(NO_FILE),
  "fs.exists": () => promisify(fs.exists)("/").catch(nothing),
  "fs.ReadStream": () => fs.ReadStream,
  "fs.promises.stat": () => fs.promises.stat("/"),
  "fs.promises.access": () => fsPromises.access("/"),
  execFileSync: () => execFileSync("true"),
  execSync: () => execSync("true"),
  spawnSync: () => spawnSync("true"),
  execFile: () => execFile("true"),
  "ChildProcess.spawn": () => promisify(execFile)("true"),
  "os.freemem": () => os.freemem(),
  "os.loadavg": () => os.loadavg(),
  "os.uptime": () => os.uptime(),
  "v8.getHeapStatistics": () => v8.getHeapStatistics(),
  "dns.lookup": () => dns.lookup("127.0.0.1", nothing),
  "dns.promises.lookup": () => dns.promises.lookup("127.0.0.1"),
  "net.connect": () => net.connect(1, "127.0.0.1").on("error", nothing).destroy(),
  "net.Socket.connect": () => new net.Socket().connect(1).on("error", nothing).destroy(),
  "net.Server.listen": () => new net.Server().listen(0).close(),
  "tls.connect": () => tls.connect(1, "127.0.0.1").on("error", nothing).destroy(),
  "http.request": () => http.request("http://127.0.0.1:1").on("error", nothing).destroy(),
  "dgram.createSocket": () => dgram.createSocket("udp4").close(),
  "new worker_threads.Worker": () => new Worker("", { eval: true }),
};

test.each(Object.entries(WAYS))("%s is caught, also when the program swallows it", (name, use) => {
  const swallowed = (): void => {
    try {
      use();
    } catch {
      // As a program might.
    }
  };
  expect(() => withoutEscapes(swallowed)).toThrow(EscapeError);
  expect(() => withoutEscapes(swallowed)).toThrow(`${name} was used in a simulation`);
});

test.each(Object.entries(WAYS))(
  "%s works outside of simulations, after one",
  async (_name, use) => {
    withoutEscapes(nothing);
    const error: unknown = await Promise.resolve()
      .then(use)
      .then(nothing, (reason: unknown) => reason);
    expect(error).toBeUndefined();
  },
);

test.each([
  ["fs.readFileSync", (): unknown => readFileSync("/dev/null")],
  ["fs.writeFileSync", () => writeFileSync("/dev/null", "")],
  ["fs.promises.writeFile", () => writeFile("/dev/null", "")],
  ["timers.promises.setTimeout", () => sleep(1)],
  ["crypto.randomFillSync", () => randomFillSync(Buffer.alloc(1))],
])("%s is caught where it was imported by its name", (name, use) => {
  expect(() => withoutEscapes(() => use())).toThrow(`${name} was used`);
});

test("the present is not to be had by a date's constructor, nor from Temporal", () => {
  const Constructor = new Date(0).constructor as DateConstructor;
  expect(() => withoutEscapes(() => void new Constructor())).toThrow("new Date() was used");
  if (!("Temporal" in globalThis)) return;
  const { Now } = globalThis.Temporal as { Now: { instant: () => unknown } };
  expect(() => withoutEscapes(() => void Now.instant())).toThrow("Temporal.Now.instant was used");
  expect(Now.instant).not.toThrow();
});

test("the first use is told with its place in the checkout", () => {
  const use = (): void => void (Math.random() + Date.now());
  expect(() => withoutEscapes(use)).toThrow(
    /^Math\.random was used in a simulation at chaos\/sim\/world\/escape-guard\.test\.ts:\d+: only/,
  );
});

test("its stack begins with what it says and with its place", () => {
  const use = (): void => void Math.random();
  const stack = [
    /^EscapeError: Math\.random was used .* at chaos/,
    /at use .*escape-guard\.test\.ts/,
  ];
  const escape = new Promise((resolve) => {
    withoutEscapes(use);
    resolve(null);
  }).catch(({ stack: lines }: Error) => lines?.split("\n").slice(0, 2));
  return expect(escape).resolves.toEqual(stack.map((line) => expect.stringMatching(line)));
});

test("dates of a given time, promises and microtasks are no escape", () => {
  withoutEscapes(() => {
    expect(new Date(0).getTime()).toBe(0);
    expect(new Date(0)).toBeInstanceOf(Date);
    expect(format.format(0)).toContain("1970");
    queueMicrotask(nothing);
    void Promise.resolve().then(nothing);
  });
});

test("what a module of the server kept when it was loaded is caught, with its place", () => {
  const program = `
    import { registerHooks } from "node:module";
    registerHooks({
      load(url, context, nextLoad) {
        const result = nextLoad(url, context);
        if (!url.endsWith("/server/zab/follower.ts")) return result;
        const text = result.source.toString().replace(
          "this.phase = \\"BROADCAST\\";",
          "this.phase = \\"BROADCAST\\"; kept();",
        );
        return { ...result, source: text + "\\nconst kept = Math.random;\\n" };
      },
    });
    const { simulate } = await import(${JSON.stringify(urlOf("../simulate.ts"))});
    const { drawPlan } = await import(${JSON.stringify(urlOf("../generate.ts"))});
    setImmediate(() => {
      try {
        console.log(simulate(drawPlan(1)).verdict);
      } catch (error) {
        console.log(error.message);
      }
    });
  `;
  expect(saidBy(program)).toMatch(
    /^Math\.random was used in a simulation at server\/zab\/follower\.ts:\d+:/,
  );
});

/** The test runner puts its own in the place of this one: a process of Node's own has none. */
test("process.nextTick is caught", () => {
  const program = `
    const { withoutEscapes } = await import(${JSON.stringify(urlOf("./escape-guard.ts"))});
    try {
      withoutEscapes(() => process.nextTick(() => undefined));
    } catch (error) {
      console.log(error.message);
    }
  `;
  expect(saidBy(program)).toContain("process.nextTick was used in a simulation");
});

function saidBy(program: string): string {
  const args = ["--input-type=module", "--eval", program];
  return execFileSync(process.execPath, args, { encoding: "utf8" });
}

function urlOf(file: string): string {
  return new URL(file, import.meta.url).href;
}
