/**
 * Ids that must not be swapped, branded so that the compiler keeps them apart.
 */
declare const brand: unique symbol;

/**
 * A transaction id: the epoch in the high 32 bits, a counter in the low. Held as a double, which is
 * exact up to epoch 2^21 − 1 (`MAX_EPOCH`): comparing and copying it costs no allocation, unlike a
 * bigint. On the wire it is a signed 64-bit integer.
 */
export type Zxid = number & { readonly [brand]: "zxid" };
/** A session id: 64 bits, the id of the server that created it in the top byte; 0 is "none". */
export type SessionId = bigint & { readonly [brand]: "session" };
/** A server's number in the ensemble (myid): 1 to 255. */
export type ServerId = number & { readonly [brand]: "server" };

const COUNTER_SPAN = 0x1_0000_0000;
/** The highest epoch that a zxid can carry exactly; an election beyond it is refused. */
export const MAX_EPOCH = 2 ** 21 - 1;
/** The highest counter of an epoch; the leader steps down rather than go beyond it. */
export const MAX_COUNTER = 0xffff_ffff;

export const NO_ZXID = 0 as Zxid;
export const NO_SESSION = 0n as SessionId;

export function makeZxid(epoch: number, counter: number): Zxid {
  return (epoch * COUNTER_SPAN + counter) as Zxid;
}
export function epochOf(zxid: Zxid): number {
  return Math.floor(zxid / COUNTER_SPAN);
}
export function counterOf(zxid: Zxid): number {
  return zxid % COUNTER_SPAN;
}
/** `0x100000002`, as ZooKeeper's logs and commands print it. */
export function formatZxid(zxid: number): string {
  return `0x${zxid.toString(16)}`;
}
/** `0x10000c3f2a10001`: the session id as an unsigned hexadecimal number. */
export function formatSession(session: bigint): string {
  return `0x${BigInt.asUintN(64, session).toString(16)}`;
}
/** Reads a signed 64-bit big-endian zxid; exact up to `MAX_EPOCH`. */
export function readZxid(buffer: Buffer, offset: number): Zxid {
  return (buffer.readInt32BE(offset) * COUNTER_SPAN + buffer.readUInt32BE(offset + 4)) as Zxid;
}
/** Writes a zxid as a signed 64-bit big-endian integer; −1 is written as such. */
export function writeZxid(buffer: Buffer, zxid: number, offset: number): void {
  const high = Math.floor(zxid / COUNTER_SPAN);
  buffer.writeInt32BE(high, offset);
  buffer.writeUInt32BE(zxid - high * COUNTER_SPAN, offset + 4);
}
