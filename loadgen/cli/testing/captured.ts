/** Streams of a shell that runs in the test's own process. */
import { PassThrough, Writable } from "node:stream";
import type { CliIo } from "../cli.ts";

export class Captured {
  readonly stdin: PassThrough & { isTTY?: boolean } = new PassThrough();
  readonly stdout: Writable & { isTTY?: boolean };
  readonly end = new AbortController();
  /** All that was printed to either stream. */
  text = "";
  out = "";
  err = "";
  readonly #home: string;
  readonly #waiting = new Set<() => void>();

  /** On a terminal when `isTTY`. */
  constructor(home: string, isTTY = false) {
    this.#home = home;
    // Written at once, so that both streams are heard in the order of writing.
    this.stdout = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.out += chunk.toString();
        this.#heard(chunk.toString());
        done();
      },
    });
    if (isTTY) this.stdin.isTTY = this.stdout.isTTY = true;
  }

  get io(): CliIo {
    const { stdin, stdout, end } = this;
    const stderr = {
      write: (text: string | Uint8Array) => {
        this.err += String(text);
        this.#heard(String(text));
      },
    };
    return { stdin, stdout, stderr, home: this.#home, end: end.signal };
  }

  /** Waits until the text has been printed, and forgets what came up to it. */
  async seen(text: string): Promise<string> {
    for (;;) {
      const at = this.text.indexOf(text);
      if (at >= 0) {
        const before = this.text.slice(0, at + text.length);
        this.text = this.text.slice(at + text.length);
        return before;
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #heard(text: string): void {
    this.text += text;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
