/**
 * Time, randomness and IO that a simulated program takes from the machine instead of from its Env. Each
 * would make a run that cannot be repeated, so each is caught in the act: nothing of it happens.
 *
 * The guard stands when this module has been evaluated: whoever loads a simulator imports it before any
 * module of servers and clients, so that a function they keep (`const now = Date.now`) is a guarded one.
 *
 * Guarded: the clocks (Date, performance, process.hrtime, Temporal.Now, the time of an Event), timers,
 * randomness and keys, all of fs, os, child_process, dns, sockets, servers and threads, what the process
 * measures of itself, what the garbage collector decides (WeakRef, FinalizationRegistry), and work that is
 * handed to other threads (crypto and zlib with a callback). Promises and queueMicrotask are
 * deterministic and free. Not guarded: what is the same for all processes of one machine (process.env,
 * the time zone, the locale, the version of Node), signatures that hold a random number, `import()`,
 * node:sqlite, node:wasi and native modules. What waits for Node's own queue (streams, process.nextTick
 * inside of Node) does not come to run while a simulation does.
 */
import childProcess from "node:child_process";
import crypto from "node:crypto";
import dgram from "node:dgram";
import dns from "node:dns";
import fs from "node:fs";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import os from "node:os";
import perfHooks from "node:perf_hooks";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import tls from "node:tls";
import { fileURLToPath } from "node:url";
import v8 from "node:v8";
import workerThreads from "node:worker_threads";
import zlib from "node:zlib";

/** A program that is simulated used what no Env gave it. The message says where, in the checkout. */
export class EscapeError extends Error {
  override readonly name = "EscapeError";
}

let isInside = false;
let first: EscapeError | null = null;

/**
 * Runs the function with all ways out of the simulation closed. Throws an `EscapeError` with the place
 * of the first use, also when the program swallowed what it was thrown.
 */
export function withoutEscapes(run: () => void): void {
  first = null;
  isInside = true;
  try {
    run();
  } finally {
    isInside = false;
  }
  // Assigned by what `run` called.
  const escape = first as EscapeError | null;
  if (escape !== null) throw escape;
}

type Anything = (...args: unknown[]) => unknown;

guardLanguage();
guardModules();
// Those who import a function by its name get the guarded one, too.
syncBuiltinESMExports();

function guardLanguage(): void {
  guard(globalThis, "setTimeout setInterval setImmediate fetch WeakRef FinalizationRegistry", "");
  guard(globalThis, "MessageChannel BroadcastChannel WebSocket EventSource", "");
  guard(WeakRef.prototype, "deref", "WeakRef.");
  guard(FinalizationRegistry.prototype, "register", "FinalizationRegistry.");
  guard(AbortSignal, "timeout", "AbortSignal.");
  guard(Atomics, "wait waitAsync", "Atomics.");
  guard(Math, "random", "Math.");
  guard(Event.prototype, "timeStamp", "Event.");
  const temporal = (globalThis as { Temporal?: { Now: object } }).Temporal;
  if (temporal !== undefined) guard(temporal.Now, everyFunction(temporal.Now), "Temporal.Now.");
  guardDate();
  guardDateFormat();
}

