import type { FaultRecord } from "../results/history.ts";
import type { OutageFigures } from "../results/schema.ts";

/** Where a sought gap lies between two acknowledgements, or between one and the end. */
interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * For each fault the longest time without an acknowledged write that overlaps it: from the last
 * acknowledgement before, which may be before the fault, to the first after, which may be after it
 * was healed. `ackMs` are the acknowledgements of all probing clients, in any order.
 */
export function outages(
  faults: readonly FaultRecord[],
  ackMs: readonly number[],
  probe: { readonly beginMs: number; readonly endMs: number; readonly intervalMs: number },
): OutageFigures[] {
  const { beginMs, endMs, intervalMs } = probe;
  const inside = ackMs.filter((atMs) => atMs > beginMs && atMs < endMs).toSorted((a, b) => a - b);
  const edges = [beginMs, ...inside, endMs];
  return faults.map((fault) => {
    const gap = longestGap(edges, fault.requestedMs, fault.healedMs ?? endMs);
    return {
      fault: fault.name,
      fromMs: gap.fromMs,
      toMs: gap.toMs,
      durationMs: gap.toMs - gap.fromMs,
      resolutionMs: intervalMs,
    };
  });
}

/** The longest gap between neighbours of `edges` (rising) that overlaps the window. */
function longestGap(edges: readonly number[], windowFromMs: number, windowToMs: number): Gap {
  let longest: Gap = { fromMs: windowFromMs, toMs: windowFromMs };
  for (let index = firstAbove(edges, windowFromMs); index < edges.length; index++) {
    const fromMs = edges[index - 1] ?? windowFromMs;
    const toMs = edges[index] as number;
    if (fromMs >= windowToMs) break;
    if (toMs - fromMs > longest.toMs - longest.fromMs) longest = { fromMs, toMs };
  }
  return longest;
}

function firstAbove(rising: readonly number[], value: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rising[middle] as number) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
