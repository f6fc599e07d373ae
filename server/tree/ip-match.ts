/**
 * The ids of the ACL scheme `ip`: an IPv4 or IPv6 address, or a prefix of one as `10.0.0.0/8` or
 * `fe80::/10` (IPAuthenticationProvider of ZooKeeper 3.9). The two kinds never match each other, and
 * IPv6 is written in hexadecimal alone, without a zone.
 */
const IPV4_BYTES = 4;
const IPV6_WORDS = 8;
const IPV6_BYTES = 2 * IPV6_WORDS;

export function isValidIpExpression(expression: string): boolean {
  return parseExpression(expression) !== null;
}

/** Whether the address is the one, or has the prefix, that the expression names. */
export function ipMatches(address: string, expression: string): boolean {
  const range = parseExpression(expression);
  if (range === null) return false;
  const bytes = parseIpAddress(address);
  if (bytes === null || bytes.length !== range.bytes.length) return false;
  let bits = range.bits;
  for (let at = 0; bits > 0; at++, bits -= 8) {
    const mask = bits >= 8 ? 0xff : (0xff00 >> bits) & 0xff;
    if ((((bytes[at] as number) ^ (range.bytes[at] as number)) & mask) !== 0) return false;
  }
  return true;
}

/** The 4 or 16 bytes of an address; null if it is none. */
export function parseIpAddress(address: string): Uint8Array | null {
  if (address.includes(":")) return parseIpv6(address);
  return parseIpv4(address);
}

function parseExpression(expression: string): { bytes: Uint8Array; bits: number } | null {
  const slash = expression.indexOf("/");
  const bytes = parseIpAddress(slash < 0 ? expression : expression.slice(0, slash));
  if (bytes === null) return null;
  const bits = slash < 0 ? 8 * bytes.length : parseDecimal(expression.slice(slash + 1));
  return bits === null || bits > 8 * bytes.length ? null : { bytes, bits };
}

function parseIpv4(address: string): Uint8Array | null {
  const parts = address.split(".", IPV4_BYTES + 1);
  if (parts.length !== IPV4_BYTES) return null;
  const bytes = new Uint8Array(IPV4_BYTES);
  for (const [at, part] of parts.entries()) {
    const byte = parseDecimal(part);
    if (byte === null || byte > 255) return null;
    bytes[at] = byte;
  }
  return bytes;
}

function parseIpv6(address: string): Uint8Array | null {
  const [head = "", tail, ...rest] = address.split("::", 3);
  if (rest.length > 0) return null;
  const before = splitWords(head);
  const after = tail === undefined ? [] : splitWords(tail);
  const words = before.length + after.length;
  // "::" stands for one word of zeroes at least.
  if (tail === undefined ? words !== IPV6_WORDS : words >= IPV6_WORDS) return null;
  const bytes = new Uint8Array(IPV6_BYTES);
  const placed =
    placeWords(bytes, 0, before) && placeWords(bytes, IPV6_BYTES - 2 * after.length, after);
  return placed ? bytes : null;
}

function splitWords(text: string): string[] {
  return text === "" ? [] : text.split(":", IPV6_WORDS + 1);
}

function placeWords(bytes: Uint8Array, from: number, words: readonly string[]): boolean {
  let at = from;
  for (const word of words) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(word)) return false;
    const value = Number.parseInt(word, 16);
    bytes[at++] = value >> 8;
    bytes[at++] = value & 0xff;
  }
  return true;
}

function parseDecimal(text: string): number | null {
  return /^\+?[0-9]{1,9}$/.test(text) ? Number(text) : null;
}
