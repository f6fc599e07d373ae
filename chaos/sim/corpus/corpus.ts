/**
 * Plans of all failures that were ever found, with what they found. Plans and not seeds: what a seed
 * means changes with the generator, what a plan means does not.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { makeDirectories } from "../../../results/make-directories.ts";
import type { SimFailure } from "../outcome.ts";
import { failureSchema } from "../report/failure-file.ts";

export interface CorpusEntry extends SimFailure {
  /** In kebab-case; the file is `NAME.json`. */
  readonly name: string;
  /** What broke, and what fixed it. */
  readonly reason: string;
}

/** The message names the file, the field and the remedy. */
export class CorpusError extends Error {
  override readonly name = "CorpusError";
}

const entrySchema = failureSchema.extend({
  name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "expected kebab-case"),
  reason: z.string().min(1),
  mutant: z.null("a planted bug is none of the server's own: it does not belong here"),
}) satisfies z.ZodType<CorpusEntry>;

/** All of them, by name. Throws a `CorpusError` for a file that is no entry. */
export function readCorpus(directory: string): CorpusEntry[] {
  let files: string[];
  try {
    files = readdirSync(directory).filter((name) => name.endsWith(".json"));
  } catch (error) {
    throw new CorpusError(`${directory}: ${messageOf(error)}: give the directory of a corpus`, {
      cause: error,
    });
  }
  return files.toSorted().map((file) => readCorpusEntry(path.join(directory, file)));
}

/** Throws a `CorpusError`. */
export function readCorpusEntry(file: string): CorpusEntry {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new CorpusError(`${file}: ${messageOf(error)}: mend the file, or take it away`, {
      cause: error,
    });
  }
  const entry = parse(value, file);
  if (`${entry.name}.json` === path.basename(file)) return entry;
  throw new CorpusError(`${file}: name: ${entry.name} does not go with it: they must be the same`);
}

/**
 * Takes a failure in, which is that of the file `source`; returns the new file. Throws a `CorpusError`
 * when the name is taken, or the failure is a planted bug's.
 */
export function keepFailure(
  directory: string,
  source: string,
  failure: SimFailure,
  name: string,
  reason: string,
): string {
  const file = path.join(directory, `${name}.json`);
  const entry = parse({ ...failure, name, reason }, source);
  makeDirectories(directory);
  try {
    writeFileSync(file, `${JSON.stringify(entry, null, 1)}\n`, { flag: "wx", flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new CorpusError(`${file} is there already: choose another --name`, { cause: error });
  }
  return file;
}

function parse(value: unknown, place: string): CorpusEntry {
  const result = entrySchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join(".") ?? "";
  throw new CorpusError(`${place}: ${field === "" ? "the whole" : field}: ${issue?.message}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
