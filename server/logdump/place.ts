/** What is to be dumped, and what is known of the history whose files are looked at. */
import type { ServerId, Zxid } from "../ids.ts";
import type { Directories } from "../storage/layout.ts";
import type { HistoryStanding } from "./events.ts";

export interface DumpOptions extends Directories {
  /** Transactions outside of this range, both ends included, are not shown; they are checked. */
  readonly from: Zxid;
  readonly to: Zxid;
  readonly withValues: boolean;
}

export interface HistoryPlace {
  readonly standing: HistoryStanding;
  /** Whose directory it is; null: not known. */
  readonly sid: ServerId | null;
  /** Why recovery refuses to start on the directories; null: it does not. */
  readonly refused: string | null;
}

/** Whether recovery reads the files of a history that stands like this: it may, if that is not known. */
export function isRead(standing: HistoryStanding): boolean {
  return standing === "inForce" || standing === "unknown";
}
