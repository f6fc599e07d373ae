/**
 * Watch events by the million, in columns: see operation-rows.ts.
 */
import { Float64Column, Int32Column, NumberColumn } from "./columns.ts";
import type { WatchRecord } from "./history.ts";
import type { SharedStrings } from "./shared-strings.ts";

export class WatchRows {
  readonly #columns: WatchColumns;

  constructor(strings: SharedStrings) {
    this.#columns = new WatchColumns(strings);
  }

  /** Takes the event in; the row that stands for it from now on. */
  add(watch: WatchRecord): WatchRecord {
    return new WatchRow(this.#columns, this.#columns.push(watch));
  }
}

class WatchColumns {
  readonly strings: SharedStrings;
  readonly client = new NumberColumn();
  readonly session = new Int32Column();
  readonly server = new NumberColumn();
  readonly type = new Int32Column();
  readonly path = new Int32Column();
  readonly zxid = new Float64Column();
  readonly atMs = new Float64Column();

  constructor(strings: SharedStrings) {
    this.strings = strings;
  }

  push(watch: WatchRecord): number {
    const { strings } = this;
    this.client.push(watch.client);
    this.session.push(strings.idOf(watch.session));
    this.server.push(watch.server);
    this.type.push(strings.idOf(watch.type));
    this.path.push(strings.idOf(watch.path));
    this.zxid.push(watch.zxid);
    this.atMs.push(watch.atMs);
    return this.atMs.length - 1;
  }
}

class WatchRow implements WatchRecord {
  readonly #columns: WatchColumns;
  readonly #row: number;

  constructor(columns: WatchColumns, row: number) {
    this.#columns = columns;
    this.#row = row;
  }

  get kind(): "watch" {
    return "watch";
  }
  get client(): number {
    return this.#columns.client.at(this.#row) as number;
  }
  get session(): string {
    return textAt(this.#columns, this.#columns.session, this.#row);
  }
  get server(): number {
    return this.#columns.server.at(this.#row) as number;
  }
  get type(): WatchRecord["type"] {
    return textAt(this.#columns, this.#columns.type, this.#row) as WatchRecord["type"];
  }
  get path(): string {
    return textAt(this.#columns, this.#columns.path, this.#row);
  }
  get zxid(): number {
    return this.#columns.zxid.at(this.#row);
  }
  get atMs(): number {
    return this.#columns.atMs.at(this.#row);
  }
}

// No method of the rows: a private one takes a field in each of them.
function textAt({ strings }: WatchColumns, column: Int32Column, row: number): string {
  return strings.textOf(column.at(row)) as string;
}
