/**
 * The flags of `npm run bench -- read-heavy`, and what they stand for.
 */
import { fileURLToPath } from "node:url";
import path from "node:path";
import { Command, Option } from "commander";
import type { Env } from "../../server/env.ts";
import { ReferenceTarget } from "../targets/reference.ts";
import type { Target } from "../targets/target.ts";
import { findZooKeeper, ZooKeeperTarget } from "../targets/zookeeper.ts";
import { MAX_THROUGHPUT } from "../workloads/max-throughput.ts";
import { SESSIONS } from "./idle-sessions.ts";
import { requireOpenFiles } from "./open-files.ts";
import { number, partNames, TARGETS, wholeNumber, type TargetName } from "./options.ts";
import { TRIES } from "./outage.ts";
import { PARTS, type PartName } from "./part.ts";
import type { ReadHeavyOptions, Rival } from "./read-heavy.ts";

const RUNS_DIRECTORY = fileURLToPath(new URL("../../results/runs", import.meta.url));
/** 30 connections of one address, and 2,000 sessions: the servers must not count them. */
const NO_CONNECTION_LIMIT = ["maxClientCnxns=0"];

export interface ReadHeavyFlags {
  readonly only?: readonly PartName[];
  readonly target: TargetName;
  readonly vs?: TargetName | "none";
  readonly connections: number;
  readonly outstanding: number;
  readonly rate?: number;
  readonly duration: number;
  readonly warmup: number;
  readonly rounds: number;
  readonly znodes: number;
  readonly valueBytes: number;
  readonly readsPerWrite: number;
  readonly tries: number;
  readonly sessions: number;
  readonly seed: number;
  readonly runs: string;
  readonly json?: boolean;
}

/** What was asked for cannot be done on this machine, or not together; the message names the flag. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Adds the command; its action is the caller's. */
export function addReadHeavy(program: Command): Command {
  const max = MAX_THROUGHPUT;
  const whole = (flags: string, text: string, to: number, value: number, from = 1): Option =>
    new Option(flags, text).argParser(wholeNumber(from, to)).default(value);
  return program
    .command("read-heavy")
    .description(
      "Ten reads for each write as fast as it goes, write outages when the leader is killed, and what idle sessions cost.",
    )
    .addOption(
      new Option(
        "--only <parts>",
        `some of ${PARTS.join(", ")}: separated by commas, or given again`,
      ).argParser(partNames),
    )
    .addOption(
      new Option("--target <name>", "what is measured").choices(TARGETS).default("reference"),
    )
    .addOption(
      new Option(
        "--vs <name>",
        "measure its throughput too, in turns, and compare (default: zookeeper if it is installed)",
      ).choices([...TARGETS, "none"]),
    )
    .addOption(whole("--connections <n>", "throughput: sessions", 10_000, max.connections))
    .addOption(
      whole(
        "--outstanding <n>",
        "throughput: requests under way per connection (without --rate)",
        10_000,
        max.outstanding,
      ),
    )
    .option("--rate <n>", "throughput: operations per second, open loop", number(1e7))
    .option("--duration <seconds>", "throughput: length of a round", number(86_400), 10)
    .option(
      "--warmup <seconds>",
      "throughput: at most so long, until the rate stops rising; 0: none",
      number(3600, true),
      20,
    )
    .addOption(whole("--rounds <n>", "throughput: measurements of each target", 1000, 3))
    .addOption(whole("--znodes <n>", "throughput: znodes read and written", 1e6, max.znodes))
    .addOption(whole("--value-bytes <n>", "throughput: their data", 1e6, max.valueBytes, 0))
    .option("--reads-per-write <n>", "throughput: mix", number(1e9, true), max.readsPerWrite)
    .addOption(whole("--tries <n>", "outage: leaders killed", 1000, TRIES))
    .addOption(whole("--sessions <n>", "sessions: how many are opened", 100_000, SESSIONS))
    .addOption(whole("--seed <n>", "decides every choice of the load", 2 ** 32 - 1, 1, 0))
    .option("--runs <dir>", "where the run directory is written", RUNS_DIRECTORY)
    .option("--json", "the figures as one line on stdout, all else on stderr")
    .allowExcessArguments(false);
}

/** Throws a `UsageError`. `missing` is what `findZooKeeper` says is missing; null: it is there. */
export function readHeavyOptions(
  env: Env,
  flags: ReadHeavyFlags,
  missing: string | null = missingZooKeeper(),
): ReadHeavyOptions {
  const parts = flags.only ?? PARTS;
  if (flags.target === "zookeeper" && missing !== null) {
    throw new UsageError(`--target zookeeper: ${missing}`);
  }
  if (parts.includes("sessions")) {
    try {
      requireOpenFiles(flags.sessions);
    } catch (error) {
      throw new UsageError((error as Error).message, { cause: error });
    }
  }
  return {
    parts,
    target: makeTarget(env, flags.target, NO_CONNECTION_LIMIT),
    plainTarget: makeTarget(env, flags.target, []),
    rival: rivalOf(env, flags, missing),
    throughput: {
      connections: flags.connections,
      outstanding: flags.outstanding,
      znodes: flags.znodes,
      valueBytes: flags.valueBytes,
      readsPerWrite: flags.readsPerWrite,
      rate: flags.rate ?? null,
      rounds: flags.rounds,
      durationMs: flags.duration * 1000,
      warmUpMs: flags.warmup * 1000,
    },
    tries: flags.tries,
    sessions: flags.sessions,
    seed: flags.seed,
    runsDirectory: path.resolve(flags.runs),
  };
}

function rivalOf(env: Env, flags: ReadHeavyFlags, missing: string | null): Rival {
  const { target, vs } = flags;
  if (vs === "none") {
    return { kind: "none", reason: "--vs none: there is nothing to compare with", expected: true };
  }
  if (vs === target) throw new UsageError(`--vs ${vs}: expected another than --target, or none`);
  if (vs === undefined && target === "zookeeper") {
    return { kind: "none", reason: "--target zookeeper without --vs", expected: true };
  }
  const name = vs ?? "zookeeper";
  if (name === "zookeeper" && missing !== null) {
    if (vs !== undefined) throw new UsageError(`--vs zookeeper: ${missing}`);
    return { kind: "none", reason: `${missing}; --vs none does without`, expected: false };
  }
  return { kind: "target", target: makeTarget(env, name, NO_CONNECTION_LIMIT) };
}

function makeTarget(env: Env, name: TargetName, settings: readonly string[]): Target {
  return name === "reference"
    ? new ReferenceTarget(env, { settings })
    : new ZooKeeperTarget(env, { settings });
}

function missingZooKeeper(): string | null {
  const found = findZooKeeper(process.env);
  return typeof found === "string" ? found : null;
}
