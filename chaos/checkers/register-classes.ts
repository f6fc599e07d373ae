/**
 * What makes the search for a linearization small: operations that were never answered can take effect
 * at any time or never, and as many as there are of them, so many orders there are. Those of which it
 * makes no difference which one it was are one class.
 */
import type { Register, RegisterOperation } from "./register-operations.ts";
import type { RegisterStep } from "./register-model.ts";

/** Stands for all values that were written by unanswered operations and never seen. */
export const UNSEEN = "\u0000unseen";

export interface ClassedOperation extends RegisterOperation {
  /** Operations of one class have the same effect; null for those that were answered. */
  readonly classKey: string | null;
}

/** The operations without those that nothing can tell from none; versions only where they were seen. */
export function classify({ operations }: Register): ClassedOperation[] {
  const steps = operations.flatMap((operation) => operation.steps);
  const seen = new Set(steps.filter((step) => step.type === "read").map((step) => step.value));
  const versioned = steps.some(
    ({ version, expectedVersion = -1 }) => version !== undefined || expectedVersion >= 0,
  );
  const classed: ClassedOperation[] = [];
  for (const operation of operations) {
    const unanswered = operation.returnMs === Number.POSITIVE_INFINITY;
    const own = operation.steps.map((step) => {
      const blind = unanswered && writes(step) && !seen.has(step.value);
      return adapt(step, blind, versioned);
    });
    const onlySets = own.every((step) => step.type === "setData" && step.value === UNSEEN);
    if (unanswered && onlySets && !versioned) continue;
    const classKey = unanswered ? JSON.stringify(own) : null;
    classed.push({ ...operation, steps: own, classKey });
  }
  return classed;
}

function writes(step: RegisterStep): boolean {
  return step.type === "setData" || step.type === "create";
}

function adapt(step: RegisterStep, blind: boolean, versioned: boolean): RegisterStep {
  const value = blind ? UNSEEN : step.value;
  if (versioned || step.type !== "create") return { ...step, value };
  return { ...step, value, version: -1 };
}
