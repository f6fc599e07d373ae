/**
 * Transactions of the servers' logs by the million, in columns: see operation-rows.ts.
 */
import { Float64Column, Int32Column, NumberColumn } from "./columns.ts";
import { HashColumn } from "./hash-column.ts";
import type { ServerTxn } from "./history.ts";
import type { SharedStrings } from "./shared-strings.ts";

export class TransactionRows {
  readonly #columns: TransactionColumns;

  constructor(strings: SharedStrings) {
    this.#columns = new TransactionColumns(strings);
  }

  /** Takes the transaction in; the row that stands for it from now on. */
  add(txn: ServerTxn): ServerTxn {
    const row = this.#columns.push(txn);
    return new TransactionRow(this.#columns, row) as ServerTxn;
  }
}

/** What few transactions have: one object for all of it. */
interface RareFields {
  readonly removed: ServerTxn["removed"] | undefined;
  readonly parts: ServerTxn["parts"] | undefined;
}

class TransactionColumns {
  readonly strings: SharedStrings;
  readonly zxid = new Float64Column();
  readonly hash = new HashColumn();
  readonly type = new Int32Column();
  readonly session = new Int32Column();
  readonly cxid = new NumberColumn();
  readonly timeMs = new Float64Column();
  readonly path = new Int32Column();
  readonly ephemeralOwner = new Int32Column();
  readonly value = new Int32Column();
  readonly version = new NumberColumn();
  readonly code = new NumberColumn();
  readonly dataLength = new NumberColumn();
  readonly acl = new Int32Column();
  readonly timeoutMs = new NumberColumn();
  readonly rare: (RareFields | null)[] = [];

  constructor(strings: SharedStrings) {
    this.strings = strings;
  }

  push(txn: ServerTxn): number {
    const { strings } = this;
    const { removed, parts } = txn;
    this.zxid.push(txn.zxid);
    this.hash.push(txn.hash);
    this.type.push(strings.idOf(txn.type));
    this.session.push(strings.idOf(txn.session));
    this.cxid.push(txn.cxid);
    this.timeMs.push(txn.timeMs);
    this.path.push(strings.idOf(txn.path));
    this.ephemeralOwner.push(strings.idOf(txn.ephemeralOwner));
    this.value.push(strings.idOf(txn.value));
    this.version.push(txn.version);
    this.code.push(txn.code);
    this.dataLength.push(txn.dataLength);
    this.acl.push(strings.idOf(txn.acl));
    this.timeoutMs.push(txn.timeoutMs);
    const isPlain = removed === undefined && parts === undefined;
    return this.rare.push(isPlain ? null : strings.shareIn({ removed, parts })) - 1;
  }
}

type Optional<Name extends keyof ServerTxn> = ServerTxn[Name] | undefined;

class TransactionRow {
  readonly #columns: TransactionColumns;
  readonly #row: number;

  constructor(columns: TransactionColumns, row: number) {
    this.#columns = columns;
    this.#row = row;
  }

  get zxid(): number {
    return this.#columns.zxid.at(this.#row);
  }
  get hash(): string {
    return this.#columns.hash.at(this.#row);
  }
  get type(): ServerTxn["type"] {
    return textAt(this.#columns, this.#columns.type, this.#row) as ServerTxn["type"];
  }
  get session(): string {
    return textAt(this.#columns, this.#columns.session, this.#row) as string;
  }
  get cxid(): number {
    return this.#columns.cxid.at(this.#row) as number;
  }
  get timeMs(): number {
    return this.#columns.timeMs.at(this.#row);
  }
  get path(): string {
    return textAt(this.#columns, this.#columns.path, this.#row) as string;
  }
  get removed(): Optional<"removed"> {
    return this.#columns.rare[this.#row]?.removed;
  }
  get parts(): Optional<"parts"> {
    return this.#columns.rare[this.#row]?.parts;
  }
  get ephemeralOwner(): Optional<"ephemeralOwner"> {
    return textAt(
      this.#columns,
      this.#columns.ephemeralOwner,
      this.#row,
    ) as Optional<"ephemeralOwner">;
  }
  get value(): Optional<"value"> {
    return textAt(this.#columns, this.#columns.value, this.#row);
  }
  get version(): Optional<"version"> {
    return this.#columns.version.at(this.#row);
  }
  get code(): Optional<"code"> {
    return this.#columns.code.at(this.#row);
  }
  get dataLength(): Optional<"dataLength"> {
    return this.#columns.dataLength.at(this.#row);
  }
  get acl(): Optional<"acl"> {
    return textAt(this.#columns, this.#columns.acl, this.#row) as Optional<"acl">;
  }
  get timeoutMs(): Optional<"timeoutMs"> {
    return this.#columns.timeoutMs.at(this.#row);
  }
}

// No method of the rows: a private one takes a field in each of them.
function textAt(
  { strings }: TransactionColumns,
  column: Int32Column,
  row: number,
): string | null | undefined {
  return strings.textOf(column.at(row));
}
