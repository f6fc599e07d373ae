/**
 * What servers said about themselves, a hundred thousand times: in columns, see operation-rows.ts.
 */
import { Float64Column, Int32Column, NumberColumn } from "./columns.ts";
import type { ServerSample } from "./history.ts";
import type { SharedStrings } from "./shared-strings.ts";

export class SampleRows {
  readonly #columns: SampleColumns;

  constructor(strings: SharedStrings) {
    this.#columns = new SampleColumns(strings);
  }

  /** Takes the sample in; the row that stands for it from now on. */
  add(sample: ServerSample): ServerSample {
    return new SampleRow(this.#columns, this.#columns.push(sample));
  }
}

class SampleColumns {
  readonly strings: SharedStrings;
  readonly server = new NumberColumn();
  readonly sentMs = new Float64Column();
  readonly receivedMs = new Float64Column();
  readonly state = new Int32Column();
  readonly epoch = new NumberColumn();
  readonly appliedZxid = new Float64Column();
  readonly committedZxid = new Float64Column();
  readonly serving = new Int32Column();

  constructor(strings: SharedStrings) {
    this.strings = strings;
  }

  push(sample: ServerSample): number {
    this.server.push(sample.server);
    this.sentMs.push(sample.sentMs);
    this.receivedMs.push(sample.receivedMs);
    this.state.push(this.strings.idOf(sample.state));
    this.epoch.push(sample.epoch);
    this.appliedZxid.push(sample.appliedZxid);
    this.committedZxid.push(sample.committedZxid);
    this.serving.push(sample.serving ? 1 : 0);
    return this.serving.length - 1;
  }
}

class SampleRow implements ServerSample {
  readonly #columns: SampleColumns;
  readonly #row: number;

  constructor(columns: SampleColumns, row: number) {
    this.#columns = columns;
    this.#row = row;
  }

  get server(): number {
    return this.#columns.server.at(this.#row) as number;
  }
  get sentMs(): number {
    return this.#columns.sentMs.at(this.#row);
  }
  get receivedMs(): number {
    return this.#columns.receivedMs.at(this.#row);
  }
  get state(): ServerSample["state"] {
    const text = this.#columns.strings.textOf(this.#columns.state.at(this.#row));
    return text as ServerSample["state"];
  }
  get epoch(): number {
    return this.#columns.epoch.at(this.#row) as number;
  }
  get appliedZxid(): number {
    return this.#columns.appliedZxid.at(this.#row);
  }
  get committedZxid(): number {
    return this.#columns.committedZxid.at(this.#row);
  }
  get serving(): boolean {
    return this.#columns.serving.at(this.#row) === 1;
  }
}
