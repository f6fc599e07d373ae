/**
 * The differences that are meant, each with its reason; the README's table has the same. What is not
 * listed is a failure, and so is an exception that does not happen any more.
 */
import type { TargetName } from "./targets.ts";

export interface Exception {
  readonly suite: string;
  /** The case's name. */
  readonly case: string;
  /** Which target differs from ZooKeeper 3.9. */
  readonly target: Exclude<TargetName, "zookeeper-3.9">;
  readonly why: string;
}

export const EXCEPTIONS: readonly Exception[] = [];
