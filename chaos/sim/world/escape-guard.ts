/**
 * Time, randomness and IO that a simulated program takes from the machine instead of from its Env. Each
 * would make a run that cannot be repeated, so each is caught in the act: nothing of it happens.
 */
import childProcess from "node:child_process";
import crypto from "node:crypto";
import dns from "node:dns";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";

/** A program that is simulated used what no Env gave it. */
export class EscapeError extends Error {
  override readonly name = "EscapeError";
}

type Functions = Record<string, unknown>;

let isInside = false;
let isInstalled = false;
let first: EscapeError | null = null;

/**
 * Runs the function with all ways out of the simulation closed. Throws an `EscapeError` with the place
 * of the first use, also when the program swallowed what it was thrown.
 */
export function withoutEscapes(run: () => void): void {
  install();
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

/** Once for the process: outside of a simulation everything works as ever. */
function install(): void {
  if (isInstalled) return;
  isInstalled = true;
  const globals = globalThis as unknown as Functions;
  guard(globals, ["setTimeout", "setInterval", "setImmediate", "fetch"], "");
  guard(Date as unknown as Functions, ["now"], "Date.");
  guard(Math as unknown as Functions, ["random"], "Math.");
  guard(performance as unknown as Functions, ["now"], "performance.");
  guard(process as unknown as Functions, ["nextTick", "hrtime", "uptime"], "process.");
  guard(globalThis.crypto as unknown as Functions, ["getRandomValues", "randomUUID"], "crypto.");
  guardDate(globals);
  guard(crypto as unknown as Functions, RANDOM, "crypto.");
  guard(
    childProcess as unknown as Functions,
    ["spawn", "spawnSync", "exec", "execFile", "fork"],
    "",
  );
  guard(net as unknown as Functions, ["connect", "createConnection", "createServer"], "net.");
  guard(dns as unknown as Functions, ["lookup", "resolve"], "dns.");
  const ofFiles = fs as unknown as Functions;
  guard(
    ofFiles,
    FILES.flatMap((name) => [name, `${name}Sync`]),
    "fs.",
  );
  // Those who imported a function by its name get the guarded one, too.
  syncBuiltinESMExports();
}

const RANDOM = ["randomBytes", "randomInt", "randomUUID", "randomFillSync"];
const FILES =
  "open read readFile write writeFile appendFile stat lstat readdir mkdir rename unlink rm truncate ftruncate fsync fdatasync exists".split(
    " ",
  );

function guard(owner: Functions, names: readonly string[], prefix: string): void {
  for (const name of names) {
    const original = owner[name];
    if (typeof original !== "function") continue;
    const guarded = function (this: unknown, ...args: unknown[]): unknown {
      if (isInside) caught(prefix + name);
      return Reflect.apply(original, this, args);
    };
    const value = Object.assign(guarded, original);
    Object.defineProperty(owner, name, { value, writable: true, configurable: true });
  }
}

/** A date of a given time is as good as any value; only the present is none of the program's business. */
function guardDate(globals: Functions): void {
  globals["Date"] = new Proxy(Date, {
    construct(target, args, newTarget) {
      if (isInside && args.length === 0) caught("new Date()");
      return Reflect.construct(target, args, newTarget) as object;
    },
  });
}

function caught(what: string): never {
  const error = new EscapeError(`${what} was used in a simulation: only the Env may be`);
  first ??= error;
  throw error;
}
