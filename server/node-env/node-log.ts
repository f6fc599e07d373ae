/**
 * Structured log lines by pino: one JSON object per line.
 */
import { destination as fileDestination, pino, stdSerializers } from "pino";
import type { Log, LogFields } from "../env.ts";

const LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LEVELS)[number];

export interface LogOptions {
  /** Lines below this level are not written; `silent` writes none. */
  readonly level: LogLevel;
  /** Who speaks, in every line (`server-1`). */
  readonly name: string;
  /** A file's path (appended to), or anything that takes whole lines; by default stderr. */
  readonly destination?: string | { write(line: string): void };
}

/**
 * Creates a log. Lines are written before the call returns, so that none is lost when the process
 * exits or crashes right after: there is one per event, not one per request, and the cost is small.
 */
export function createLog(options: LogOptions): Log {
  if (!LEVELS.includes(options.level)) {
    throw new Error(`log level "${options.level}" is not known: use one of ${LEVELS.join(", ")}`);
  }
  const target = options.destination ?? 2;
  const stream =
    typeof target === "object" ? target : fileDestination({ dest: target, sync: true });
  const logger = pino(
    {
      level: options.level,
      base: { name: options.name, pid: process.pid },
      serializers: { err: stdSerializers.err, error: stdSerializers.err },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
    },
    stream,
  );
  return {
    debug: (fields: LogFields, message: string) => logger.debug(fields, message),
    info: (fields: LogFields, message: string) => logger.info(fields, message),
    warn: (fields: LogFields, message: string) => logger.warn(fields, message),
    error: (fields: LogFields, message: string) => logger.error(fields, message),
  };
}
