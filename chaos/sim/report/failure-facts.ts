/**
 * What a failure is, in words: the same for the page and the terminal.
 */
import type { SimFailure } from "../outcome.ts";
import type { SimFault } from "../plan.ts";
import type { Diagram } from "./diagram.ts";

export interface FailureFacts {
  /** `C7 reliability broken`. */
  readonly title: string;
  readonly guarantee: string;
  /** What broke it, in a sentence. */
  readonly message: string;
  readonly evidence: readonly string[];
  /** Name and value, in the order in which they are to be read. */
  readonly identity: readonly (readonly [name: string, value: string])[];
  readonly replay: string;
  readonly faults: readonly FaultFact[];
  readonly shrunk: string;
}

export interface FaultFact {
  readonly number: number;
  /** `power-cut` */
  readonly name: string;
  readonly text: string;
  /** `1.520–3.500 s`; what it was planned for if it did not happen. */
  readonly when: string;
  readonly happened: boolean;
}

/** `file`: where the failure is kept. */
export function failureFacts(failure: SimFailure, diagram: Diagram, file?: string): FailureFacts {
  const { check, plan, before } = failure;
  const violation = check.violations[0];
  const more = check.violationCount - 1;
  return {
    title: `${check.id} ${check.name} broken`,
    guarantee: check.guarantee,
    message: violation?.message ?? "The check kept no violation.",
    evidence: violation?.evidence ?? [],
    identity: [
      ["seed", String(failure.seed)],
      ["commit", failure.commit],
      ["mutant", failure.mutant ?? "none: it is the server's own bug"],
      ["ensemble", ensembleOf(failure)],
      ["violations", more > 0 ? `${check.violationCount}, of which this is the first` : "1"],
      ["trace hash", failure.traceHash],
    ],
    replay: `npm run sim -- --replay ${quoted(file ?? "FILE")}`,
    faults: faultsOf(failure, diagram),
    shrunk:
      `Shrunk from ${counted(before.ops, "operation")} and ${counted(before.faults, "fault")} ` +
      `to ${plan.ops.length} and ${plan.faults.length}.`,
  };
}

/** `t = 1.520 s`, everywhere in reports: seconds with the milliseconds. */
export function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

function ensembleOf({ plan }: SimFailure): string {
  const parts = [counted(plan.servers, "server")];
  if (plan.observers > 0) parts.push(counted(plan.observers, "observer"));
  if (plan.spares > 0) parts.push(counted(plan.spares, "spare"));
  parts.push(counted(plan.sessionTimeoutsMs.length, "client"));
  return parts.join(", ");
}

function faultsOf({ plan }: SimFailure, diagram: Diagram): FaultFact[] {
  const facts = plan.faults.map(
    (fault, index): { readonly fromMs: number; readonly fact: FaultFact } => {
      const seen = diagram.faults.find((each) => each.number === index + 1);
      const [fromMs, toMs] = seen
        ? [seen.fromMs, seen.toMs]
        : [fault.atMs, fault.atMs + fault.holdMs];
      const fact = {
        number: index + 1,
        name: fault.type,
        text: seen?.text ?? plannedText(fault),
        when: `${seconds(fromMs)}–${seconds(toMs)} s`,
        happened: seen !== undefined,
      };
      return { fromMs, fact };
    },
  );
  return facts
    .toSorted((a, b) => a.fromMs - b.fromMs || a.fact.number - b.fact.number)
    .map(({ fact }) => fact);
}

function plannedText(fault: SimFault): string {
  const target = "target" in fault ? fault.target : null;
  if (target === null) return "planned";
  return typeof target === "number" ? `planned for server ${target}` : `planned for a ${target}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A path as one word of a shell. */
function quoted(file: string): string {
  return /^[\w./@:+-]+$/.test(file) ? file : `'${file.replaceAll("'", String.raw`'\''`)}'`;
}
