/** Mutants and who saw them, as a table for people. */
import { type Hunt, type Witness, whyUndecided } from "./hunt.ts";
import { CHECK_IDS } from "./mutant.ts";

const COLUMNS: readonly Witness[] = [...CHECK_IDS, "run", "hang"];
const LEGEND =
  "● the check that should see it first  ○ another one that may  ? one that was not expected\n" +
  "run: the run failed, and no check said why  hang: a seed did not end";

export interface SeedFigures {
  /** Of the mutants that were found; null: none was. */
  readonly median: number | null;
  readonly worst: number | null;
}

export function seedFigures(results: readonly Hunt[]): SeedFigures {
  const needed = results
    .flatMap(({ finding }) => (finding === null ? [] : [finding.seedsNeeded]))
    .toSorted((a, b) => a - b);
  const upper = needed[needed.length >> 1];
  const lower = needed[(needed.length - 1) >> 1];
  if (upper === undefined || lower === undefined) return { median: null, worst: null };
  return { median: (lower + upper) / 2, worst: needed.at(-1) ?? null };
}

/** Lines without a line feed at the end. */
export function renderMatrix(results: readonly Hunt[], seeds: number): string {
  const width = Math.max(6, ...results.map(({ mutant }) => mutant.name.length));
  const heads = COLUMNS.map((column) => ` ${column}`).join("");
  const lines = [`${"mutant".padEnd(width)}  seeds   seed${heads}`];
  for (const result of results) lines.push(renderRow(result, width));
  lines.push(`${"seen by".padEnd(width)}              ${totals(results)}`, "", LEGEND, "");
  return [...lines, ...summary(results, seeds)].join("\n");
}

function renderRow({ mutant, status, finding, seedsRun }: Hunt, width: number): string {
  const name = mutant.name.padEnd(width);
  if (finding === null) {
    const fate = status === "survived" ? "SURVIVED" : "undecided";
    return `${name}  ${String(seedsRun).padStart(5)}      -  ${fate}`;
  }
  const marks = COLUMNS.map(
    (column) => ` ${mark(column, finding.by, mutant.seenBy).padStart(column.length)}`,
  );
  const { seed, seedsNeeded } = finding;
  return `${name}  ${String(seedsNeeded).padStart(5)} ${String(seed).padStart(6)}${marks.join("")}`;
}

function mark(column: string, by: readonly string[], seenBy: readonly string[]): string {
  if (!by.includes(column)) return "·";
  if (column === seenBy[0]) return "●";
  return seenBy.includes(column) ? "○" : "?";
}

function totals(results: readonly Hunt[]): string {
  return COLUMNS.map((column) => {
    const seen = results.filter(({ finding }) => finding?.by.includes(column)).length;
    return ` ${String(seen === 0 ? "" : seen).padStart(column.length)}`;
  }).join("");
}

function summary(results: readonly Hunt[], seeds: number): string[] {
  const found = results.filter(({ status }) => status === "found");
  const { median, worst } = seedFigures(results);
  const lines = [`${found.length} of ${results.length} mutants found, within ${seeds} seeds each`];
  if (median !== null) lines[0] += `; seeds needed: median ${median}, worst ${worst}`;
  for (const result of results) {
    const { mutant, status } = result;
    const { name, guarantee, seenBy, broughtOut } = mutant;
    if (status === "survived") {
      const should = `${seenBy.join(", ")} should have seen it (${guarantee})`;
      lines.push(`survived: ${name}: ${should}, brought out by: ${broughtOut}`);
    }
    if (status === "undecided") lines.push(`undecided: ${name}: ${whyUndecided(result)}`);
  }
  for (const { mutant, finding } of found) {
    const seenBy: readonly string[] = mutant.seenBy;
    if (finding === null || finding.by.some((witness) => seenBy.includes(witness))) continue;
    lines.push(
      `elsewhere: ${mutant.name}: seen by ${finding.by.join(", ")}, expected ${seenBy.join(", ")}`,
    );
  }
  const doubtful = results.flatMap(({ mutant, doubts }) =>
    doubts.map((doubt) => `${mutant.name}, ${doubt}`),
  );
  const [first] = doubtful;
  if (first !== undefined)
    lines.push(`seeds that decided nothing: ${doubtful.length}; the first: ${first}`);
  return lines;
}
