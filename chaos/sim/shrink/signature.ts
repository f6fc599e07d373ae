/** What makes two failures the same: which check, and what it says, whatever the names and numbers. */
import type { CheckResult } from "../../../results/schema.ts";

export interface FailureSignature {
  readonly checkId: string;
  /** The first message with placeholders for numbers, names and paths. */
  readonly shape: string;
}

/** Of the first check that fails; null: none does. */
export function signatureOf(checks: readonly CheckResult[]): FailureSignature | null {
  const failing = checks.find(({ verdict }) => verdict === "fail");
  return failing === undefined ? null : { checkId: failing.id, shape: shapeOf(failing) };
}

/** The check that fails in that way; undefined: none does. Other checks may fail as well. */
export function failureLike(
  signature: FailureSignature,
  checks: readonly CheckResult[],
): CheckResult | undefined {
  return checks.find(
    (check) =>
      check.verdict === "fail" &&
      check.id === signature.checkId &&
      shapeOf(check) === signature.shape,
  );
}

function shapeOf({ violations }: CheckResult): string {
  return messageShape(violations[0]?.message ?? "");
}

const OPERATION =
  /\b(?:create|delete|setData|getData|exists|getChildren2?|sync|multi|[sg]etACL|addWatch|removeWatches|reconfig)\b/g;

/** `zxid 0x100000003 of /a/b took 12.5 ms` → `zxid # of PATH took # ms`. */
export function messageShape(message: string): string {
  return (
    message
      .replaceAll(/"[^"]*"|`[^`]*`/g, "NAME")
      .replaceAll(/(?<![\w/])\/[^\s,;:)"]*/g, "PATH")
      .replaceAll(OPERATION, "OPERATION")
      .replaceAll(/0x[0-9a-f]+/gi, "#")
      .replaceAll(/-?\d+(?:[.,]\d+)*/g, "#")
      // Lists are as long as there are servers, sessions or operations.
      .replaceAll(/#(?:(?:, | and | or )#)+/g, "#")
      .replaceAll(/PATH(?:(?:, | and | or )PATH)+/g, "PATH")
  );
}
