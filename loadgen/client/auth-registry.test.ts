import { expect, test } from "vitest";
import { ErrorCode } from "../../server/errors.ts";
import { AuthRegistry } from "./auth-registry.ts";

const ANN = { scheme: "digest", auth: Buffer.from("ann:pw") };
const BOB = { scheme: "digest", auth: Buffer.from("bob:pw") };

test("an answer that got lost with its connection is given by the next server, once", () => {
  const registry = new AuthRegistry();
  const told: string[] = [];
  registry.add(ANN, true, (code) => told.push(`ann ${code}`));
  registry.add(BOB, false, (code) => told.push(`bob ${code}`));
  registry.shown();
  registry.answered(ErrorCode.Ok);
  registry.shown();
  registry.answered(ErrorCode.Ok);
  registry.answered(ErrorCode.AuthFailed);
  registry.answered(ErrorCode.Ok);
  expect(told).toEqual(["ann 0", `bob ${ErrorCode.AuthFailed}`]);
  expect(registry.credentials).toEqual([ANN]);
});

test("one that is answered too late is told in time, and kept", () => {
  const registry = new AuthRegistry();
  const told: number[] = [];
  const end = (code: number): void => void told.push(code);
  registry.add(ANN, true, end);
  registry.expire(end, ErrorCode.OperationTimeout);
  registry.answered(ErrorCode.Ok);
  registry.finish(ErrorCode.SessionExpired);
  expect(told).toEqual([ErrorCode.OperationTimeout]);
});

test("who waits when the client ends is told why, and nothing is shown any more", () => {
  const registry = new AuthRegistry();
  const told: number[] = [];
  registry.add(ANN, false, (code) => told.push(code));
  registry.finish(ErrorCode.SessionExpired);
  registry.answered(ErrorCode.Ok);
  expect(told).toEqual([ErrorCode.SessionExpired]);
  expect(registry.credentials).toEqual([]);
});
