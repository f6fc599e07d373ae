/**
 * The ids of the ACL scheme `ip`: an IPv4 address, or a prefix of one as `10.0.0.0/8`
 * (IPAuthenticationProvider of ZooKeeper 3.8, which knows no IPv6 either).
 */
const ADDRESS_BITS = 32;

export function isValidIpExpression(expression: string): boolean {
  return parseExpression(expression) !== null;
}

/** Whether the address is the one, or has the prefix, that the expression names. */
export function ipMatches(address: string, expression: string): boolean {
  const range = parseExpression(expression);
  const value = parseAddress(address);
  if (range === null || value === null) return false;
  // A shift by 32 would be one by 0.
  return range.bits === 0 || (value ^ range.value) >>> (ADDRESS_BITS - range.bits) === 0;
}

function parseExpression(expression: string): { value: number; bits: number } | null {
  const slash = expression.indexOf("/");
  const value = parseAddress(slash < 0 ? expression : expression.slice(0, slash));
  const bits = slash < 0 ? ADDRESS_BITS : parseDecimal(expression.slice(slash + 1));
  if (value === null || bits === null || bits > ADDRESS_BITS) return null;
  return { value, bits };
}

function parseAddress(address: string): number | null {
  const parts = address.split(".", 5);
  if (parts.length !== 4) return null;
  let value = 0;
  for (const part of parts) {
    const byte = parseDecimal(part);
    if (byte === null || byte > 255) return null;
    value = (value << 8) | byte;
  }
  return value;
}

function parseDecimal(text: string): number | null {
  return /^\+?[0-9]{1,9}$/.test(text) ? Number(text) : null;
}
