/** What an operator is told about a bad place, in the words of recovery where recovery has some. */
import { DAMAGE_REMEDY } from "../storage/damage.ts";
import type { Finding, FindingVerdict } from "./events.ts";

const ADVICE: Readonly<Record<FindingVerdict, string>> = {
  cut:
    "Nothing needs to be done: recovery cuts it off. It is what is left of the last write, of which " +
    "nobody was told that it was durable; or a server that runs is writing it now",
  passedOver:
    "The server starts without this file, from what is left. Keep the older snapshots and the log " +
    "until it has written the next snapshot, and look at the disk's health",
  refused: DAMAGE_REMEDY,
  notRead:
    "A start does not read this place. Restore the file from a copy if it is kept as evidence, and look " +
    "at the disk's health",
};

export function finding(
  file: string,
  offset: number | null,
  found: string,
  verdict: FindingVerdict,
  advice: string = ADVICE[verdict],
): Finding {
  return { kind: "finding", file, offset, found, verdict, advice };
}
