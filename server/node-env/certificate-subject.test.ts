import { expect, test } from "vitest";
import { der, type Names, TestCertificate } from "../testing/certificates.ts";
import { subjectOf } from "./certificate-subject.ts";

// What Java's X500Principal.getName() gives for the same certificates (tried), except for the BMPString,
// which Java garbles.
test.each<[string, Names]>([
  ["CN=client", [["CN", "client"]]],
  [
    "CN=client,OU=lab,O=Quorum,L=Bonn,ST=NRW,C=DE",
    [
      ["C", "DE"],
      ["ST", "NRW"],
      ["L", "Bonn"],
      ["O", "Quorum"],
      ["OU", "lab"],
      ["CN", "client"],
    ],
  ],
  [
    "CN=x,DC=example,DC=org",
    [
      ["DC", "org"],
      ["DC", "example"],
      ["CN", "x"],
    ],
  ],
  ['CN=a\\, b\\+c \\"d\\" \\<e\\>\\; f\\=g\\\\h \\#i', [["CN", 'a, b+c "d" <e>; f=g\\h #i']]],
  ["CN=\\ \\ two before\\, one after\\ ", [["CN", "  two before, one after "]]],
  ["CN=Jürgen 木", [["CN", "Jürgen 木"]]],
  ["CN=printable", [["CN", der(19, Buffer.from("printable"))]]],
  ["CN=bmp ü", [["CN", der(30, Buffer.from("bmp ü", "utf16le").swap16())]]],
  [
    "1.2.840.113549.1.9.1=#1603614062,CN=x",
    [
      ["CN", "x"],
      ["email", der(22, Buffer.from("a@b"))],
    ],
  ],
  ["", []],
])("the subject of a certificate is written as Java does: %s", (expected, subject) => {
  expect(subjectOf(new TestCertificate({ subject }).der)).toBe(expected);
});

test("it is the subject's name, not the issuer's", () => {
  const issuer = new TestCertificate({ subject: [["CN", "authority"]] });
  const { der: bytes } = new TestCertificate({ subject: [["CN", "client"]], issuer });
  expect(subjectOf(bytes)).toBe("CN=client");
});

test("a certificate that is cut off is refused", () => {
  const { der: bytes } = new TestCertificate({ subject: [["CN", "x"]] });
  expect(() => subjectOf(bytes.subarray(0, 60))).toThrow(RangeError);
});
