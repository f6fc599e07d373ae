import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Suite } from "../suite.ts";

/** A suite called "tiny" of plain Node: `program` is an ES module. */
export function nodeProgram(program: string, missing: string | null = null): Suite {
  return {
    name: "tiny",
    about: "a program of a few lines",
    missing: () => missing,
    async build(directory) {
      const file = join(directory, "tiny.mjs");
      await writeFile(file, program);
      return { file: process.execPath, args: [file] };
    },
  };
}