function guardModules(): void {
  const { Performance, performance } = perfHooks;
  const clocks = "now timeOrigin mark measure timerify toJSON nodeTiming eventLoopUtilization";
  guard(performance, clocks, "performance.");
  guard(Performance.prototype, clocks, "performance.");
  guard(perfHooks, "monitorEventLoopDelay eventLoopUtilization timerify", "perf_hooks.");
  guard(process, "nextTick hrtime uptime pid ppid kill", "process.");
  guard(process, "memoryUsage cpuUsage threadCpuUsage resourceUsage", "process.");
  guard(process, "availableMemory constrainedMemory getActiveResourcesInfo", "process.");
  guard(timers, "setTimeout setInterval setImmediate", "timers.");
  guard(timersPromises, "setTimeout setInterval setImmediate", "timers.promises.");
  guard(timersPromises.scheduler, "wait yield", "scheduler.");
  guardCrypto();
  guard(zlib, asynchronousOf(zlib), "zlib.");
  guard(fs, [...everyFunction(fs), "ReadStream", "WriteStream"], "fs.");
  guard(fs.promises, everyFunction(fs.promises), "fs.promises.");
  guard(os, everyFunction(os), "os.");
  guard(childProcess, [...everyFunction(childProcess), "ChildProcess"], "");
  guard(childProcess.ChildProcess.prototype, "spawn", "ChildProcess.");
  guard(dns, [...everyFunction(dns), "Resolver"], "dns.");
  guard(dns.promises, [...everyFunction(dns.promises), "Resolver"], "dns.promises.");
  // Whatever makes the socket or the server (http, https, tls, http2), these open it.
  guard(net, "connect createConnection createServer", "net.");
  guard(net.Socket.prototype, "connect", "net.Socket.");
  guard(net.Server.prototype, "listen", "net.Server.");
  guard(tls, "connect createServer", "tls.");
  guard(http, "request get createServer", "http.");
  guard(https, "request get createServer", "https.");
  guard(http2, "connect createServer createSecureServer", "http2.");
  guard(dgram, "createSocket Socket", "dgram.");
  const threads = "Worker MessageChannel BroadcastChannel receiveMessageOnPort";
  guard(workerThreads, threads, "worker_threads.");
  const measuring = "getHeapStatistics getHeapSpaceStatistics getHeapCodeStatistics queryObjects";
  guard(v8, `${measuring} getHeapSnapshot writeHeapSnapshot`, "v8.");
}

function guardCrypto(): void {
  const random = everyFunction(crypto).filter((name) =>
    /^(?:random|generate|getRandom)/.test(name),
  );
  guard(crypto, [...random, ...asynchronousOf(crypto)], "crypto.");
  for (const keys of [crypto.ECDH, crypto.DiffieHellman])
    guard(keys.prototype as object, "generateKeys", "crypto.");
  const { webcrypto } = crypto;
  guard(Object.getPrototypeOf(webcrypto) as object, "getRandomValues randomUUID", "crypto.");
  const subtle = Object.getPrototypeOf(webcrypto.subtle) as object;
  const names = Object.getOwnPropertyNames(subtle).filter((name) => name !== "constructor");
  guard(subtle, names, "crypto.subtle.");
}

/** A date of a given time is as good as any value; only the present is none of the program's business. */
function guardDate(): void {
  const original = Date;
  guard(original, "now", "Date.");
  const guarded = new Proxy(original, {
    apply(target, self, args) {
      if (isInside) caught("Date()");
      return Reflect.apply(target, self, args) as unknown;
    },
    construct(target, args, newTarget) {
      if (isInside && args.length === 0) caught("new Date()");
      return Reflect.construct(target, args, newTarget) as object;
    },
  });
  replace(globalThis, "Date", guarded);
  replace(original.prototype, "constructor", guarded);
}

/** A format that is given no date takes the present. */
function guardDateFormat(): void {
  const { prototype } = Intl.DateTimeFormat;
  const needDate = (format: Anything, name: string): Anything =>
    new Proxy(format, {
      apply(target, self, args: unknown[]) {
        if (isInside && args[0] === undefined) caught(`${name} without a date`);
        return Reflect.apply(target, self, args);
      },
    });
  const parts = Object.getOwnPropertyDescriptor(prototype, "formatToParts");
  replace(prototype, "formatToParts", needDate(parts?.value as Anything, "formatToParts"));
  const descriptor = Object.getOwnPropertyDescriptor(prototype, "format");
  if (descriptor === undefined) return;
  const get = function (this: Intl.DateTimeFormat): Anything {
    return needDate(descriptor.get?.call(this) as Anything, "format");
  };
  Object.defineProperty(prototype, "format", { ...descriptor, get });
}

