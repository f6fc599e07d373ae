import { ErrorCode } from "../../server/errors.ts";

/** Who a client says to be: a scheme, and what proves it (of `digest`: `user:password`). */
export interface Credential {
  readonly scheme: string;
  readonly auth: Buffer | null;
}

/** Told once with ZooKeeper's code: Ok, AuthFailed, or why there was no answer. */
export type AuthEnd = (code: number) => void;

interface Entry {
  readonly credential: Credential;
  /** Null when its end has been told. */
  end: AuthEnd | null;
}

/**
 * The credentials that a client shows to each server it comes to, first of all. A connection's answers
 * come in the order of its questions. A credential that a server refuses is forgotten: that server
 * closes the connection, and the next one would do so too.
 */
export class AuthRegistry {
  #entries: Entry[] = [];
  /** Shown on this connection and not answered. */
  #asked: Entry[] = [];

  get credentials(): readonly Credential[] {
    return this.#entries.map(({ credential }) => credential);
  }

  /** Keeps a credential for this connection, where it is to be shown now, and all that follow. */
  add(credential: Credential, shownNow: boolean, end: AuthEnd): void {
    const entry = { credential, end };
    this.#entries.push(entry);
    if (shownNow) this.#asked.push(entry);
  }

  /** A connection begins: all are to be shown. */
  shown(): void {
    this.#asked = [...this.#entries];
  }

  /** The next one that was shown is answered. */
  answered(code: number): void {
    const entry = this.#asked.shift();
    if (entry === undefined) return;
    if (code !== ErrorCode.Ok) this.#entries = this.#entries.filter((kept) => kept !== entry);
    tell(entry, code);
  }

  /** Nobody waits for this one any more; it is shown to servers all the same. */
  expire(end: AuthEnd, code: number): void {
    const entry = this.#entries.find((kept) => kept.end === end);
    if (entry !== undefined) tell(entry, code);
  }

  /** The client is of no use any more: whoever waits is told why. */
  finish(code: number): void {
    const entries = this.#entries;
    this.#entries = [];
    this.#asked = [];
    for (const entry of entries) tell(entry, code);
  }
}

function tell(entry: Entry, code: number): void {
  const { end } = entry;
  entry.end = null;
  end?.(code);
}
