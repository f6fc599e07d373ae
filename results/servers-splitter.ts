/**
 * Takes the text of servers.json apart while it comes: the logs of a long run are longer than any string
 * may be. What it gives is the text of each entry of a log, and then that of its server, whose own log is
 * left empty; whether these are what they should be is for the reader to see.
 */

export interface ServersPart {
  readonly kind: "entry" | "server";
  readonly text: string;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** How deep one is in the list of servers, in a server, and in its log. */
const SERVERS = 1;
const SERVER = 2;
const LOG = 3;
const LOG_KEY = /"log"\s*:\s*$/;

export class ServersSplitter {
  #depth = 0;
  #inString = false;
  #escaped = false;
  #inLog = false;
  /** What has come of the server, and of the log's entry, that is not complete yet. */
  #server = "";
  #entry = "";

  /** Takes the next piece; the parts that it completes. Throws a `SyntaxError`. */
  push(piece: string): ServersPart[] {
    const parts: ServersPart[] = [];
    let begin = 0;
    const take = (end: number): void => {
      if (this.#inLog) this.#entry += piece.slice(begin, end);
      else this.#server += piece.slice(begin, end);
      begin = end;
    };
    for (let at = 0; at < piece.length; at++) {
      const code = piece.charCodeAt(at);
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (code === BACKSLASH) this.#escaped = true;
        else if (code === QUOTE) this.#inString = false;
        continue;
      }
      switch (code) {
        case QUOTE:
          this.#inString = true;
          break;
        case OPEN_LIST:
        case OPEN_OBJECT:
          this.#depth++;
          if (this.#depth === SERVERS) {
            take(at);
            this.#begin(code);
            begin = at + 1;
          } else if (this.#depth === LOG && code === OPEN_LIST) {
            take(at + 1);
            this.#inLog = LOG_KEY.test(this.#server.slice(0, -1));
          }
          break;
        case COMMA:
          if (this.#inLog ? this.#depth !== LOG : this.#depth !== SERVERS) break;
          take(at);
          begin = at + 1;
          parts.push(this.#complete());
          break;
        case CLOSE_LIST:
        case CLOSE_OBJECT:
          this.#depth--;
          if (this.#inLog ? this.#depth !== SERVER : this.#depth !== 0) break;
          take(at);
          if ((this.#inLog ? this.#entry : this.#server).trim() !== "")
            parts.push(this.#complete());
          if (this.#inLog) this.#inLog = false;
          else begin = at + 1;
          break;
      }
    }
    take(piece.length);
    return parts;
  }

  /** Nothing more comes. Throws a `SyntaxError` when something should. */
  end(): void {
    if (this.#depth !== 0 || this.#inString) throw new SyntaxError("the text ends too early");
    if (this.#server.trim() !== "") throw new SyntaxError("it is not one list of servers");
  }

  #begin(code: number): void {
    if (code !== OPEN_LIST || this.#server.trim() !== "") {
      throw new SyntaxError("it is not one list of servers");
    }
    this.#server = "";
  }

  #complete(): ServersPart {
    const kind = this.#inLog ? "entry" : "server";
    const text = this.#inLog ? this.#entry : this.#server;
    if (this.#inLog) this.#entry = "";
    else this.#server = "";
    return { kind, text };
  }
}
