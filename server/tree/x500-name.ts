/**
 * Distinguished names, the ids of the ACL scheme `x509` (what Java's X500Principal takes: RFC 2253,
 * with the spaces, quotes and semicolons that RFC 1779 allowed):
 *
 *     name       = [ relative *( ( "," | ";" ) relative ) ]
 *     relative   = assertion *( "+" assertion )
 *     assertion  = attribute "=" value
 *     attribute  = keyword | [ "OID." ] number 1*( "." number )
 *     value      = *( character | "\" special | "\" hex hex ) | '"' … '"' | "#" hex of a BER value
 */
const KEYWORDS: ReadonlySet<string> = new Set(
  ["CN", "C", "L", "S", "ST", "O", "OU", "T", "IP", "STREET", "DC", "DNQUALIFIER", "DNQ"].concat(
    ["SURNAME", "GIVENNAME", "INITIALS", "GENERATION", "EMAIL", "EMAILADDRESS", "UID"],
    ["SERIALNUMBER"],
  ),
);
const OID = /^(?:OID\.)?[0-2](?:\.\d{1,30})+$/i;
/** Plain, or escaped: one of the special characters, or two hexadecimal digits. */
const PLAIN_VALUE = /^(?:[^\\"+,;<>]|\\(?:[\\"+,;<>=# ]|[\da-f]{2}))*$/i;
const QUOTED_VALUE = /^"(?:[^\\"]|\\(?:[\\"+,;<>=# ]|[\da-f]{2}))*"$/i;
const HEX_VALUE = /^#(?:[\da-f]{2}){2,}$/i;

/** Whether the text is a distinguished name; the empty one is. */
export function isX500Name(text: string): boolean {
  if (text === "") return true;
  const relatives = splitOutsideQuotes(text);
  return relatives !== null && relatives.every(isAssertion);
}

/** Cuts at `,`, `;` and `+`, unless they are escaped or quoted; null when a quote is not closed. */
function splitOutsideQuotes(text: string): string[] | null {
  const pieces: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "\\") at++;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && (character === "," || character === ";" || character === "+")) {
      pieces.push(text.slice(start, at));
      start = at + 1;
    }
  }
  pieces.push(text.slice(start));
  return quoted ? null : pieces;
}

function isAssertion(text: string): boolean {
  const equals = text.indexOf("=");
  if (equals < 0) return false;
  const attribute = text.slice(0, equals).trim();
  if (!KEYWORDS.has(attribute.toUpperCase()) && !OID.test(attribute)) return false;
  const value = text.slice(equals + 1).trim();
  if (value.startsWith("#"))
    return HEX_VALUE.test(value) && isBer(Buffer.from(value.slice(1), "hex"));
  return value.startsWith('"') ? QUOTED_VALUE.test(value) : PLAIN_VALUE.test(value);
}

/** One value of tag, length and as many bytes; values of 128 bytes and more are not taken. */
function isBer(bytes: Buffer): boolean {
  return bytes[1] === bytes.length - 2 && bytes.length - 2 < 0x80;
}
