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

const EXISTS_WITHOUT_READ =
  "exists needs the READ permission from 3.9 on, so that who may not read learns nothing; 3.8 asks for none";

export const EXCEPTIONS: readonly Exception[] = [
  {
    suite: "c-client",
    case: "who may do what",
    target: "zookeeper-3.8",
    why: EXISTS_WITHOUT_READ,
  },
];
