/**
 * Operations by the million: their fields lie in columns, and what is handed out is a row of these that
 * reads like an `OpRecord`. An object with all its fields takes three times the memory, and its numbers
 * are further objects, which the garbage collector visits one by one.
 *
 * A row has no fields of its own: neither a spread nor JSON.stringify sees them.
 */
import { Float64Column, Int32Column, NumberColumn } from "./columns.ts";
import type { OpRecord, StatRecord } from "./history.ts";
import type { SharedStrings } from "./shared-strings.ts";
import { StatRows } from "./stat-rows.ts";

export class OperationRows {
  readonly #columns: OperationColumns;

  constructor(strings: SharedStrings) {
    this.#columns = new OperationColumns(strings);
  }

  /** Takes the operation in; the row that stands for it from now on. */
  add(op: OpRecord): OpRecord {
    const row = this.#columns.push(op);
    // An optional field that is not there is undefined here, which comes to the same for readers.
    return new OperationRow(this.#columns, row) as OpRecord;
  }
}

/** What few operations have: one object for all of it. */
type RareFields = {
  readonly [Name in "parts" | "watchMode" | "watchKind" | "acl" | "ttlMs"]:
    | OpRecord[Name]
    | undefined;
};

const NO_STAT = -1;

class OperationColumns {
  readonly strings: SharedStrings;
  readonly stats: StatRows;
  readonly id = new NumberColumn();
  readonly client = new NumberColumn();
  readonly server = new NumberColumn();
  readonly xid = new NumberColumn();
  readonly intendedMs = new Float64Column();
  readonly invokeMs = new Float64Column();
  readonly completeMs = new Float64Column();
  readonly code = new NumberColumn();
  readonly zxid = new Float64Column();
  readonly flags = new NumberColumn();
  readonly expectedVersion = new NumberColumn();
  readonly session = new Int32Column();
  readonly workload = new Int32Column();
  readonly op = new Int32Column();
  readonly path = new Int32Column();
  readonly outcome = new Int32Column();
  readonly value = new Int32Column();
  readonly created = new Int32Column();
  readonly stat = new Int32Column();
  readonly watch = new NumberColumn();
  readonly children: (readonly string[] | null)[] = [];
  readonly rare: (RareFields | null)[] = [];

  constructor(strings: SharedStrings) {
    this.strings = strings;
    this.stats = new StatRows(strings);
  }

  push(op: OpRecord): number {
    const { strings } = this;
    this.id.push(op.id);
    this.client.push(op.client);
    this.server.push(op.server);
    this.xid.push(op.xid);
    this.intendedMs.push(op.intendedMs);
    this.invokeMs.push(op.invokeMs);
    this.completeMs.push(op.completeMs);
    this.code.push(op.code);
    this.zxid.push(op.zxid);
    this.flags.push(op.flags);
    this.expectedVersion.push(op.expectedVersion);
    this.session.push(strings.idOf(op.session));
    this.workload.push(strings.idOf(op.workload));
    this.op.push(strings.idOf(op.op));
    this.path.push(strings.idOf(op.path));
    this.outcome.push(strings.idOf(op.outcome));
    this.value.push(strings.idOf(op.value));
    this.created.push(strings.idOf(op.created));
    this.stat.push(op.stat === undefined ? NO_STAT : this.stats.add(op.stat));
    this.watch.push(op.watch === undefined ? undefined : Number(op.watch));
    this.children.push(op.children === undefined ? null : strings.shareIn(op.children));
    return this.rare.push(this.#rareFieldsOf(op)) - 1;
  }

  #rareFieldsOf({ parts, watchMode, watchKind, acl, ttlMs }: OpRecord): RareFields | null {
    const isPlain =
      parts === undefined &&
      watchMode === undefined &&
      watchKind === undefined &&
      acl === undefined &&
      ttlMs === undefined;
    return isPlain ? null : this.strings.shareIn({ parts, watchMode, watchKind, acl, ttlMs });
  }
}

type Optional<Name extends keyof OpRecord> = OpRecord[Name] | undefined;

class OperationRow {
  readonly #columns: OperationColumns;
  readonly #row: number;

  constructor(columns: OperationColumns, row: number) {
    this.#columns = columns;
    this.#row = row;
  }

  get kind(): "op" {
    return "op";
  }
  get id(): number {
    return this.#columns.id.at(this.#row) as number;
  }
  get client(): number {
    return this.#columns.client.at(this.#row) as number;
  }
  get session(): string {
    return textAt(this.#columns, this.#columns.session, this.#row) as string;
  }
  get server(): number {
    return this.#columns.server.at(this.#row) as number;
  }
  get workload(): string {
    return textAt(this.#columns, this.#columns.workload, this.#row) as string;
  }
  get op(): OpRecord["op"] {
    return textAt(this.#columns, this.#columns.op, this.#row) as OpRecord["op"];
  }
  get path(): string {
    return textAt(this.#columns, this.#columns.path, this.#row) as string;
  }
  get xid(): number {
    return this.#columns.xid.at(this.#row) as number;
  }
  get intendedMs(): number {
    return this.#columns.intendedMs.at(this.#row);
  }
  get invokeMs(): number {
    return this.#columns.invokeMs.at(this.#row);
  }
  get completeMs(): number {
    return this.#columns.completeMs.at(this.#row);
  }
  get outcome(): OpRecord["outcome"] {
    return textAt(this.#columns, this.#columns.outcome, this.#row) as OpRecord["outcome"];
  }
  get code(): number {
    return this.#columns.code.at(this.#row) as number;
  }
  get zxid(): number {
    return this.#columns.zxid.at(this.#row);
  }
  get flags(): Optional<"flags"> {
    return this.#columns.flags.at(this.#row);
  }
  get expectedVersion(): Optional<"expectedVersion"> {
    return this.#columns.expectedVersion.at(this.#row);
  }
  get value(): Optional<"value"> {
    return textAt(this.#columns, this.#columns.value, this.#row);
  }
  get created(): Optional<"created"> {
    return textAt(this.#columns, this.#columns.created, this.#row) as Optional<"created">;
  }
  get stat(): StatRecord | undefined {
    const stat = this.#columns.stat.at(this.#row);
    return stat === NO_STAT ? undefined : this.#columns.stats.at(stat);
  }
  get children(): Optional<"children"> {
    return this.#columns.children[this.#row] ?? undefined;
  }
  get watch(): Optional<"watch"> {
    const watch = this.#columns.watch.at(this.#row);
    return watch === undefined ? undefined : watch === 1;
  }
  get parts(): Optional<"parts"> {
    return this.#columns.rare[this.#row]?.parts;
  }
  get watchMode(): Optional<"watchMode"> {
    return this.#columns.rare[this.#row]?.watchMode;
  }
  get watchKind(): Optional<"watchKind"> {
    return this.#columns.rare[this.#row]?.watchKind;
  }
  get acl(): Optional<"acl"> {
    return this.#columns.rare[this.#row]?.acl;
  }
  get ttlMs(): Optional<"ttlMs"> {
    return this.#columns.rare[this.#row]?.ttlMs;
  }
}

// No method of the rows: a private one takes a field in each of them.
function textAt(
  { strings }: OperationColumns,
  column: Int32Column,
  row: number,
): string | null | undefined {
  return strings.textOf(column.at(row));
}
