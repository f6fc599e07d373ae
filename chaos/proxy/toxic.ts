import { ApiError } from "./api-error.ts";

/** `upstream` is what the client sends towards the upstream server, `downstream` what comes back. */
export type Direction = "upstream" | "downstream";

/** The settings of every toxic, by Toxiproxy's names. All are integers. */
export interface ToxicAttributes {
  /** Both in milliseconds: each piece of data is late by `latency` ± `jitter`. */
  latency: { latency: number; jitter: number };
  /** In 1,000 bytes per second; 0 lets nothing pass. */
  bandwidth: { rate: number };
  /** In milliseconds between the end of the stream and the closing of the connection. */
  slow_close: { delay: number };
  /** Drops all data; closes after this many milliseconds without any, or never when 0. */
  timeout: { timeout: number };
  /** Milliseconds between the first data and the reset of the connection. */
  reset_peer: { timeout: number };
  /** Sizes in bytes, `delay` in microseconds between two slices. */
  slicer: { average_size: number; size_variation: number; delay: number };
  /** Closes the connection after so many bytes. */
  limit_data: { bytes: number };
  noop: Record<string, never>;
}

export type ToxicType = keyof ToxicAttributes;

interface ToxicBase {
  readonly name: string;
  readonly direction: Direction;
  /** The direction in the spelling of whoever made the toxic: Toxiproxy gives that one back. */
  readonly stream: string;
  /** The part of the connections that it affects: 0 none, 1 all. */
  readonly toxicity: number;
}

export type Toxic = {
  [T in ToxicType]: ToxicBase & { readonly type: T; readonly attributes: ToxicAttributes[T] };
}[ToxicType];

const DEFAULT_ATTRIBUTES: { readonly [T in ToxicType]: ToxicAttributes[T] } = {
  latency: { latency: 0, jitter: 0 },
  bandwidth: { rate: 0 },
  slow_close: { delay: 0 },
  timeout: { timeout: 0 },
  reset_peer: { timeout: 0 },
  slicer: { average_size: 0, size_variation: 0, delay: 0 },
  limit_data: { bytes: 0 },
  noop: {},
};

/** What a request may say about a toxic; what it leaves out is undefined. */
export interface ToxicInput {
  readonly name?: string | undefined;
  readonly type?: string | undefined;
  readonly stream?: string | undefined;
  readonly toxicity?: number | undefined;
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** A new toxic with Toxiproxy's defaults. Throws an ApiError (400) for a wrong type, stream or value. */
export function createToxic(input: ToxicInput): Toxic {
  const stream = input.stream ?? "downstream";
  const direction = parseDirection(stream);
  const type = input.type ?? "";
  if (!isToxicType(type)) throw new ApiError(400, "invalid toxic type");
  const base: ToxicBase = {
    name: input.name || `${type}_${stream}`,
    direction,
    stream,
    toxicity: input.toxicity ?? 1,
  };
  return withAttributes(base, type, DEFAULT_ATTRIBUTES[type], input.attributes);
}

/**
 * The toxic with a new toxicity and new attributes; what is not given stays, and the name, the type
 * and the stream cannot be changed. Throws an ApiError (400) for a wrong value.
 */
export function updatedToxic(toxic: Toxic, input: ToxicInput): Toxic {
  const base: ToxicBase = { ...toxic, toxicity: input.toxicity ?? toxic.toxicity };
  return withAttributes(base, toxic.type, toxic.attributes, input.attributes);
}

/** The toxic as the HTTP API shows it. */
export function toxicJson(toxic: Toxic): Record<string, unknown> {
  const { attributes, name, type, stream, toxicity } = toxic;
  return { attributes, name, type, stream, toxicity };
}

function withAttributes(
  base: ToxicBase,
  type: ToxicType,
  current: Readonly<Record<string, number>>,
  input: ToxicInput["attributes"],
): Toxic {
  const attributes: Record<string, number> = {};
  for (const [key, value] of Object.entries(current)) {
    const given = input?.[key] ?? value;
    if (typeof given !== "number" || !Number.isSafeInteger(given)) {
      throw new ApiError(400, `bad request body: attributes.${key} must be an integer`);
    }
    attributes[key] = given;
  }
  // The keys are those of the type's own defaults, which the compiler cannot follow.
  return { ...base, type, attributes } as Toxic;
}

function parseDirection(stream: string): Direction {
  const lower = stream.toLowerCase();
  if (lower === "upstream" || lower === "downstream") return lower;
  throw new ApiError(400, "stream was invalid, can be either upstream or downstream");
}

function isToxicType(type: string): type is ToxicType {
  return Object.hasOwn(DEFAULT_ATTRIBUTES, type);
}
