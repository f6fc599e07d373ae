/**
 * Writes one run. Everything goes into a hidden directory beside the runs, which gets its real name
 * only when all of it is on disk: a run directory is whole or not there.
 */
import { createWriteStream, rmSync } from "node:fs";
import { open, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { z } from "zod";
import type { FaultRecord, HistoryRecord, ServerFinal, ServerSample } from "./history.ts";
import { faultLogSchema, historyRecordSchema, serverSampleSchema } from "./history-schema.ts";
import { makeDirectories } from "./make-directories.ts";
import { RunError, validate } from "./run-error.ts";
import { runFactsSchema } from "./run-facts.ts";
import type { RunFacts } from "./run-facts.ts";
import { identitySchema, runSchema, seriesSchema } from "./schema.ts";
import type { RunFile, RunIdentity, SeriesFile } from "./schema.ts";
import { serversText } from "./stored-servers.ts";

/** The names of the files of a run directory (see schema.ts). */
export const RUN_FILES = {
  run: "run.json",
  faults: "faults.json",
  series: "series.json",
  history: "history.jsonl.gz",
  servers: "servers.json.gz",
  samples: "samples.jsonl.gz",
  facts: "facts.json",
  report: "report.html",
} as const;

/** Hidden directories with this prefix are runs that are being written; `store.ts` skips them. */
export const PARTIAL_PREFIX = ".partial-";

/** Lines are handed to the compressor in pieces of about this many characters. */
const PIECE_CHARACTERS = 65_536;

/**
 * One run on its way to disk. Each `write…` replaces that file; values that do not fit the schema are
 * refused with a `RunError` before anything is written. After `finish` or `abandon` nothing more can
 * be written.
 */
export class RunWriter {
  readonly identity: RunIdentity;
  /** Where the run will be once it is finished. */
  readonly directory: string;
  readonly #partial: string;
  readonly #written = new Set<string>();
  #open = true;

  /** Use `createRun` of store.ts, which makes the directory. */
  constructor(identity: RunIdentity, root: string) {
    validate(identitySchema, identity, "identity");
    if (path.basename(identity.id) !== identity.id || identity.id.startsWith(".")) {
      throw new RunError(`identity: id: ${JSON.stringify(identity.id)} is no name of a directory`);
    }
    this.identity = identity;
    this.directory = path.join(root, identity.id);
    this.#partial = path.join(root, `${PARTIAL_PREFIX}${process.pid}-${identity.id}`);
  }

  /** Makes the hidden directory. Throws the system's error. */
  begin(): void {
    makeDirectories(path.resolve(this.#partial));
  }

  async writeFaults(faults: readonly FaultRecord[]): Promise<void> {
    await this.#writeJson(RUN_FILES.faults, faultLogSchema, faults);
  }

  async writeSeries(series: SeriesFile): Promise<void> {
    await this.#writeJson(RUN_FILES.series, seriesSchema, series);
  }

  /** Records in the order of the history; they are taken and compressed as they come. */
  async writeHistory(
    records: Iterable<HistoryRecord> | AsyncIterable<HistoryRecord>,
  ): Promise<void> {
    await this.#writeLines(RUN_FILES.history, historyRecordSchema, records);
  }

  async writeSamples(samples: Iterable<ServerSample> | AsyncIterable<ServerSample>): Promise<void> {
    await this.#writeLines(RUN_FILES.samples, serverSampleSchema, samples);
  }

  async writeServers(finals: readonly ServerFinal[]): Promise<void> {
    await this.#writeText(RUN_FILES.servers, serversText(finals, RUN_FILES.servers));
  }

  /** What those who judge the run again must know besides. */
  async writeFacts(facts: RunFacts): Promise<void> {
    await this.#writeJson(RUN_FILES.facts, runFactsSchema, facts);
  }

  async writeReport(html: string): Promise<void> {
    await this.#writeFile(RUN_FILES.report, html);
  }

  /**
   * Writes run.json, and empty faults.json and series.json if there were none, and gives the run its
   * name. Resolves to the directory when all of it is durable. History, samples, servers and report
   * are there if they were written.
   */
  async finish(run: RunFile): Promise<string> {
    if (run.identity.id !== this.identity.id) {
      throw new RunError(
        `${RUN_FILES.run}: identity.id is ${run.identity.id}, but this run is ${this.identity.id}`,
      );
    }
    if (!this.#written.has(RUN_FILES.faults)) await this.writeFaults([]);
    if (!this.#written.has(RUN_FILES.series)) await this.writeSeries({ series: [] });
    await this.#writeJson(RUN_FILES.run, runSchema, run);
    this.#assertOpen();
    await syncDirectory(this.#partial);
    await rename(this.#partial, this.directory);
    await syncDirectory(path.dirname(this.directory));
    this.#open = false;
    return this.directory;
  }

  /**
   * Removes all that was written; harmless after `finish` or twice. Synchronous, so that it can be
   * called while the process exits.
   */
  abandon(): void {
    if (!this.#open) return;
    this.#open = false;
    // A write that was under way may add its file while the directory is emptied: try again.
    rmSync(this.#partial, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  }

  async #writeJson<T>(name: string, schema: z.ZodType<T>, value: unknown): Promise<void> {
    validate(schema, value, name);
    await this.#writeFile(name, `${JSON.stringify(value, null, 1)}\n`);
  }

  async #writeFile(name: string, content: string | Uint8Array): Promise<void> {
    this.#assertOpen();
    await writeFile(path.join(this.#partial, name), content, { flush: true });
    this.#written.add(name);
  }

  async #writeLines<T>(
    name: string,
    schema: z.ZodType<T>,
    records: Iterable<T> | AsyncIterable<T>,
  ): Promise<void> {
    await this.#writeText(name, linesOf(name, schema, records));
  }

  async #writeText(name: string, texts: Iterable<string> | AsyncIterable<string>): Promise<void> {
    this.#assertOpen();
    const file = createWriteStream(path.join(this.#partial, name), { flush: true });
    await pipeline(Readable.from(pieces(texts)), createGzip({ level: 4 }), file);
    this.#written.add(name);
  }

  #assertOpen(): void {
    if (!this.#open) throw new RunError(`run ${this.identity.id} is finished or abandoned already`);
  }
}

async function* linesOf<T>(
  name: string,
  schema: z.ZodType<T>,
  records: Iterable<T> | AsyncIterable<T>,
): AsyncGenerator<string> {
  let line = 0;
  for await (const record of records) {
    line += 1;
    validate(schema, record, `${name}: line ${line}`);
    yield `${JSON.stringify(record)}\n`;
  }
}

/** Many lines at a time: one chunk per record would cost more than its bytes. */
async function* pieces(texts: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  let piece = "";
  for await (const text of texts) {
    piece += text;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
