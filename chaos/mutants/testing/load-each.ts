/**
 * A program that loads every mutated module of every mutant once, each as a module of its own, and writes
 * one line for each that cannot be loaded. A module's imports are those of the product.
 */
import { registerHooks } from "node:module";
import { MUTANTS, mutantNamed } from "../catalogue/all.ts";
import { filesOf, mutate } from "../mutant.ts";

const ROOT_URL = new URL("../../../", import.meta.url).href;

registerHooks({
  load(url, context, nextLoad) {
    const result = nextLoad(url, context);
    const { origin, pathname, searchParams, protocol } = new URL(url);
    const mutant = mutantNamed(searchParams.get("mutant") ?? "");
    if (mutant === undefined) return result;
    const plain = protocol === "file:" ? `file://${pathname}` : `${origin}${pathname}`;
    const text = Buffer.from(result.source as Uint8Array).toString();
    return { ...result, source: mutate(mutant, plain.slice(ROOT_URL.length), text) };
  },
});

let loaded = 0;
for (const mutant of MUTANTS) {
  for (const file of filesOf(mutant)) {
    try {
      await import(`${ROOT_URL}${file}?mutant=${mutant.name}`);
      loaded++;
    } catch (error) {
      console.log(`${mutant.name}: ${file}: ${String(error)}`);
    }
  }
}
console.log(`loaded ${loaded}`);
