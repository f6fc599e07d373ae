import type { Request } from "../../../server/wire/request-types.ts";
import type { Step } from "./steps.ts";

/** One line for a person. */
export function describeStep(step: Step): string {
  if (step.type !== "requests") return `client ${step.client} ${step.type}s`;
  return `client ${step.client}: ${step.requests.map(describeRequest).join("; ")}`;
}

function describeRequest(request: Request): string {
  const { type, ...rest } = request;
  return `${type} ${JSON.stringify(rest, (_key, value: unknown) => plain(value))}`;
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (isBufferJson(value)) return Buffer.from(value.data).toString("latin1");
  return value;
}

/** JSON.stringify has made this of a Buffer before it asks. */
function isBufferJson(value: unknown): value is { readonly data: readonly number[] } {
  return typeof value === "object" && value !== null && "type" in value && value.type === "Buffer";
}
