/** All that was found, told once for each way to fail. */
import { messageShape } from "../shrink/signature.ts";
import { type Failure, type Finding, type RunSource, sourceName, type Trouble } from "./finding.ts";

const TAGS = { failure: "FAIL", hang: "HANG", "no-verdict": "????" } as const;

/** Seeds that failed in the same way. */
export interface FailureKind {
  /** The one with the lowest seed. */
  readonly first: Failure;
  readonly count: number;
}

/** Runs whose findings are alike, of which the first few were named. */
interface Likes {
  readonly named: Finding;
  count: number;
}

export class Findings {
  readonly #kinds = new Map<string, FailureKind>();
  readonly #likes = new Map<string, Likes>();
  readonly troubles: Trouble[] = [];

  /** How many like it there are by now, itself included. */
  add(finding: Finding): number {
    const key = wayOf(finding);
    const likes = this.#likes.get(key) ?? { named: finding, count: 0 };
    likes.count++;
    this.#likes.set(key, likes);
    if (finding.kind === "failure") this.#addFailure(finding, key);
    else this.troubles.push(finding);
    return likes.count;
  }

  /** A line for every way in which more than `named` runs failed: the rest of them, counted. */
  restLines(named: number): string[] {
    return [...this.#likes.values()]
      .filter(({ count }) => count > named)
      .map(({ named: { kind, source }, count }) => {
        const others = count - named === 1 ? "1 other" : `${count - named} others`;
        return `${TAGS[kind]}  ${others} in the same way as ${sourceName(source)}`;
      });
  }

  #addFailure(finding: Failure, key: string): void {
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

/** What findings have in common that are told once. */
function wayOf(finding: Finding): string {
  if (finding.kind !== "failure") return `${finding.kind} ${messageShape(finding.message)}`;
  const message = finding.check.violations[0]?.message ?? "";
  return `${finding.check.id} ${messageShape(message)}`;
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
      return `${TAGS.failure}  ${name}: ${id} ${check}: ${violations[0]?.message ?? "no violation was kept"}`;
    }
    case "hang":
      return `${TAGS.hang}  ${name}: ${finding.message}`;
    case "no-verdict":
      return `${TAGS["no-verdict"]}  ${name}: ${finding.message}`;
  }
}
