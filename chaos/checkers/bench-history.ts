/**
 * The history that the checkers' speed is measured on. A process of its own makes it, so that making it
 * costs the measured one nothing, and leaves it in the files of a run directory, to be read as a run is.
 */
import { createReadStream, createWriteStream } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import type {
  HistoryRecord,
  RunHistory,
  ServerFinal,
  ServerSample,
  ServerTxn,
} from "../../results/history.ts";
import { RUN_FILES } from "../../results/run-writer.ts";
import { readHistory, readSamples, readServers } from "../../results/store.ts";
import { generateRun } from "./generated-run.ts";

const SEED = 1;
/** One event to five operations or so, and few reconnects, as in the lab's own runs. */
const MIX = { lastingWatchShare: 0.02, disturbedShare: 0.05 };
/** What a run directory says in run.json, which is more than the checkers read. */
const FACTS_FILE = "facts.json";
const PIECE_CHARACTERS = 65_536;

/** Makes the history of a correct ensemble, with about so many operations, and writes it. */
export async function writeBenchHistory(directory: string, operations: number): Promise<void> {
  const history = generateRun(SEED, operations, MIX);
  const { records, samples, finals, ...facts } = history;
  const file = (name: string): string => path.join(directory, name);
  await writeLines(file(RUN_FILES.history), lines(records));
  await writeLines(file(RUN_FILES.samples), lines(samples));
  await writeLines(file(RUN_FILES.servers), serversJson(finals));
  await writeFile(file(FACTS_FILE), JSON.stringify(facts));
}

/** Reads the whole of it as `results/store.ts` does for everybody. */
export async function readStoredHistory(directory: string): Promise<RunHistory> {
  const finals = await readServers(directory);
  const records: HistoryRecord[] = [];
  for await (const record of readHistory(directory)) records.push(record);
  const samples: ServerSample[] = [];
  for await (const sample of readSamples(directory)) samples.push(sample);
  return { ...(await readFacts(directory)), records, samples, finals };
}

type Facts = Omit<RunHistory, "records" | "samples" | "finals">;

async function readFacts(directory: string): Promise<Facts> {
  return JSON.parse(await readFile(path.join(directory, FACTS_FILE), "utf8")) as Facts;
}

/**
 * Reads it as a process holds it that has run the clients itself: equal strings are one, and so are the
 * entries that the servers' logs share.
 */
export async function readLeanHistory(directory: string): Promise<RunHistory> {
  const strings = new Map<string, string>();
  const read = async function* <T extends object>(name: string): AsyncGenerator<T> {
    for await (const line of linesOf(path.join(directory, name))) {
      yield shareStrings(JSON.parse(line) as T, strings);
    }
  };
  const records: HistoryRecord[] = [];
  for await (const record of read<HistoryRecord>(RUN_FILES.history)) records.push(record);
  const samples: ServerSample[] = [];
  for await (const sample of read<ServerSample>(RUN_FILES.samples)) samples.push(sample);
  const log: ServerTxn[] = [];
  const finals: ServerFinal[] = [];
  for await (const line of linesOf(path.join(directory, RUN_FILES.servers))) {
    const text = line.replace(/^[[,]/, "");
    const isFirst = finals.length === 1;
    if (text.startsWith('{"server"'))
      finals.push({ ...(JSON.parse(`${text}]}`) as ServerFinal), log });
    else if (text.startsWith("{") && isFirst)
      log.push(shareStrings(JSON.parse(text) as ServerTxn, strings));
  }
  return { ...(await readFacts(directory)), records, samples, finals };
}

/** The same object, in which each string that was there before is the one that was. */
function shareStrings<T extends object>(object: T, strings: Map<string, string>): T {
  const fields = object as Record<string, unknown>;
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === "string") fields[name] = shared(value, strings);
    else if (Array.isArray(value)) {
      for (const [at, item] of (value as unknown[]).entries()) {
        if (typeof item === "string") value[at] = shared(item, strings);
        else shareStrings(item as object, strings);
      }
    } else if (typeof value === "object" && value !== null) shareStrings(value, strings);
  }
  return object;
}

function shared(text: string, strings: Map<string, string>): string {
  const known = strings.get(text);
  if (known !== undefined) return known;
  strings.set(text, text);
  return text;
}

function linesOf(file: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(file).pipe(createGunzip()) });
}

function* lines(records: readonly (HistoryRecord | ServerSample)[]): Generator<string> {
  for (const record of records) yield `${JSON.stringify(record)}\n`;
}

/** One entry to a line: as one text the logs of a long run are too long for a string. */
function* serversJson(finals: RunHistory["finals"]): Generator<string> {
  for (const [at, { log, ...final }] of finals.entries()) {
    yield `${at === 0 ? "[" : ","}${JSON.stringify(final).slice(0, -1)},"log":[\n`;
    for (const [index, txn] of log.entries()) {
      yield `${index === 0 ? "" : ","}${JSON.stringify(txn)}\n`;
    }
    yield "]}\n";
  }
  yield "]";
}

async function writeLines(file: string, texts: Iterable<string>): Promise<void> {
  await pipeline(Readable.from(pieces(texts)), createGzip({ level: 1 }), createWriteStream(file));
}

function* pieces(texts: Iterable<string>): Generator<string> {
  let piece = "";
  for (const text of texts) {
    piece += text;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}
