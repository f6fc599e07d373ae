/** That the document and the routes are one, seen from outside: the document is asked for over HTTP. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RestClient } from "../../testing/rest-client.ts";
import { type RestEnsemble, startRestServers } from "../../testing/rest-ensemble.ts";

const METHODS = ["get", "head", "put", "post", "delete", "patch", "options"] as const;
/** Statuses that this test does not bring about, and where they are. */
const ELSEWHERE: Readonly<Record<number, string>> = {
  401: "znodes.test.ts",
  403: "znodes.test.ts",
  408: "port.test.ts",
  431: "port.test.ts",
  500: "an error of the gateway itself: there is none that could be asked for",
  502: "znodes.test.ts",
  503: "sessions.test.ts",
  504: "a server that neither answers nor loses its leader for ten seconds",
};

let rest: RestEnsemble;
let http: RestClient;
beforeAll(async () => {
  rest = await startRestServers(1, { "jute.maxbuffer": "10000" });
  http = rest.clients.get(1) as RestClient;
});
afterAll(() => rest.stop());

function targetOf(path: string): string {
  return path.replace("{path}", "app").replace("{id}", "x");
}

describe("the OpenAPI document", () => {
  test("is OpenAPI 3.1, with every reference leading somewhere", () => {
    expect(http.document.openapi).toMatch(/^3\.1\./);
    expect(JSON.stringify(http.document)).not.toMatch(/\$ref|undefined/);
    const ids = Object.values(http.document.paths).flatMap((item) =>
      Object.entries(item)
        .filter(([method]) => METHODS.includes(method as "get"))
        .map(([, operation]) => (operation as unknown as { operationId: string }).operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("has exactly the methods that are served", async () => {
    for (const [path, item] of Object.entries(http.document.paths))
      for (const method of METHODS) {
        const { status } = await http.call(method.toUpperCase(), targetOf(path));
        const isServed = status !== 405 && status !== 501;
        expect([path, method, isServed]).toEqual([path, method, item[method] !== undefined]);
      }
  });

  test("has exactly the parameters that are taken, with what they may be", async () => {
    let tried = 0;
    for (const [path, item] of Object.entries(http.document.paths))
      for (const method of METHODS) {
        const operation = item[method];
        if (operation === undefined || method === "head") continue;
        const ask = async (query: string) =>
          (await http.call(method.toUpperCase(), `${targetOf(path)}?${query}`)).body.toString();
        expect(await ask("surely-unknown=1")).toContain("unknown parameter");
        for (const { name, schema } of operation.parameters ?? []) {
          const bad = "maxLength" in schema ? "x".repeat(Number(schema.maxLength) + 1) : "%01";
          expect(await ask(`${name}=${bad}`)).toContain(`"message":"${name}: found`);
          tried++;
        }
      }
    expect(tried).toBeGreaterThan(15);
  });

  test("has every answer that requests get, and no other", async () => {
    await everyAnswer();
    const promised = new Set<string>();
    for (const [path, item] of Object.entries(http.document.paths))
      for (const method of METHODS)
        for (const status of Object.keys(item[method]?.responses ?? {}))
          if (ELSEWHERE[Number(status)] === undefined)
            promised.add(`${method.toUpperCase()} ${path} ${status}`);
    expect([...http.seen].filter((one) => !promised.has(one))).toEqual([]);
    expect([...promised].filter((one) => !http.seen.has(one))).toEqual([]);
  });
});

/** Asks for what has each of the statuses; the client checks each answer against the document. */
async function everyAnswer(): Promise<void> {
  const bytes = { headers: { Accept: "application/octet-stream" } };
  const xml = { headers: { Accept: "application/xml" } };
  const text = { headers: { "Content-Type": "text/plain" }, body: "x" };
  const big = { body: Buffer.alloc(20_000) };
  const { json } = await http.call("POST", "/sessions/v1?expire=2");
  const session = `/sessions/v1/${String(json["id"])}`;
  const create = "/znodes/v1/?op=create&name=all";
  const all = "/znodes/v1/all";
  const asks: [string, string, object?][] = [
    ["GET", "/openapi.json"],
    ["POST", create],
    ["POST", `${create}%20`, bytes],
    ["POST", create],
    ["POST", create, text],
    ["GET", all],
    ["GET", `${all}?view=children`],
    ["GET", all, bytes],
    ["PUT", all],
    ["PUT", `${all}?version=9`],
    ["PUT", `${all}?null=true`],
    ["PUT", all, text],
    ["PUT", "/znodes/v1/none"],
    ["GET", all, bytes],
    ["GET", "/znodes/v1/none"],
    ["HEAD", all],
    ["HEAD", all, bytes],
    ["HEAD", "/znodes/v1/none"],
    ["POST", "/znodes/v1/all?name=child"],
    ["DELETE", all],
    ["DELETE", "/znodes/v1/all/child?version=9"],
    ["DELETE", "/znodes/v1/all/child"],
    ["DELETE", "/znodes/v1/none"],
    ["PUT", session],
    ["DELETE", session],
    ["PUT", session],
    ["DELETE", session],
  ];
  for (const [method, target, ask] of asks) await http.call(method, target, ask);
  for (const [path, item] of Object.entries(http.document.paths))
    for (const method of METHODS) {
      if (item[method] === undefined) continue;
      const required = path === "/sessions/v1" ? "?expire=2" : method === "post" ? "?name=x" : "";
      const target = `${targetOf(path)}${required}`;
      await http.call(method.toUpperCase(), `${target}${required === "" ? "?" : "&"}wrong=1`);
      await http.call(method.toUpperCase(), target, xml);
      const takes = item[method]?.responses[415] !== undefined;
      if (takes) await http.call(method.toUpperCase(), target, big);
    }
}
