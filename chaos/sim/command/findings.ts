/** All that was found, told once for each way to fail. */
import { messageShape } from "../shrink/signature.ts";
import { type Failure, type Finding, type RunSource, sourceName, type Trouble } from "./finding.ts";

/** Seeds that failed in the same way. */
export interface FailureKind {
  /** The one with the lowest seed. */
  readonly first: Failure;
  readonly count: number;
}

export class Findings {
  readonly #kinds = new Map<string, FailureKind>();
  readonly troubles: Trouble[] = [];

  add(finding: Finding): void {
    if (finding.kind !== "failure") {
      this.troubles.push(finding);
      return;
    }
    const message = finding.check.violations[0]?.message ?? "";
    const key = `${finding.check.id} ${messageShape(message)}`;
    const before = this.#kinds.get(key);
    const isFirst = before === undefined || orderOf(finding.source) < orderOf(before.first.source);
    this.#kinds.set(key, {
      first: isFirst ? finding : before.first,
      count: (before?.count ?? 0) + 1,
    });
  }

  /** In the order of their seeds, those of the corpus first. */
  get kinds(): FailureKind[] {
    return [...this.#kinds.values()].toSorted(
      (a, b) => orderOf(a.first.source) - orderOf(b.first.source),
    );
  }

  get failed(): number {
    return this.kinds.reduce((sum, { count }) => sum + count, 0);
  }

  get hangs(): number {
    return this.troubles.filter(({ kind }) => kind === "hang").length;
  }
}

function orderOf(source: RunSource): number {
  return "seed" in source ? source.seed : -1;
}

/** `seed 17  C7 reliability: …` */
export function findingLine(finding: Finding): string {
  const name = sourceName(finding.source);
  switch (finding.kind) {
    case "failure": {
      const { id, name: check, violations } = finding.check;
      return `FAIL  ${name}: ${id} ${check}: ${violations[0]?.message ?? "no violation was kept"}`;
    }
    case "hang":
      return `HANG  ${name}: ${finding.message}`;
    case "no-verdict":
      return `????  ${name}: ${finding.message}`;
  }
}
