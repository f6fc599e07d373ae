/**
 * A file of a run directory that cannot be used, and the validation that finds out.
 */
import type { z } from "zod";

/** The message names the file, the field and the remedy. */
export class RunError extends Error {
  override readonly name = "RunError";
}

const ISSUES_SHOWN_MAX = 3;

/** The value as the schema's type; throws a `RunError` that names `place` and the wrong fields. */
export function validate<T>(schema: z.ZodType<T>, value: unknown, place: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const shown = issues
    .slice(0, ISSUES_SHOWN_MAX)
    .map((issue) => `${fieldName(issue.path)}: ${issue.message}`);
  if (issues.length > shown.length) shown.push(`and ${issues.length - shown.length} more`);
  throw new RunError(
    `${place}: ${shown.join("; ")}. It does not fit version 1 of the results schema ` +
      `(results/schema.ts): correct a file made by hand; of a run remove it, or read it with the revision that wrote it.`,
  );
}

/** The text as JSON that fits the schema; throws a `RunError` that names `place`. */
export function parseJson<T>(schema: z.ZodType<T>, text: string, place: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RunError(
      `${place}: not JSON (${(error as Error).message}): the file is damaged; remove the run, or correct the line of a file made by hand.`,
      { cause: error },
    );
  }
  return validate(schema, value, place);
}

/** Of something that there must be once; `place` names it, with its file and field. */
export function twice(place: string, what: "operation" | "server"): RunError {
  return new RunError(
    `${place} is that of an earlier ${what}, too: give each ${what} its own, or remove the repetition.`,
  );
}

/** `operations[2].latency.p50`, as one would write it in code. */
function fieldName(path: readonly PropertyKey[]): string {
  let name = "";
  for (const key of path) {
    if (typeof key === "number") name += `[${key}]`;
    else name += name === "" ? String(key) : `.${String(key)}`;
  }
  return name === "" ? "the whole content" : name;
}
