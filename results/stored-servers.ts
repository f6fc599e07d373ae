/**
 * servers.json.gz: the servers' logs and final states. Entries are written one to a line and read one by
 * one, and those that the servers' logs share are held once.
 */
import type { ServerFinal, ServerTxn } from "./history.ts";
import { serverFinalSchema, serverTxnSchema } from "./history-schema.ts";
import { RunError, parseJson, twice, validate } from "./run-error.ts";
import { ServersSplitter } from "./servers-splitter.ts";
import { piecesOf } from "./stored-lines.ts";

/** The file's text, line by line. Throws a `RunError` that names the entry. */
export function* serversText(finals: readonly ServerFinal[], place: string): Generator<string> {
  yield "[";
  for (const [at, { log, ...final }] of finals.entries()) {
    const own = `${place}: [${at}]`;
    const { log: _, ...valid } = validate(serverFinalSchema, { ...final, log: [] }, own);
    yield `${at === 0 ? "" : ","}${JSON.stringify(valid).slice(0, -1)},"log":[\n`;
    for (const [index, txn] of log.entries()) {
      const entry = validate(serverTxnSchema, txn, `${own}.log[${index}]`);
      yield `${index === 0 ? "" : ","}${JSON.stringify(entry)}\n`;
    }
    yield "]}\n";
  }
  yield "]\n";
}

/** `keep`: makes of an entry what is kept of it. Throws a `RunError` that names the entry and its field. */
export async function readServersFile(
  file: string,
  keep: (txn: ServerTxn) => ServerTxn,
): Promise<ServerFinal[]> {
  const splitter = new ServersSplitter();
  const finals: ServerFinal[] = [];
  let log = new SharedLog([], keep);
  try {
    for await (const piece of piecesOf(file)) {
      for (const { kind, text } of splitter.push(piece)) {
        const place = `${file}: [${finals.length}]`;
        if (kind === "entry") {
          log.push(parseJson(serverTxnSchema, text, `${place}.log[${log.entries.length}]`));
          continue;
        }
        const final = parseJson(serverFinalSchema, text, place);
        const { server } = final;
        if (finals.some((each) => each.server === server)) {
          throw twice(`${place}.server: ${server}`, "server");
        }
        finals.push({ ...final, log: log.entries });
        const others = finals.map((each) => each.log);
        log = new SharedLog(others, keep);
      }
    }
    splitter.end();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RunError(
      `${file}: not JSON (${error.message}): the file is damaged; remove the run.`,
      {
        cause: error,
      },
    );
  }
  return finals;
}

/** A log that is being read after others, with which it has most of its entries in common. */
class SharedLog {
  readonly entries: ServerTxn[] = [];
  readonly #others: readonly (readonly ServerTxn[])[];
  /** Of each of the others, where the next entry is looked for. */
  readonly #next: number[];
  readonly #keep: (txn: ServerTxn) => ServerTxn;

  constructor(others: readonly (readonly ServerTxn[])[], keep: (txn: ServerTxn) => ServerTxn) {
    this.#others = others;
    this.#next = others.map(() => 0);
    this.#keep = keep;
  }

  push(txn: ServerTxn): void {
    this.entries.push(this.#same(txn) ?? this.#keep(txn));
  }

  /** The entry of another log that says just the same. */
  #same(txn: ServerTxn): ServerTxn | null {
    for (const [which, other] of this.#others.entries()) {
      let at = this.#next[which] ?? 0;
      while ((other[at]?.zxid ?? Number.POSITIVE_INFINITY) < txn.zxid) at++;
      this.#next[which] = at;
      const candidate = other[at];
      if (candidate !== undefined && isSame(candidate, txn)) return candidate;
    }
    return null;
  }
}

function isSame(a: ServerTxn, b: ServerTxn): boolean {
  return (
    a.zxid === b.zxid &&
    a.hash === b.hash &&
    a.type === b.type &&
    a.session === b.session &&
    a.cxid === b.cxid &&
    a.timeMs === b.timeMs &&
    a.path === b.path &&
    a.ephemeralOwner === b.ephemeralOwner &&
    a.value === b.value &&
    a.version === b.version &&
    a.code === b.code &&
    a.dataLength === b.dataLength &&
    a.acl === b.acl &&
    a.timeoutMs === b.timeoutMs &&
    isSameList(a.removed, b.removed) &&
    isSameList(a.parts, b.parts)
  );
}

function isSameList(a: ServerTxn["removed" | "parts"], b: ServerTxn["removed" | "parts"]): boolean {
  // Both come from the same schema, so that their fields have the same order.
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
