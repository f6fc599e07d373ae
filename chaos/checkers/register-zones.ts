/**
 * Linearizability of a register of which it is known which write each read has seen: each value was
 * written once, and nothing is asked of versions and of what exists. There it needs no search, however
 * many writes were under way at a time (Gibbons and Korach, "Testing shared memories", 1997).
 *
 * A write and the reads of its value are a cluster, and stand together in every order. One cluster
 * is before another if one of its operations ended before one of the other began; an order is there
 * if no two clusters are before each other.
 */
import type { Register, RegisterOperation } from "./register-operations.ts";

export type ZoneResult =
  /** It is another kind of register. */
  | { readonly outcome: "not known" }
  | { readonly outcome: "linearizable" }
  | {
      readonly outcome: "violation";
      /** Of those that have no order the read that was answered last. */
      readonly misfit: RegisterOperation;
      /** They have no order, whatever else was done: in the order of invocation. */
      readonly conflict: readonly RegisterOperation[];
    };

interface Cluster {
  /** Null: the value that was there before the history begins, or that nobody wrote. */
  write: RegisterOperation | null;
  readonly reads: RegisterOperation[];
  /** When the first of them ended, and when the last began. */
  firstReturnMs: number;
  lastInvokeMs: number;
}

type Value = string | null;

const NOT_KNOWN: ZoneResult = { outcome: "not known" };

export function judgeZones(register: Register): ZoneResult {
  const clusters = clustersOf(register);
  if (clusters === null) return NOT_KNOWN;
  const result = judgeClusters(clusters);
  // A value that was there before the history begins may be one that is written in it, too.
  return result.outcome === "violation" && !register.created ? NOT_KNOWN : result;
}

function judgeClusters(clusters: Cluster[]): ZoneResult {
  for (const cluster of clusters) {
    const early = cluster.reads.find(({ returnMs }) => returnMs < (cluster.write?.invokeMs ?? 0));
    if (early !== undefined) return violation([cluster], [early]);
  }
  clusters.sort((a, b) => a.firstReturnMs - b.firstReturnMs);
  let longest: Cluster | null = null;
  for (const cluster of clusters) {
    if (longest !== null && isBefore(longest, cluster) && isBefore(cluster, longest)) {
      return violation([longest, cluster], [...longest.reads, ...cluster.reads]);
    }
    // Two that both go on beyond a third one's first return are before each other, and were found.
    if (longest === null || cluster.lastInvokeMs > longest.lastInvokeMs) longest = cluster;
  }
  return { outcome: "linearizable" };
}

function isBefore(a: Cluster, b: Cluster): boolean {
  return a.firstReturnMs < b.lastInvokeMs;
}

/** Null when it is not known which write each read has seen. */
function clustersOf({ operations, created }: Register): Cluster[] | null {
  const clusters = new Map<Value, Cluster>();
  const reads: { readonly read: RegisterOperation; readonly value: Value }[] = [];
  for (const [at, operation] of operations.entries()) {
    const [step, more] = operation.steps;
    if (step === undefined || more !== undefined || step.code !== 0) return null;
    if (step.version !== undefined || (step.expectedVersion ?? -1) >= 0) return null;
    switch (step.type) {
      case "create":
        if (at > 0 || !endsBeforeTheRest(operations)) return null;
        break;
      case "setData":
        break;
      case "read":
        // Where only one creation comes first, all others show that it is there.
        if (step.value !== undefined) reads.push({ read: operation, value: step.value });
        continue;
      case "delete":
      case "check":
        return null;
    }
    if (step.value === undefined || clusters.has(step.value)) return null;
    clusters.set(step.value, clusterOf(operation));
  }
  let isFirstKnown = created;
  for (const { read, value } of reads) {
    let cluster = clusters.get(value);
    if (cluster === undefined) {
      // One value may have been there before; the search says it better what is wrong with a second.
      if (isFirstKnown) return null;
      isFirstKnown = true;
      clusters.set(value, (cluster = clusterOf(null)));
    }
    cluster.reads.push(read);
    cluster.firstReturnMs = Math.min(cluster.firstReturnMs, read.returnMs);
    cluster.lastInvokeMs = Math.max(cluster.lastInvokeMs, read.invokeMs);
  }
  // A write that was not answered, and that nobody saw, may not have happened.
  return [...clusters.values()].filter(
    ({ firstReturnMs }) => firstReturnMs !== Number.POSITIVE_INFINITY,
  );
}

function clusterOf(write: RegisterOperation | null): Cluster {
  const none = Number.NEGATIVE_INFINITY;
  return {
    write,
    reads: [],
    firstReturnMs: write?.returnMs ?? none,
    lastInvokeMs: write?.invokeMs ?? none,
  };
}

/** The first was over before any other began. */
function endsBeforeTheRest([first, ...rest]: readonly RegisterOperation[]): boolean {
  return first !== undefined && rest.every(({ invokeMs }) => invokeMs > first.returnMs);
}

function violation(clusters: readonly Cluster[], reads: readonly RegisterOperation[]): ZoneResult {
  const writes = clusters.flatMap(({ write }) => (write === null ? [] : [write]));
  const conflict = [...writes, ...reads].sort((a, b) => a.invokeMs - b.invokeMs);
  const [misfit] = reads.toSorted((a, b) => b.returnMs - a.returnMs);
  return misfit === undefined ? NOT_KNOWN : { outcome: "violation", misfit, conflict };
}
