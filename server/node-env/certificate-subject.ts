/**
 * The subject of an X.509 certificate as a text (RFC 2253): relative names from the last to the first,
 * parted by commas, as Java's X500Principal.getName writes them, so that the ids of ACLs that were made
 * with ZooKeeper mean the same people here.
 *
 * ```
 * Certificate     SEQUENCE { TBSCertificate … }
 * TBSCertificate  SEQUENCE { [0] version?, INTEGER, SEQUENCE, Name issuer, SEQUENCE, Name subject … }
 * Name            SEQUENCE OF SET OF SEQUENCE { OBJECT IDENTIFIER type, ANY value }
 * ```
 */
interface Element {
  readonly tag: number;
  /** Tag, length and value. */
  readonly whole: Buffer;
  readonly value: Buffer;
}

const Tag = { utf8: 12, universal: 28, bmp: 30, version: 0xa0 } as const;
/** PrintableString, TeletexString, IA5String, GeneralString: a byte is a character. */
const BYTE_STRINGS: ReadonlySet<number> = new Set([19, 20, 22, 27]);

/** The types that RFC 2253 has a name for; others are written as numbers, with their value in hex. */
const KEYWORDS: ReadonlyMap<string, string> = new Map([
  ["2.5.4.3", "CN"],
  ["2.5.4.6", "C"],
  ["2.5.4.7", "L"],
  ["2.5.4.8", "ST"],
  ["2.5.4.9", "STREET"],
  ["2.5.4.10", "O"],
  ["2.5.4.11", "OU"],
  ["0.9.2342.19200300.100.1.25", "DC"],
  ["0.9.2342.19200300.100.1.1", "UID"],
]);
const ESCAPED = /[,=+<>#;"\\]/g;

/** `certificate` is DER, and was accepted by OpenSSL: throws a `RangeError` if it is none. */
export function subjectOf(certificate: Buffer): string {
  const [tbs] = elements(read(certificate, 0).value);
  const fields = elements(tbs?.value ?? certificate.subarray(0, 0));
  const subject = fields[fields[0]?.tag === Tag.version ? 5 : 4];
  return elements(subject?.value ?? certificate.subarray(0, 0))
    .toReversed()
    .map(({ value }) => elements(value).map(attribute).join("+"))
    .join(",");
}

function attribute({ value }: Element): string {
  const [type, data] = elements(value);
  if (type === undefined || data === undefined) throw new RangeError("a name without a value");
  const oid = objectId(type.value);
  const keyword = KEYWORDS.get(oid);
  const text = keyword === undefined ? null : textOf(data);
  return text === null ? `${oid}=#${data.whole.toString("hex")}` : `${keyword}=${escape(text)}`;
}

/** Null: it is not a text. */
function textOf({ tag, value }: Element): string | null {
  if (tag === Tag.utf8) return value.toString("utf8");
  if (BYTE_STRINGS.has(tag)) return value.toString("latin1");
  if (tag === Tag.bmp) return Buffer.from(value).swap16().toString("utf16le");
  if (tag !== Tag.universal) return null;
  const points: number[] = [];
  for (let at = 0; at + 4 <= value.length; at += 4) points.push(value.readUInt32BE(at));
  return String.fromCodePoint(...points);
}

function escape(text: string): string {
  return text
    .replace(ESCAPED, "\\$&")
    .replaceAll("\0", "\\00")
    .replace(/^ +| +$/g, (spaces) => "\\ ".repeat(spaces.length));
}

/** `2.5.4.3`, of base-128 digits whose top bit says that more follow. */
function objectId(bytes: Buffer): string {
  const numbers: bigint[] = [];
  let number = 0n;
  for (const byte of bytes) {
    number = (number << 7n) | BigInt(byte & 0x7f);
    if (byte >= 0x80) continue;
    numbers.push(number);
    number = 0n;
  }
  const first = numbers.shift() ?? 0n;
  const top = first < 40n ? 0n : first < 80n ? 1n : 2n;
  return [top, first - top * 40n, ...numbers].join(".");
}

function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const element = read(bytes, at);
    found.push(element);
    at += element.whole.length;
  }
  return found;
}

/** Throws a `RangeError` if the element does not end within `bytes`. */
function read(bytes: Buffer, at: number): Element {
  const tag = bytes.readUInt8(at);
  const short = bytes.readUInt8(at + 1);
  const lengthBytes = short < 0x80 ? 0 : short & 0x7f;
  const length = lengthBytes === 0 ? short : bytes.readUIntBE(at + 2, lengthBytes);
  const start = at + 2 + lengthBytes;
  if (start + length > bytes.length) throw new RangeError("an element longer than what holds it");
  return {
    tag,
    whole: bytes.subarray(at, start + length),
    value: bytes.subarray(start, start + length),
  };
}
