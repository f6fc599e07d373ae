import { describe, expect, test } from "vitest";
import { filesOf, mutate, MutantError, type Mutant } from "./mutant.ts";
import { mutantCalled } from "./testing/mutants.ts";

const MUTANT = mutantCalled("skips-a-version");
const SOURCE = "export const next = (version: number) => version + 1;\n";

describe("a mutant's text", () => {
  test("is put in the place of the product's, as it is", () => {
    expect(mutate(MUTANT, MUTANT.file, SOURCE)).toBe(SOURCE.replace("+ 1", "+ 2"));
    const dollars = { ...MUTANT, replace: "$& + $1" };
    expect(mutate(dollars, MUTANT.file, SOURCE)).toBe(
      SOURCE.replace("version + 1", () => "$& + $1"),
    );
  });

  test.each([
    ["gone", "export {};\n", "0 times"],
    ["there twice", SOURCE + SOURCE, "2 times"],
  ])("that is %s is an error with mutant, file and text", (_, source, times) => {
    const fit = (): string => mutate(MUTANT, MUTANT.file, source);
    expect(fit).toThrow(MutantError);
    for (const part of [MUTANT.name, MUTANT.file, MUTANT.find, times]) expect(fit).toThrow(part);
  });

  test("may be in several places, each judged by itself", () => {
    const other = { file: "server/tree/sequence.ts", find: "10", replace: "9" };
    const twice: Mutant = {
      ...MUTANT,
      also: [{ ...other, file: MUTANT.file, find: "next" }, other],
    };
    expect(filesOf(twice)).toEqual([MUTANT.file, other.file]);
    expect(mutate(twice, MUTANT.file, SOURCE)).toBe(
      "export const 9 = (version: number) => version + 2;\n",
    );
    expect(mutate(twice, other.file, "pad(10)")).toBe("pad(9)");
    expect(() => mutate(twice, other.file, SOURCE)).toThrow(other.find);
  });

  test("leaves all other files as they are", () => {
    expect(mutate(MUTANT, "server/tree/path.ts", SOURCE)).toBe(SOURCE);
  });
});
