import { setFlagsFromString } from "node:v8";

/**
 * Runs all promise reactions that are due, and those that they cause, until none is left. Only from
 * outside of a promise reaction: inside of one it does nothing. The language has no such operation, but
 * the engine has; without it nobody could say when an async function that goes on several times
 * between two events has come to rest.
 */
export const settlePromises: () => void = engineCheckpoint();

function engineCheckpoint(): () => void {
  setFlagsFromString("--allow-natives-syntax");
  try {
    // oxlint-disable-next-line no-implied-eval -- the operator is no JavaScript, and no input is in it
    return new Function("%PerformMicrotaskCheckpoint()") as () => void;
  } finally {
    setFlagsFromString("--no-allow-natives-syntax");
  }
}