/** Functions and classes of the owner are caught when they are called, all else when it is read. */
function guard(owner: object, names: string | readonly string[], prefix: string): void {
  for (const name of typeof names === "string" ? names.split(" ") : names) {
    const descriptor = descriptorOf(owner, name);
    // Not in this version of Node.
    if (descriptor?.configurable !== true) continue;
    const { value, get } = descriptor as { value?: unknown; get?: () => unknown };
    if (typeof value === "function") {
      replace(owner, name, guarded(value as Anything, prefix + name));
      continue;
    }
    const read = function (this: unknown): unknown {
      if (isInside) caught(prefix + name);
      return get === undefined ? value : Reflect.apply(get, this, []);
    };
    const { value: _value, writable: _writable, ...accessor } = descriptor;
    Object.defineProperty(owner, name, { ...accessor, get: read });
  }
}

/** What hangs at a function (hrtime.bigint, its promisified form) is a way out like the function itself. */
function guarded(original: Anything, name: string): Anything {
  return new Proxy(original, {
    apply(target, self, args) {
      if (isInside) caught(name);
      return Reflect.apply(target, self, args);
    },
    construct(target, args, newTarget) {
      if (isInside) caught(`new ${name}`);
      return Reflect.construct(target, args, newTarget) as object;
    },
    get(target, key, receiver) {
      const value: unknown = Reflect.get(target, key, receiver);
      const own = Object.getOwnPropertyDescriptor(target, key);
      if (own === undefined || typeof value !== "function") return value;
      // The language has it that nothing may stand for a constant (the prototype, some promisified forms).
      if (own.configurable === false && own.writable === false) return value;
      return guarded(value as Anything, typeof key === "string" ? `${name}.${key}` : name);
    },
  });
}

/** Its own, or what it inherits. */
function descriptorOf(owner: object, name: string): PropertyDescriptor | undefined {
  for (
    let at: object | null = owner;
    at !== null;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    const descriptor = Object.getOwnPropertyDescriptor(at, name);
    if (descriptor !== undefined) return descriptor;
  }
  return undefined;
}

function replace(owner: object, name: string, value: unknown): void {
  const descriptor = Object.getOwnPropertyDescriptor(owner, name);
  const enumerable = descriptor?.enumerable ?? false;
  Object.defineProperty(owner, name, { value, writable: true, configurable: true, enumerable });
}

/** By their names; classes are none. */
function everyFunction(owner: object): string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(owner))
    .filter(([name, { value }]) => typeof value === "function" && !/^_?[A-Z]/.test(name))
    .map(([name]) => name);
}

/** Those of which there is a synchronous form, too: they answer when another thread has done the work. */
function asynchronousOf(owner: object): string[] {
  return everyFunction(owner).filter((name) => Object.hasOwn(owner, `${name}Sync`));
}

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const OWN_FILE = fileURLToPath(import.meta.url);

function caught(what: string): never {
  const seen = { stack: "" };
  Error.captureStackTrace(seen, caught);
  const frames = seen.stack.split("\n").filter((line) => line.startsWith("    at "));
  const outside = frames.filter((line) => fileAndLine(line)?.file !== OWN_FILE);
  const place = placeIn(outside);
  const error = new EscapeError(`${what} was used in a simulation${place}: only the Env may be`);
  error.stack = [`${error.name}: ${error.message}`, ...outside].join("\n");
  first ??= error;
  throw error;
}

/** ` at server/zab/follower.ts:193`: the first frame that is not Node's. */
function placeIn(frames: readonly string[]): string {
  for (const frame of frames) {
    const found = fileAndLine(frame);
    if (found === null) continue;
    const { file, line } = found;
    return ` at ${file.startsWith(ROOT) ? file.slice(ROOT.length) : file}:${line}`;
  }
  return "";
}

function fileAndLine(frame: string): { readonly file: string; readonly line: string } | null {
  const found = /(?:file:\/\/)?(\/[^()]*):(\d+):\d+\)?$/.exec(frame);
  return found === null ? null : { file: decodeURI(found[1] ?? ""), line: found[2] ?? "" };
}
