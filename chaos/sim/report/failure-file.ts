/**
 * A failure as a file: what `npm run sim -- --replay FILE` reads.
 */
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { z } from "zod";
import { makeDirectories } from "../../../results/make-directories.ts";
import { checkSchema } from "../../../results/schema.ts";
import type { SimFailure } from "../outcome.ts";
import { planSchema } from "./plan-schema.ts";

/** The message names the file, the field and the remedy. */
export class FailureFileError extends Error {
  override readonly name = "FailureFileError";
}

const ISSUES_SHOWN_MAX = 3;

/** Of a failure in a file; what a file of the corpus has besides comes on top. */
export const failureSchema = z.strictObject({
  format: z.literal(1),
  commit: z.string(),
  mutant: z.string().nullable(),
  seed: z.number(),
  plan: planSchema,
  check: checkSchema.pick({
    id: true,
    name: true,
    guarantee: true,
    violations: true,
    violationCount: true,
  }),
  traceHash: z.string().regex(/^[0-9a-f]+$/, "expected hexadecimal digits"),
  before: z.strictObject({ ops: z.int().min(0), faults: z.int().min(0) }),
}) satisfies z.ZodType<SimFailure>;

/**
 * Writes the failure as JSON; the directory is made if it is missing. The file is whole and durable
 * when this returns: whatever happens, the old content or the new one is there. Throws a
 * `FailureFileError` for what `readFailure` would refuse, and the system's errors.
 */
export function writeFailure(file: string, failure: SimFailure): void {
  const checked = parse(failure, `${file} (not written)`, "it is the simulator that is wrong");
  const directory = path.dirname(path.resolve(file));
  makeDirectories(directory);
  const temporary = path.join(directory, `.${path.basename(file)}.${process.pid}.partial`);
  try {
    writeFileSync(temporary, `${JSON.stringify(checked, null, 1)}\n`, { flush: true });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(directory);
}

/** Reads and validates. Throws a `FailureFileError` that names the file, the field and the remedy. */
export function readFailure(file: string): SimFailure {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "there is no such file" : message;
    throw new FailureFileError(
      `${file}: ${why}: give the path of a failure that npm run sim wrote`,
      { cause: error },
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FailureFileError(
      `${file}: not JSON (${(error as Error).message}): it is damaged, or no failure; run its seed again with npm run sim -- --from SEED --seeds 1`,
      { cause: error },
    );
  }
  return parse(
    value,
    file,
    "correct the field, or replay the file with the commit that wrote it (git switch --detach COMMIT)",
  );
}

function parse(value: unknown, place: string, remedy: string): SimFailure {
  const result = failureSchema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const shown = issues
    .slice(0, ISSUES_SHOWN_MAX)
    .map((issue) => `${fieldName(issue.path)}: ${issue.message}`);
  if (issues.length > shown.length) shown.push(`and ${issues.length - shown.length} more`);
  throw new FailureFileError(`${place}: ${shown.join("; ")}: ${remedy}`);
}

/** `plan.faults[2].atMs`, as one would write it in code. */
function fieldName(keys: readonly PropertyKey[]): string {
  let name = "";
  for (const key of keys) {
    if (typeof key === "number") name += `[${key}]`;
    else name += name === "" ? String(key) : `.${String(key)}`;
  }
  return name === "" ? "the whole content" : name;
}

function syncDirectory(directory: string): void {
  const handle = openSync(directory, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
