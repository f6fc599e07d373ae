import { expect, test } from "vitest";
import { HashColumn } from "./hash-column.ts";

test("hashes of the usual form come back, and so does any other text", () => {
  const hashes = [
    "d4f37fd8aa025cc4135115e73e388941",
    "00000000000000000000000000000000",
    "0000000fffffffff8000000012345678",
    "D4F37FD8AA025CC4135115E73E388941",
    "d4f37fd8",
    "",
    '{"zxid":1}',
    "a451ac1bc99da8eaf2c5b3bab9c7b3b3",
  ];
  const column = new HashColumn();
  for (const hash of hashes) column.push(hash);
  expect(hashes.map((_, at) => column.at(at))).toEqual(hashes);
});
