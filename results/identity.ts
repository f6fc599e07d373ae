/**
 * What a run was: enough to say whether two runs may be compared, and to run it again.
 */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import os from "node:os";
import { SCHEMA_VERSION } from "./schema.ts";
import type { RunIdentity } from "./schema.ts";

export interface IdentityOptions {
  /** lab, bench … */
  readonly kind: string;
  /** Profile or scenario. */
  readonly name: string;
  readonly seed: number;
  /** reference, zookeeper … */
  readonly target: string;
  /** embedded, toxiproxy (version), or none: direct links. */
  readonly proxy: string;
  /** Everything that was configured; it must survive JSON. */
  readonly config: Readonly<Record<string, unknown>>;
}

const GIT_TIMEOUT_MS = 5_000;
const NAME_LENGTH_MAX = 40;

/**
 * The identity of a run that starts now. `source` is a directory of the checkout that is measured
 * (default: this one). Outside a checkout, or without git, `git` is null: never an error.
 */
export function collectIdentity(
  options: IdentityOptions,
  source: string = import.meta.dirname,
): RunIdentity {
  const startedAt = new Date().toISOString();
  const cpus = os.cpus();
  return {
    schema: SCHEMA_VERSION,
    id: makeRunId(startedAt, options.name),
    kind: options.kind,
    name: options.name,
    startedAt,
    git: gitRevision(source),
    node: process.version,
    machine: {
      os: `${os.type()} ${os.release()} ${os.arch()}`,
      cpu: cpus[0]?.model.trim() || "unknown",
      cores: os.availableParallelism(),
      memoryBytes: os.totalmem(),
    },
    seed: options.seed,
    target: options.target,
    proxy: options.proxy,
    config: { ...options.config },
  };
}

/** `20261120T133536.123Z-lab-3f9a0c`: sorts by time, and is a safe name of a directory anywhere. */
export function makeRunId(startedAt: string, name: string): string {
  const time = startedAt.replaceAll("-", "").replaceAll(":", "");
  const safeName = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, NAME_LENGTH_MAX)
    .replace(/^-+|-+$/g, "");
  return `${time}-${safeName || "run"}-${randomBytes(3).toString("hex")}`;
}

/** The commit of the checkout at `directory`, and whether files differ from it; null without one. */
export function gitRevision(directory: string): RunIdentity["git"] {
  try {
    const revision = git(directory, ["rev-parse", "HEAD"]);
    return { revision, dirty: git(directory, ["status", "--porcelain"]) !== "" };
  } catch {
    // No git, no checkout, no commit yet, or not our files: each means that there is no revision to
    // tell, which the identity can say.
    return null;
  }
}

function git(directory: string, args: readonly string[]): string {
  return execFileSync("git", ["--no-optional-locks", ...args], {
    cwd: directory,
    encoding: "utf8",
    timeout: GIT_TIMEOUT_MS,
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
}
