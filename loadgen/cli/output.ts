import { printable } from "../../results/format.ts";
import type { ShellEvent } from "./connection.ts";

/** A stream that text goes to. */
export interface TextStream {
  readonly isTTY?: boolean | undefined;
  write(text: string | Uint8Array): unknown;
}

/**
 * Where a shell prints. What comes from a server is made harmless on a terminal: what the terminal
 * would take as a command is shown as `�` there. Elsewhere it is as it is, byte for byte.
 */
export class Output {
  readonly #out: TextStream;
  readonly #err: TextStream;
  /** Called around what is printed while the user may be typing: to make room, and to restore. */
  around: (print: () => void) => void = (print) => print();

  constructor(out: TextStream, err: TextStream) {
    this.#out = out;
    this.#err = err;
  }

  out(...lines: readonly string[]): void {
    if (lines.length > 0) this.#write(this.#out, `${lines.join("\n")}\n`);
  }

  err(...lines: readonly string[]): void {
    if (lines.length > 0) this.#write(this.#err, `${lines.join("\n")}\n`);
  }

  data(bytes: Buffer): void {
    if (this.#out.isTTY === true) return this.out(bytes.toString());
    this.#out.write(bytes);
    this.#out.write("\n");
  }

  /** An event, as zkCli prints it. */
  event({ state, type, path, zxid }: ShellEvent): void {
    const text = `WatchedEvent state:${state} type:${type} path:${path} zxid: ${zxid}`;
    this.around(() => this.out("", "WATCHER::", "", text));
  }

  #write(stream: TextStream, text: string): void {
    stream.write(stream.isTTY === true ? harmless(text) : text);
  }
}

function harmless(text: string): string {
  return text
    .split("\n")
    .map((line) => line.split("\t").map(printable).join("\t"))
    .join("\n");
}
