/**
 * Lines for a terminal: laid out as plain text first, clipped or wrapped to the width, and only then
 * coloured, so that colour never changes the layout. All text is made printable.
 */
import { styleText } from "node:util";
import { printable } from "./format.ts";

export type TextStyle = Parameters<typeof styleText>[0];

/** A piece of a line with one look. */
export interface Piece {
  readonly text: string;
  readonly style?: TextStyle;
}

export class TerminalText {
  readonly #color: boolean;
  readonly #columns: number;
  readonly #lines: string[] = [];

  constructor(options: { readonly color: boolean; readonly columns: number }) {
    this.#color = options.color;
    this.#columns = Math.max(20, options.columns);
  }

  get columns(): number {
    return this.#columns;
  }

  blank(): void {
    this.#lines.push("");
  }

  /** One line; what goes beyond the width is cut off and ends in `…`. */
  line(...pieces: readonly Piece[]): void {
    let room = this.#columns;
    let line = "";
    for (const piece of pieces) {
      const text = printable(piece.text);
      if (room <= 0) break;
      const clipped = text.length > room ? `${text.slice(0, room - 1)}…` : text;
      line += this.#styled(clipped, piece.style);
      room -= text.length;
    }
    this.#lines.push(line.trimEnd());
  }

  /** As many lines as it takes, all indented; nothing is cut off. */
  paragraph(indent: string, text: string, style?: TextStyle): void {
    const width = Math.max(10, this.#columns - indent.length);
    let rest = printable(text);
    while (rest.length > width) {
      const space = rest.lastIndexOf(" ", width);
      const end = space > width / 2 ? space : width;
      this.#lines.push(indent + this.#styled(rest.slice(0, end), style));
      rest = rest.slice(end).trimStart();
    }
    this.#lines.push(indent + this.#styled(rest, style));
  }

  toString(): string {
    return `${this.#lines.join("\n")}\n`;
  }

  #styled(text: string, style: TextStyle | undefined): string {
    // Whether to colour is the caller's decision, not the environment's.
    return this.#color && style !== undefined && text !== ""
      ? styleText(style, text, { validateStream: false })
      : text;
  }
}
