/**
 * The four-letter commands of the client port (ZooKeeper's package server.command): a word in the place
 * of a connect request, a text for an answer, and the connection is closed.
 */
import type { ClientConnection } from "../client-connection.ts";
import { cons, crst, dump } from "./connection-words.ts";
import { conf, dirs, envi } from "./machine-words.ts";
import { mntr } from "./monitor-word.ts";
import { isro, ruok, srvr, stat, resetStats } from "./server-words.ts";
import type { WordSource } from "./source.ts";
import { watchesByConnection, watchesByPath, watchSummary } from "./watch-words.ts";

/** Gives the answer in parts, which are made as they are sent: each part a line, or a few. */
type Word = (source: WordSource, connection: ClientConnection) => Iterable<string>;

const NOT_SERVING = "This ZooKeeper instance is not currently serving requests\n";

/** Those that are answered whether this server serves or not. */
const ALWAYS: Readonly<Record<string, Word>> = { ruok, isro, envi };

const WHILE_SERVING: Readonly<Record<string, Word>> = {
  srvr,
  stat,
  srst: resetStats,
  conf,
  dirs,
  cons,
  crst,
  dump,
  mntr,
  wchs: watchSummary,
  wchc: watchesByConnection,
  wchp: watchesByPath,
};

/** ZooKeeper's that say something of Java alone: masks of its traces, digests of its history. */
const ABSENT: ReadonlySet<string> = new Set(["gtmk", "stmk", "hash"]);

export class FourLetterWords {
  readonly #source: WordSource;
  readonly #allowed: ReadonlySet<string>;
  readonly #all: boolean;

  constructor(source: WordSource) {
    this.#source = source;
    const { fourLetterWords, readOnlyModeEnabled } = source.config;
    this.#all = fourLetterWords.includes("*");
    // As in ZooKeeper: its scripts use srvr, and clients that look for a read-write server isro.
    this.#allowed = new Set([...fourLetterWords, "srvr", ...(readOnlyModeEnabled ? ["isro"] : [])]);
  }

  /** Null: there is no such command. */
  answer(word: string, connection: ClientConnection): Iterable<string> | null {
    const always = Object.hasOwn(ALWAYS, word) ? ALWAYS[word] : undefined;
    const serving = Object.hasOwn(WHILE_SERVING, word) ? WHILE_SERVING[word] : undefined;
    if (!always && !serving && !ABSENT.has(word)) return null;
    if (!this.#all && !this.#allowed.has(word))
      return [`${word} is not executed because it is not in the whitelist.\n`];
    if (always) return always(this.#source, connection);
    if (!serving) return [`${word} says nothing of this server.\n`];
    if (this.#source.service() === "none") return [NOT_SERVING];
    return serving(this.#source, connection);
  }
}
