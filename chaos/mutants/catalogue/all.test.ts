import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { editsOf, filesOf, mutate } from "../mutant.ts";
import { mutantNamed, MUTANTS } from "./all.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const LOAD_EACH = fileURLToPath(new URL("../testing/load-each.ts", import.meta.url));

/** The table of the well-known ones (chaos/README.md), row by row. */
const WELL_KNOWN = [
  "newleader-acked-before-history-durable",
  "proposal-acked-before-fsync",
  "diff-where-trunc-is-needed",
  "failed-trunc-taken-for-done",
  "log-cut-one-entry-too-far",
  "pending-writes-applied-when-the-role-ends",
  "vote-ignores-the-epoch",
  "quorum-is-half",
  "proposal-of-an-older-epoch-accepted",
  "commit-applies-only-the-transaction-it-names",
  "last-zxid-seen-not-checked",
  "sync-answered-locally",
  "snapshot-in-the-middle-of-a-multi",
  "ephemeral-accepted-after-the-close-of-its-session",
  "event-sent-after-the-data",
  "torn-tail-left-in-place",
  "lost-hello-never-dialled-again",
];

describe("the planted bugs", () => {
  test("have names of their own, in kebab-case", () => {
    const names = MUTANTS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
  });

  test("are all the well-known ones, and more than twenty besides", () => {
    for (const name of WELL_KNOWN) expect(mutantNamed(name)?.name).toBe(name);
    expect(MUTANTS.length - WELL_KNOWN.length).toBeGreaterThan(20);
  });

  test("change the product alone: the server and the client", () => {
    for (const file of MUTANTS.flatMap(filesOf)) {
      expect(file).toMatch(/^(server|loadgen\/client)\/.*\.ts$/);
      expect(file).not.toContain(".test.");
    }
  });

  test("say what a user would see, and who should see it first", () => {
    for (const { why, broughtOut, seenBy } of MUTANTS) {
      expect(why).toMatch(/^[A-Z].*\.$/s);
      expect(broughtOut.length).toBeGreaterThan(3);
      expect(new Set(seenBy).size).toBe(seenBy.length);
    }
  });

  test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))("%s fits", (_, mutant) => {
    for (const file of filesOf(mutant)) {
      const source = readFileSync(path.join(ROOT, file), "utf8");
      expect(mutate(mutant, file, source)).not.toBe(source);
    }
    for (const { find, replace } of editsOf(mutant)) expect(replace).not.toBe(find);
  });

  test("are modules that load when they are planted, each by itself", () => {
    const said = execFileSync(process.execPath, ["--no-warnings", LOAD_EACH], { encoding: "utf8" });
    expect(said).toBe(`loaded ${MUTANTS.flatMap(filesOf).length}\n`);
  });
});
