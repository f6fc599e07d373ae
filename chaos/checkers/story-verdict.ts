/**
 * Test support: what a checker says of a story.
 */
import type { CheckResult } from "../../results/schema.ts";
import type { Checker } from "./checker.ts";
import { prepareHistory } from "./prepared-history.ts";
import type { Story } from "./story.ts";

export function judge(checker: Checker, story: Story): CheckResult {
  return checker.check(prepareHistory(story.history()));
}

/** The messages of a checker that must have failed the story; the verdict itself if it did not. */
export function complaint(checker: Checker, story: Story): string {
  const result = judge(checker, story);
  if (result.verdict !== "fail") return `${result.verdict} ${result.note}`.trimEnd();
  return result.violations.map((violation) => violation.message).join("\n");
}
