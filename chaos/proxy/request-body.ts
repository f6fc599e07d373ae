import type { IncomingMessage } from "node:http";
import * as z from "zod";
import { ApiError } from "./api-error.ts";
import type { ProxyInput } from "./proxy-collection.ts";
import type { ToxicInput } from "./toxic.ts";

const BODY_BYTES_MAX = 1024 * 1024;

const proxySchema = z.object({
  name: z.string().optional(),
  listen: z.string().optional(),
  upstream: z.string().optional(),
  enabled: z.boolean().optional(),
});

const toxicSchema = z.object({
  name: z.string().optional(),
  type: z.string().optional(),
  stream: z.string().optional(),
  toxicity: z.number().optional(),
  attributes: z.record(z.string(), z.unknown()).optional(),
});

/** All three throw an ApiError (400, or 413 for too large a body) that names the field at fault. */
export async function readProxy(request: IncomingMessage): Promise<ProxyInput> {
  return parse(proxySchema, await readJson(request));
}

export async function readProxyList(request: IncomingMessage): Promise<ProxyInput[]> {
  return parse(z.array(proxySchema), await readJson(request));
}

export async function readToxic(request: IncomingMessage): Promise<ToxicInput> {
  return parse(toxicSchema, await readJson(request));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) {
      throw new ApiError(413, `bad request body: larger than ${BODY_BYTES_MAX} bytes`);
    }
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  if (text === "") throw new ApiError(400, "bad request body: EOF");
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new ApiError(400, `bad request body: ${(error as Error).message}`);
  }
}

function parse<T>(schema: z.ZodType<T>, json: unknown): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const field = issue.path.length === 0 ? "the body" : issue.path.join(".");
    return `${field}: ${issue.message}`;
  });
  throw new ApiError(400, `bad request body: ${problems.join("; ")}`);
}
