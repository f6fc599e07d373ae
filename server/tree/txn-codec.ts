import type { Txn, TxnBody, TxnHeader } from "./txn.ts";

/** A new buffer of the transaction's bytes; it is never changed again. */
export function encodeTxn(_header: TxnHeader, _body: TxnBody): Buffer {
  throw new Error("not built yet");
}
/** Data and password are parts of `bytes`, not copies. Throws a `DecodeError`. */
export function decodeTxn(_bytes: Buffer): Txn {
  throw new Error("not built yet");
}
