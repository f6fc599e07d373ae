/**
 * Plants the mutant that the environment names into the modules that this process loads:
 *
 *     QUORUM_LAB_MUTANT=NAME node --import ./chaos/mutants/plant.ts PROGRAM
 *
 * Loading a module that the mutant does not fit throws a `MutantError`; so does a name that there is not.
 */
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { mutantNamed } from "./catalogue/all.ts";
import { bugFilesOf, filesOf, mutate, MutantError, type Mutant } from "./mutant.ts";

export const MUTANT_VARIABLE = "QUORUM_LAB_MUTANT";

const ROOT_URL = new URL("../../", import.meta.url).href;
const loaded = new Set<string>();
const planted = fromEnvironment();

/** The mutant of this process; null: none is asked for. */
export function plantedMutant(): Mutant | null {
  return planted;
}

/** The files of the mutant that no module was loaded from yet: it is not in this program, or in part. */
export function filesNotLoaded(): string[] {
  return planted === null ? [] : bugFilesOf(planted).filter((file) => !loaded.has(file));
}

function fromEnvironment(): Mutant | null {
  const name = process.env[MUTANT_VARIABLE];
  if (name === undefined || name === "") return null;
  const mutant = mutantNamed(name);
  if (mutant === undefined) throw new MutantError(`${MUTANT_VARIABLE}: there is no mutant ${name}`);
  plant(mutant);
  return mutant;
}

function plant(mutant: Mutant): void {
  const files = filesOf(mutant);
  registerHooks({
    load(url, context, nextLoad) {
      const result = nextLoad(url, context);
      const file = files.find((path) => url === ROOT_URL + path);
      if (file === undefined) return result;
      const { source } = result;
      if (source === null || source === undefined) {
        throw new MutantError(
          `mutant ${mutant.name}: ${fileURLToPath(url)} was loaded without text`,
        );
      }
      const text =
        typeof source === "string" ? source : Buffer.from(source as Uint8Array).toString();
      const mutated = mutate(mutant, file, text);
      loaded.add(file);
      return { ...result, source: mutated };
    },
  });
}
