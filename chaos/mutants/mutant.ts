/**
 * A bug that is planted to see whether the lab finds it. It is data: nothing of it is in the product's
 * source, it is put into a module's text when that is loaded (plant.ts).
 */

/** What guarantees.md promises. */
export type Guarantee =
  | "sequential consistency"
  | "atomicity"
  | "single system image"
  | "reliability"
  | "timeliness"
  | "linearizability"
  | "watches"
  | "sessions"
  | "liveness";

/** The checkers of guarantees.md. */
export const CHECK_IDS = [
  "C1",
  "C2",
  "C3",
  "C4",
  "C5",
  "C6",
  "C7",
  "C8",
  "C9",
  "C10",
  "C11",
  "C12",
  "C13",
] as const;
export type CheckId = (typeof CHECK_IDS)[number];

export interface Edit {
  /** Below `server/` or `loadgen/client/`, from the project's root. */
  readonly file: string;
  /** Text that is in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

export interface Mutant extends Edit {
  /** In kebab-case: what the mistake is. */
  readonly name: string;
  /** The same mistake in further places, for bugs that two lines of defence would hide. */
  readonly also?: readonly Edit[];
  /** What is changed besides, where it is loaded: lines of defence that would hide what the bug does. */
  readonly besides?: readonly Edit[];
  readonly guarantee: Guarantee;
  /** Which checkers may see it, the one that should first. */
  readonly seenBy: readonly [CheckId, ...CheckId[]];
  /** What a user would see, in one sentence, with ZooKeeper's own bug of that kind if there is one. */
  readonly why: string;
  /** What kind of schedule brings it out. */
  readonly broughtOut: string;
}

/** All places that the mutant changes. */
export function editsOf(mutant: Mutant): readonly Edit[] {
  return [mutant, ...(mutant.also ?? []), ...(mutant.besides ?? [])];
}

/** The files that the bug itself is in, each once. */
export function bugFilesOf(mutant: Mutant): readonly string[] {
  return filesOf({ ...mutant, besides: [] });
}

/** The files that the mutant changes, each once. */
export function filesOf(mutant: Mutant): readonly string[] {
  return [...new Set(editsOf(mutant).map(({ file }) => file))];
}

/** A mutant does not fit the source: its text moved or changed, and the mutant has to follow. */
export class MutantError extends Error {
  override readonly name = "MutantError";
}

/** The text of `file` with the mutant in it. Throws a `MutantError` unless each text is there once. */
export function mutate(mutant: Mutant, file: string, source: string): string {
  let mutated = source;
  for (const edit of editsOf(mutant)) {
    if (edit.file !== file) continue;
    const pieces = mutated.split(edit.find);
    if (pieces.length !== 2) {
      throw new MutantError(
        `mutant ${mutant.name}: its text is ${pieces.length - 1} times in ${file}, expected once:\n${edit.find}`,
      );
    }
    mutated = pieces.join(edit.replace);
  }
  return mutated;
}
