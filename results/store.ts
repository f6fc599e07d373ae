/**
 * The runs on disk: one directory each, named by the run's id, below one root (results/runs).
 */
import { access, readFile, readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import type { z } from "zod";
import type { FaultRecord, HistoryRecord, ServerFinal, ServerSample } from "./history.ts";
import { faultLogSchema, historyRecordSchema, serverSampleSchema } from "./history-schema.ts";
import { parseJson } from "./run-error.ts";
import { PARTIAL_PREFIX, RUN_FILES, RunWriter } from "./run-writer.ts";
import { runSchema, seriesSchema } from "./schema.ts";
import type { RunFile, RunIdentity, SeriesFile } from "./schema.ts";
import { SharedStrings } from "./shared-strings.ts";
import { linesOf, refuse } from "./stored-lines.ts";
import { readServersFile } from "./stored-servers.ts";

/** What every run has; the long files are read one by one, when somebody needs them. */
export interface StoredRun {
  readonly directory: string;
  readonly run: RunFile;
  readonly faults: readonly FaultRecord[];
  readonly series: SeriesFile;
}

export interface RunEntry {
  readonly id: string;
  readonly directory: string;
}

/** A hidden directory whose process is gone, untouched for this long, is what a crash left behind. */
const LEFT_BEHIND_MS = 3_600_000;

/** Begins to write a run below `root`, which is made if missing; sweeps what crashed runs left there. */
export async function createRun(root: string, identity: RunIdentity): Promise<RunWriter> {
  const writer = new RunWriter(identity, root);
  writer.begin();
  await sweepPartials(root);
  return writer;
}

/** Reads and validates run.json, faults.json and series.json. Throws a `RunError`: file and field. */
export async function readRun(directory: string): Promise<StoredRun> {
  // The run first: where there is none, it is the file whose absence says so.
  const run = await readJson(path.join(directory, RUN_FILES.run), runSchema);
  const [faults, series] = await Promise.all([
    readJson(path.join(directory, RUN_FILES.faults), faultLogSchema),
    readJson(path.join(directory, RUN_FILES.series), seriesSchema),
  ]);
  return { directory, run, faults, series };
}

/** The operation history, record by record. Throws a `RunError` that names the line. */
export function readHistory(directory: string): AsyncGenerator<HistoryRecord> {
  return readLines(path.join(directory, RUN_FILES.history), historyRecordSchema);
}

/** What the servers said about themselves, in the order of the samples. */
export function readSamples(directory: string): AsyncGenerator<ServerSample> {
  return readLines(path.join(directory, RUN_FILES.samples), serverSampleSchema);
}

/** Each server's log and final state. */
export function readServers(directory: string): Promise<readonly ServerFinal[]> {
  const strings = new SharedStrings();
  return readServersFile(path.join(directory, RUN_FILES.servers), (txn) => strings.shareIn(txn));
}

/** The finished runs below `root`, oldest first (ids begin with the time); none if it is missing. */
export async function listRuns(root: string): Promise<RunEntry[]> {
  const names = await namesIn(root);
  const runs: RunEntry[] = [];
  for (const id of names.filter((name) => !name.startsWith(".")).sort()) {
    const directory = path.join(root, id);
    const finished = await access(path.join(directory, RUN_FILES.run)).then(
      () => true,
      () => false,
    );
    if (finished) runs.push({ id, directory });
  }
  return runs;
}

async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readFile(file, "utf8").catch((error: unknown) => refuse(file, error));
  return parseJson(schema, text, file);
}

async function* readLines<T>(file: string, schema: z.ZodType<T>): AsyncGenerator<T> {
  let number = 0;
  for await (const lines of linesOf(file)) {
    for (const line of lines) yield parseJson(schema, line, `${file}: line ${++number}`);
  }
}

async function sweepPartials(root: string): Promise<void> {
  const oldestMs = Date.now() - LEFT_BEHIND_MS;
  for (const name of await namesIn(root)) {
    if (!name.startsWith(PARTIAL_PREFIX)) continue;
    const pid = Number(name.slice(PARTIAL_PREFIX.length).split("-")[0]);
    const directory = path.join(root, name);
    // Gone meanwhile: another process finished it or swept it.
    const age = await stat(directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw error;
    });
    if (age === null || age.mtimeMs > oldestMs || isAlive(pid)) continue;
    await rm(directory, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}
