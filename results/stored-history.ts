/**
 * A run directory as those who judge it want it: the whole history in memory, at a few dozen bytes for
 * each record (see operation-rows.ts). The history is all that must be there.
 */
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { z } from "zod";
import type { HistoryRecord, RunHistory, ServerFinal, ServerSample } from "./history.ts";
import { faultLogSchema, historyRecordSchema, serverSampleSchema } from "./history-schema.ts";
import { OperationRows } from "./operation-rows.ts";
import { RunError, parseJson, twice } from "./run-error.ts";
import { completeFacts, runFactsSchema } from "./run-facts.ts";
import { RUN_FILES } from "./run-writer.ts";
import { SampleRows } from "./sample-rows.ts";
import { runSchema } from "./schema.ts";
import { SeenIds } from "./seen-ids.ts";
import { SharedStrings } from "./shared-strings.ts";
import { findStored, linesOf, refuse } from "./stored-lines.ts";
import { readServersFile } from "./stored-servers.ts";
import { TransactionRows } from "./transaction-rows.ts";
import { WatchRows } from "./watch-rows.ts";

/**
 * Reads and validates history, samples, logs, faults and facts; each of the long files may be without its
 * compression. Throws a `RunError` that names the file, the line and the field.
 */
export async function readStoredHistory(directory: string): Promise<RunHistory> {
  await assertDirectory(directory);
  const strings = new SharedStrings();
  const records = await readRecords(directory, strings);
  const samples = await readSampleRows(directory, strings);
  const finals = await readFinals(directory, strings);
  strings.close();
  const faults = (await readOptional(directory, RUN_FILES.faults, faultLogSchema)) ?? [];
  const run = await readOptional(directory, RUN_FILES.run, runSchema);
  const stored = (await readOptional(directory, RUN_FILES.facts, runFactsSchema)) ?? {};
  const lastMs = Math.max(
    lastOf(records, recordMs),
    lastOf(samples, (each) => each.receivedMs),
  );
  return { records, samples, finals, faults, ...completeFacts(stored, run, faults, lastMs) };
}

async function assertDirectory(directory: string): Promise<void> {
  const found = await stat(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw new RunError(`${directory}: cannot be read (${error.message}).`, { cause: error });
  });
  const what = found === null ? "missing" : found.isDirectory() ? null : "no directory";
  if (what === null) return;
  throw new RunError(
    `${directory}: ${what}. Give the directory of a run, such as results/runs/ID.`,
  );
}

async function readRecords(directory: string, strings: SharedStrings): Promise<HistoryRecord[]> {
  const file = await findStored(path.join(directory, RUN_FILES.history));
  if (file === null) {
    throw new RunError(
      `${path.join(directory, RUN_FILES.history)}: missing, and so is the same without .gz. ` +
        "Give the directory of a run, such as results/runs/ID.",
    );
  }
  const operations = new OperationRows(strings);
  const watches = new WatchRows(strings);
  const records: HistoryRecord[] = [];
  const ids = new SeenIds();
  await eachLine(file, historyRecordSchema, (record, place) => {
    if (record.kind === "op") {
      if (!ids.add(record.id)) throw twice(`${place()}: id: ${record.id}`, "operation");
      records.push(operations.add(record));
    } else if (record.kind === "watch") records.push(watches.add(record));
    else records.push(strings.shareIn(record));
  });
  return records;
}

async function readSampleRows(directory: string, strings: SharedStrings): Promise<ServerSample[]> {
  const file = await findStored(path.join(directory, RUN_FILES.samples));
  const rows = new SampleRows(strings);
  const samples: ServerSample[] = [];
  if (file === null) return samples;
  await eachLine(file, serverSampleSchema, (sample) => void samples.push(rows.add(sample)));
  return samples;
}

async function readFinals(directory: string, strings: SharedStrings): Promise<ServerFinal[]> {
  const file = await findStored(path.join(directory, RUN_FILES.servers));
  if (file === null) return [];
  const rows = new TransactionRows(strings);
  return readServersFile(file, (txn) => rows.add(txn));
}

async function eachLine<T>(
  file: string,
  schema: z.ZodType<T>,
  visit: (record: T, place: () => string) => void,
): Promise<void> {
  let number = 0;
  const place = (): string => `${file}: line ${number}`;
  for await (const lines of linesOf(file)) {
    for (const line of lines) {
      number++;
      visit(parseJson(schema, line, place()), place);
    }
  }
}

/** Null: it is not there. */
async function readOptional<T>(
  directory: string,
  name: string,
  schema: z.ZodType<T>,
): Promise<T | null> {
  const file = path.join(directory, name);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) =>
    error.code === "ENOENT" ? null : refuse(file, error),
  );
  return text === null ? null : parseJson(schema, text, file);
}

function recordMs(record: HistoryRecord): number {
  return record.kind === "op" ? record.completeMs : record.atMs;
}

function lastOf<T>(items: readonly T[], msOf: (item: T) => number): number {
  let lastMs = 0;
  for (const item of items) lastMs = Math.max(lastMs, msOf(item));
  return lastMs;
}
