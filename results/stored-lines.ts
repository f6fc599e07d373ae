/**
 * Reading the long files of a run directory: compressed, or plain where somebody made them by hand.
 */
import { createReadStream } from "node:fs";
import { access } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { RunError } from "./run-error.ts";

const COMPRESSED = ".gz";

/**
 * The file itself, or the same without the compression; null when there is neither. Throws the
 * system's error when it cannot be told.
 */
export async function findStored(file: string): Promise<string | null> {
  for (const each of [file, file.slice(0, -COMPRESSED.length)]) {
    const found = await access(each).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return false;
        throw error;
      },
    );
    if (found) return each;
  }
  return null;
}

/** The text of the file, piece by piece. Throws a `RunError`. */
export async function* piecesOf(file: string): AsyncGenerator<string> {
  const bytes = createReadStream(file);
  const text: Readable = file.endsWith(COMPRESSED) ? bytes.pipe(createGunzip()) : bytes;
  // An error of the file must reach the reader, who only sees the decompressed stream.
  if (text !== bytes) bytes.on("error", (error) => text.destroy(error));
  text.setEncoding("utf8");
  try {
    for await (const piece of text) yield String(piece);
  } catch (error) {
    refuse(file, error);
  } finally {
    bytes.destroy();
  }
}

/** Its lines, many at a time: one at a time would take longer than what is done with them. */
export async function* linesOf(file: string): AsyncGenerator<readonly string[]> {
  let rest = "";
  for await (const piece of piecesOf(file)) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    if (lines.length > 0) yield lines;
  }
  if (rest === "") return;
  // Who makes a file by hand may leave out the last line's end; the run's writer never does.
  if (!file.endsWith(COMPRESSED)) yield [rest];
  else throw new RunError(`${file}: the last line is cut off: the file is damaged.`);
}

/** Says of a file that could not be read what to do about it. */
export function refuse(file: string, error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") {
    throw new RunError(
      `${file}: missing. Give the directory of a finished run, such as results/runs/ID.`,
      { cause: error },
    );
  }
  throw new RunError(`${file}: cannot be read (${message}): the file is damaged; remove the run.`, {
    cause: error,
  });
}
