import { describe, expect, test } from "vitest";
import type { Implementation } from "./fixture.ts";
import { callApi, NEW_PROXY, useFixture } from "./fixture.ts";

const BAD_BODY = expect.stringMatching(/^bad request body: ./) as unknown;

/**
 * What is wrong, the request, the status and the error. Bodies that are not objects are sent as they are. A proxy `taken` with a toxic `t` is
 * there already.
 */
const REFUSALS: readonly (readonly [string, string, string, unknown, number, unknown])[] = [
  ["a body that is not JSON", "POST", "/proxies", "{", 400, BAD_BODY],
  ["an empty body", "POST", "/proxies", "", 400, BAD_BODY],
  ["a number for a name", "POST", "/proxies", { name: 1 }, 400, BAD_BODY],
  ["no name", "POST", "/proxies", {}, 400, "missing required field: name"],
  ["no upstream", "POST", "/proxies", { name: "p" }, 400, "missing required field: upstream"],
  [
    "a name that is taken",
    "POST",
    "/proxies",
    { ...NEW_PROXY, name: "taken" },
    409,
    "proxy already exists",
  ],
  [
    "a listen address without a port",
    "POST",
    "/proxies",
    { ...NEW_PROXY, listen: "garbage" },
    500,
    "listen tcp: address garbage: missing port in address",
  ],
  ["an unknown proxy", "GET", "/proxies/nope", undefined, 404, "proxy not found"],
  ["an update of an unknown proxy", "PATCH", "/proxies/nope", {}, 404, "proxy not found"],
  ["the removal of an unknown proxy", "DELETE", "/proxies/nope", undefined, 404, "proxy not found"],
  [
    "the toxics of an unknown proxy",
    "GET",
    "/proxies/nope/toxics",
    undefined,
    404,
    "proxy not found",
  ],
  [
    "a toxic for an unknown proxy",
    "POST",
    "/proxies/nope/toxics",
    { type: "latency" },
    404,
    "proxy not found",
  ],
  [
    "an unknown toxic type",
    "POST",
    "/proxies/taken/toxics",
    { type: "nope" },
    400,
    "invalid toxic type",
  ],
  [
    "an unknown stream",
    "POST",
    "/proxies/taken/toxics",
    { type: "latency", stream: "side" },
    400,
    "stream was invalid, can be either upstream or downstream",
  ],
  [
    "a toxic's name that is taken",
    "POST",
    "/proxies/taken/toxics",
    { type: "latency", name: "t" },
    409,
    "toxic already exists",
  ],
  [
    "a word for a latency",
    "POST",
    "/proxies/taken/toxics",
    { type: "latency", attributes: { latency: "a" } },
    400,
    BAD_BODY,
  ],
  [
    "a fraction for a latency",
    "POST",
    "/proxies/taken/toxics",
    { type: "latency", attributes: { latency: 1.5 } },
    400,
    BAD_BODY,
  ],
  ["an unknown toxic", "GET", "/proxies/taken/toxics/nope", undefined, 404, "toxic not found"],
  [
    "an update of an unknown toxic",
    "PATCH",
    "/proxies/taken/toxics/nope",
    {},
    404,
    "toxic not found",
  ],
  [
    "the removal of an unknown toxic",
    "DELETE",
    "/proxies/taken/toxics/nope",
    undefined,
    404,
    "toxic not found",
  ],
  [
    "an update of a toxic with a word",
    "POST",
    "/proxies/taken/toxics/t",
    { attributes: { latency: "a" } },
    400,
    BAD_BODY,
  ],
  ["a populate that is not a list", "POST", "/populate", {}, 400, BAD_BODY],
];

export function httpRefusalsContract(implementation: Implementation): void {
  describe("HTTP API refusals", () => {
    const fixture = useFixture(implementation);

    test.each(REFUSALS)("%s is refused", async (_what, method, path, body, status, error) => {
      await callApi(fixture.url, "POST", "/proxies", { ...NEW_PROXY, name: "taken" });
      const toxic = { type: "latency", name: "t" };
      await callApi(fixture.url, "POST", "/proxies/taken/toxics", toxic);
      const answer = await callApi(fixture.url, method, path, body);
      expect(answer).toMatchObject({ status, json: { error, status } });
    });
  });
}
