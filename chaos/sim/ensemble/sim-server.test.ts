import { afterEach, expect, test, vi } from "vitest";
import { ZabPeer } from "../../../server/zab/peer.ts";
import { FaultFixture } from "../faults/fault-fixture.ts";

afterEach(() => vi.restoreAllMocks());

test("a server that throws is a crash whose stack says nothing of where the checkout is", () => {
  const fixture = new FaultFixture();
  vi.spyOn(ZabPeer.prototype, "receive").mockImplementation(() => {
    const error = new Error("planted");
    // As Node writes it; the test runner leaves the scheme out.
    const href = new URL("../../../server/zab/peer.ts", import.meta.url).href;
    error.stack = `Error: planted\n    at ZabPeer.receive (${href}:1:1)`;
    throw error;
  });
  fixture.pass(1_000);
  expect(fixture.ensemble.crashes[0]?.exit).toBe(
    "Error: planted\n    at ZabPeer.receive (server/zab/peer.ts:1:1)",
  );
});
