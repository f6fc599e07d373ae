import { describe, expect, test } from "vitest";
import { closingContract } from "./contract/closing.ts";
import type { Implementation } from "./contract/fixture.ts";
import { httpApiContract } from "./contract/http-api.ts";
import { httpRefusalsContract } from "./contract/http-refusals.ts";
import { toxicsContract } from "./contract/toxics.ts";
import { findToxiproxyBinary, startEmbedded, startToxiproxy } from "./server-process.ts";

const binary = findToxiproxyBinary();

const embedded: Implementation = {
  name: "embedded proxy",
  start: () => startEmbedded(),
  upstreamResetArrivesAs: "reset",
};
const real: Implementation[] = [];
if (binary !== null) {
  real.push({
    name: "Toxiproxy",
    start: () => startToxiproxy(binary),
    upstreamResetArrivesAs: "fin",
  });
}

/** What Toxiproxy promises, asked of our own server and, where it is to be had, of the real one. */
describe.each([embedded, ...real])("$name", (implementation) => {
  httpApiContract(implementation);
  httpRefusalsContract(implementation);
  closingContract(implementation);
  toxicsContract(implementation);
});

test("the contract was checked against the real Toxiproxy too", ({ skip }) => {
  const isRequired = process.env["QUORUM_LAB_REQUIRE_TOXIPROXY"] === "1";
  skip(
    binary === null && !isRequired,
    "there is no toxiproxy-server on the PATH, and TOXIPROXY_SERVER does not name one",
  );
  expect(
    binary,
    "QUORUM_LAB_REQUIRE_TOXIPROXY=1 needs toxiproxy-server on the PATH or in TOXIPROXY_SERVER",
  ).not.toBeNull();
});
