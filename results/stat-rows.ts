/**
 * Stats by the million, in columns: see operation-rows.ts. One that is looked at is an object only while
 * somebody does.
 */
import { Float64Column, Int32Column, NumberColumn } from "./columns.ts";
import type { StatRecord } from "./history.ts";
import type { SharedStrings } from "./shared-strings.ts";

export class StatRows {
  readonly #columns: StatColumns;

  constructor(strings: SharedStrings) {
    this.#columns = new StatColumns(strings);
  }

  /** The number that it is had back by. */
  add(stat: StatRecord): number {
    const columns = this.#columns;
    columns.czxid.push(stat.czxid);
    columns.mzxid.push(stat.mzxid);
    columns.pzxid.push(stat.pzxid);
    columns.version.push(stat.version);
    columns.cversion.push(stat.cversion);
    columns.numChildren.push(stat.numChildren);
    columns.aversion.push(stat.aversion);
    columns.dataLength.push(stat.dataLength);
    columns.ctimeMs.push(stat.ctimeMs);
    columns.mtimeMs.push(stat.mtimeMs);
    columns.owner.push(columns.strings.idOf(stat.ephemeralOwner));
    return columns.owner.length - 1;
  }

  at(row: number): StatRecord {
    return new StatRow(this.#columns, row) as StatRecord;
  }
}

class StatColumns {
  readonly strings: SharedStrings;
  readonly czxid = new Float64Column();
  readonly mzxid = new Float64Column();
  readonly pzxid = new Float64Column();
  readonly version = new NumberColumn();
  readonly cversion = new NumberColumn();
  readonly numChildren = new NumberColumn();
  readonly aversion = new NumberColumn();
  readonly dataLength = new NumberColumn();
  readonly ctimeMs = new NumberColumn();
  readonly mtimeMs = new NumberColumn();
  readonly owner = new Int32Column();

  constructor(strings: SharedStrings) {
    this.strings = strings;
  }
}

class StatRow {
  readonly #columns: StatColumns;
  readonly #row: number;

  constructor(columns: StatColumns, row: number) {
    this.#columns = columns;
    this.#row = row;
  }

  get czxid(): number {
    return this.#columns.czxid.at(this.#row);
  }
  get mzxid(): number {
    return this.#columns.mzxid.at(this.#row);
  }
  get pzxid(): number {
    return this.#columns.pzxid.at(this.#row);
  }
  get version(): number {
    return this.#columns.version.at(this.#row) as number;
  }
  get cversion(): number {
    return this.#columns.cversion.at(this.#row) as number;
  }
  get ephemeralOwner(): string {
    return this.#columns.strings.textOf(this.#columns.owner.at(this.#row)) as string;
  }
  get numChildren(): number {
    return this.#columns.numChildren.at(this.#row) as number;
  }
  get aversion(): number | undefined {
    return this.#columns.aversion.at(this.#row);
  }
  get dataLength(): number | undefined {
    return this.#columns.dataLength.at(this.#row);
  }
  get ctimeMs(): number | undefined {
    return this.#columns.ctimeMs.at(this.#row);
  }
  get mtimeMs(): number | undefined {
    return this.#columns.mtimeMs.at(this.#row);
  }
}
