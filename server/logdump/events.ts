/**
 * What a dump finds in a server's directories, in the order in which it is found. Each event is a line
 * of the text (`text.ts`), and an object of the JSON (`main.ts`).
 */
import type { TxnLine } from "./txn-line.ts";

/**
 * What recovery makes of a bad place when the server starts:
 * - `cut`: the remains of the last write, of which nobody was told that it was durable, are cut off;
 * - `passedOver`: it goes on without this file;
 * - `refused`: it does not start;
 * - `notRead`: it does not look there.
 */
export type FindingVerdict = "cut" | "passedOver" | "refused" | "notRead";

/** `inForce` is what the server goes on with, `replaced` what an installed snapshot has replaced. */
export type HistoryStanding = "inForce" | "replaced" | "beingInstalled" | "unknown";

/** Zxids are hexadecimal ("0x…"), sizes and offsets bytes, paths of files as they were asked for. */
export type DumpEvent =
  | {
      readonly kind: "server";
      readonly dataDir: string;
      readonly dataLogDir: string;
      readonly stateFile: string;
      /** Null if the state file cannot be read. */
      readonly state: {
        readonly sid: number;
        readonly acceptedEpoch: number;
        readonly currentEpoch: number;
        readonly history: number;
        readonly baseZxid: string;
      } | null;
    }
  | { readonly kind: "history"; readonly number: number; readonly standing: HistoryStanding }
  | {
      readonly kind: "snapshot";
      readonly file: string;
      readonly sizeBytes: number;
      readonly zxid: string;
      /** Null if the file is damaged. */
      readonly content: {
        readonly sid: number;
        readonly znodes: number;
        readonly sessions: number;
        /** SHA-256 of the state: what /commands/final shows of the same state. */
        readonly digest: string;
      } | null;
    }
  | {
      readonly kind: "log";
      readonly file: string;
      readonly sizeBytes: number;
      /** Null if the header is damaged. */
      readonly header: {
        readonly sid: number;
        readonly firstZxid: string;
        readonly previousZxid: string;
      } | null;
    }
  | ({ readonly kind: "txn" } & TxnLine)
  | {
      readonly kind: "logEnd";
      readonly file: string;
      readonly transactions: number;
      readonly lastZxid: string | null;
    }
  /** A file that was being written when the server stopped, or is now. */
  | { readonly kind: "temporary"; readonly file: string; readonly sizeBytes: number }
  | Finding
  | RecoveryVerdict;

/** What a start of the server would make of the directories. */
export interface RecoveryVerdict {
  readonly kind: "recovery";
  /** Why it would not start here; null: it would. */
  readonly refused: string | null;
  /** What it would do and say, one line each. */
  readonly notes: readonly string[];
  /** Null if refused. */
  readonly snapshotZxid: string | null;
  readonly lastZxid: string | null;
  readonly committedZxid: string | null;
}

export interface Finding {
  readonly kind: "finding";
  readonly file: string;
  /** Null: the file as a whole. */
  readonly offset: number | null;
  /** What is wrong, as a clause. */
  readonly found: string;
  readonly verdict: FindingVerdict;
  /** What an operator should do. */
  readonly advice: string;
}
