/**
 * `npm run bench -- admin-http`: what one server's admin port answers while the ensemble is idle.
 */
import autocannon, { type Result } from "autocannon";
import type { Command } from "commander";
import type { Env } from "../../server/env.ts";
import { formatCount, formatMs } from "../../results/format.ts";
import { ReferenceTarget } from "../targets/reference.ts";
import { until } from "./interruptible.ts";
import { number, wholeNumber } from "./options.ts";
import type { JsonOutput } from "./part.ts";

const PATHS = ["/commands/status", "/metrics"] as const;
/** What the admin port lets in at once. */
const CONNECTIONS_MAX = 64;
const EXIT_INVALID = 3;

export interface AdminHttpFlags {
  readonly connections: number;
  readonly duration: number;
  readonly json?: boolean;
}

/** Adds the command; its action is the caller's. */
export function addAdminHttp(program: Command): Command {
  return program
    .command("admin-http")
    .description("Requests per second and latency of a server's /commands/status and /metrics.")
    .option("--connections <n>", "connections in all", wholeNumber(1, CONNECTIONS_MAX), 10)
    .option("--duration <seconds>", "for each of the two", number(3600), 5)
    .option("--json", "the figures as one line on stdout, all else on stderr")
    .allowExcessArguments(false);
}

/** Resolves with the exit code; throws when the servers cannot be started, or `signal` ends it. */
export async function benchAdminHttp(
  env: Env,
  { connections, duration }: AdminHttpFlags,
  output: JsonOutput,
  signal: AbortSignal,
): Promise<number> {
  output.progress("admin-http: starting reference");
  const running = await new ReferenceTarget(env).start(signal);
  const figures: Record<string, number> = {};
  let failed = 0;
  try {
    const address = running.admin[0];
    if (address === undefined) throw new Error("the server has no admin port");
    for (const path of PATHS) {
      output.progress(`admin-http: ${path} for ${duration} s`);
      const url = `http://${address.host}:${address.port}${path}`;
      const run = autocannon({ url, connections, duration });
      const stop = (): void => run.stop();
      signal.addEventListener("abort", stop, { once: true });
      const result = await until(signal, Promise.resolve(run));
      signal.removeEventListener("abort", stop);
      output.line(resultLine(path, result));
      Object.assign(figures, figuresOf(path, result));
      failed += failures(result);
    }
  } finally {
    await running.stop();
  }
  if (failed > 0) output.line(`invalid: ${failed} requests failed`);
  output.json({ bench: "admin-http", verdict: failed > 0 ? "invalid" : "pass", figures });
  return failed > 0 ? EXIT_INVALID : 0;
}

/** As a person reads it. */
export function resultLine(path: string, result: Result): string {
  const { p50, p99, p99_9, max } = result.latency;
  const times = [p50, p99, p99_9, max].map(shown).join(" / ");
  return `${path}: ${formatCount(result.requests.average)} requests/s, p50 / p99 / p99.9 / max ${times}, failed ${failures(result)}`;
}

/** Its clock counts whole milliseconds. */
function shown(ms: number): string {
  return ms < 1 ? "< 1 ms" : formatMs(ms);
}

function figuresOf(path: string, { requests, latency }: Result): Record<string, number> {
  const name = path.replace("/commands", "").slice(1);
  return {
    [`${name}_requests_per_s`]: requests.average,
    [`${name}_ms_p50`]: latency.p50,
    [`${name}_ms_p99`]: latency.p99,
    [`${name}_ms_max`]: latency.max,
  };
}

function failures({ errors, timeouts, non2xx }: Result): number {
  return errors + timeouts + non2xx;
}
