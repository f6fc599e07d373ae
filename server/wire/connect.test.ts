import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeZxid } from "../ids.ts";
import type { SessionId, Zxid } from "../ids.ts";
import {
  decodeConnectRequest,
  decodeConnectResponse,
  encodeConnectRequest,
  encodeConnectResponse,
} from "./connect.ts";
import type { ConnectRequest, ConnectResponse } from "./connect.ts";
import { DecodeError, JuteReader, JuteWriter } from "./jute.ts";

const REQUEST: ConnectRequest = {
  protocolVersion: 0,
  lastZxidSeen: makeZxid(1, 2),
  timeOut: 10_000,
  sessionId: 0x1_0000_c3f2_a100_01n as SessionId,
  passwd: Buffer.from("0123456789abcdef"),
  readOnly: false,
};
/** As the kazoo client sends it. */
const REQUEST_HEX =
  "0000002d00000000000000010000000200002710010000c3f2a1000100000010" +
  "3031323334353637383961626364656600";
/** As Apache ZooKeeper 3.8.0 answered a new session. */
const RESPONSE_HEX = "000000000000271001000022375e000000000010c015f4444df40c019efefdbadea5312400";

function readerAt(bytes: Buffer, start: number): JuteReader {
  return new JuteReader(bytes, start);
}

/** What a decoder threw, null if it read the bytes. */
function refusal(decode: () => unknown): unknown {
  try {
    decode();
    return null;
  } catch (error) {
    return error;
  }
}

describe("the connect frames", () => {
  test("a request has the bytes that another client sends", () => {
    const writer = new JuteWriter();
    encodeConnectRequest(writer, REQUEST);
    expect(writer.bytes().toString("hex")).toBe(REQUEST_HEX);
    expect(decodeConnectRequest(readerAt(Buffer.from(REQUEST_HEX, "hex"), 4))).toEqual(REQUEST);
  });

  test("a response has the bytes that another server sends", () => {
    const response = decodeConnectResponse(new JuteReader(Buffer.from(RESPONSE_HEX, "hex")));
    expect(response).toMatchObject({
      timeOut: 10_000,
      sessionId: 0x01000022375e0000n,
      readOnly: false,
    });
    const writer = new JuteWriter();
    encodeConnectResponse(writer, response);
    expect(writer.bytes().toString("hex")).toBe(`00000025${RESPONSE_HEX}`);
  });

  test("an old client's request without the readOnly byte says so", () => {
    const bytes = Buffer.from(REQUEST_HEX, "hex");
    const old = new JuteReader(bytes, 4, bytes.length - 1);
    expect(decodeConnectRequest(old)).toEqual({ ...REQUEST, readOnly: null });
  });

  test("a truncated request is refused, wherever it is cut", () => {
    const bytes = Buffer.from(REQUEST_HEX, "hex");
    for (let end = 4; end < bytes.length - 1; end++) {
      expect(() => decodeConnectRequest(new JuteReader(bytes, 4, end))).toThrow(DecodeError);
    }
  });

  test("both are read back as they were written", () => {
    const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    const response = fc.record({
      protocolVersion: int,
      timeOut: int,
      sessionId: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) as fc.Arbitrary<SessionId>,
      passwd: fc.option(fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes))),
      readOnly: fc.option(fc.boolean()),
    }) satisfies fc.Arbitrary<ConnectResponse>;
    fc.assert(
      fc.property(response, fc.maxSafeInteger() as fc.Arbitrary<Zxid>, (record, lastZxidSeen) => {
        const writer = new JuteWriter();
        encodeConnectResponse(writer, record);
        expect(decodeConnectResponse(readerAt(writer.take(), 4))).toEqual(record);
        const request: ConnectRequest = { ...record, lastZxidSeen };
        encodeConnectRequest(writer, request);
        expect(decodeConnectRequest(readerAt(writer.take(), 4))).toEqual(request);
      }),
    );
  });

  test("random bytes are refused with a DecodeError or read, and nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const decode of [decodeConnectRequest, decodeConnectResponse]) {
          const thrown = refusal(() => decode(new JuteReader(Buffer.from(bytes))));
          expect(thrown === null || thrown instanceof DecodeError).toBe(true);
        }
      }),
    );
  });
});
