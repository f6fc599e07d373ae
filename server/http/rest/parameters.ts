/**
 * The parameters of operations: how each is described (as OpenAPI does it) and, by that very
 * description, read.
 */
import { Refusal } from "./refusal.ts";

/** A part of JSON Schema. */
export type ParameterSchema =
  | { readonly type: "string"; readonly enum: readonly string[]; readonly default: string }
  | { readonly type: "string"; readonly pattern: string }
  | { readonly type: "string"; readonly maxLength: number }
  | { readonly type: "boolean"; readonly default: boolean }
  | {
      readonly type: "integer";
      readonly minimum: number;
      readonly maximum: number;
      readonly default?: number;
    };

export interface Parameter {
  readonly description: string;
  readonly schema: ParameterSchema;
  readonly required?: true;
}

export type Parameters = Readonly<Record<string, Parameter>>;

/** The values of one request's parameters. */
export class Query {
  readonly #parameters: Parameters;
  readonly #given: ReadonlyMap<string, string>;

  /** Throws a `Refusal` (400) that names the parameter and what it should be. */
  constructor(parameters: Parameters, given: ReadonlyMap<string, string>) {
    this.#parameters = parameters;
    this.#given = given;
    for (const [name, value] of given) {
      if (!Object.hasOwn(parameters, name)) throw unknown(name, Object.keys(parameters));
      const { schema } = parameters[name] as Parameter;
      if (!fits(schema, value)) throw wrong(name, value, expected(schema));
    }
    for (const [name, { schema, required }] of Object.entries(parameters))
      if (required && !given.has(name))
        throw new Refusal(400, `${name}: missing, expected ${expected(schema)}`);
  }

  /** Null: not given, and there is no default. */
  text(name: string): string | null {
    const { schema } = this.#parameters[name] as Parameter;
    const unset = "default" in schema ? String(schema.default) : null;
    return this.#given.get(name) ?? unset;
  }
  flag(name: string): boolean {
    return this.text(name) === "true";
  }
  /** Only of one that is required or has a default. */
  integer(name: string): number {
    return Number(this.text(name));
  }
}

function fits(schema: ParameterSchema, value: string): boolean {
  switch (schema.type) {
    case "boolean":
      return value === "true" || value === "false";
    case "integer": {
      const number = /^-?\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
      return number >= schema.minimum && number <= schema.maximum;
    }
    case "string":
      if ("enum" in schema) return schema.enum.includes(value);
      if ("pattern" in schema) return new RegExp(schema.pattern).test(value);
      return value.length <= schema.maxLength;
  }
}

function expected(schema: ParameterSchema): string {
  switch (schema.type) {
    case "boolean":
      return "true or false";
    case "integer":
      return `a whole number from ${schema.minimum} to ${schema.maximum}`;
    case "string":
      if ("enum" in schema) return schema.enum.join(" or ");
      if ("pattern" in schema) return "the id of a session, as it was given when it was opened";
      return `at most ${schema.maxLength} characters`;
  }
}

function wrong(name: string, value: string, expectation: string): Refusal {
  const found = JSON.stringify(value.slice(0, 60));
  return new Refusal(400, `${name}: found ${found}, expected ${expectation}`);
}

function unknown(name: string, known: readonly string[]): Refusal {
  const found = JSON.stringify(name.slice(0, 60));
  const list = known.length === 0 ? "none" : known.join(", ");
  return new Refusal(400, `unknown parameter ${found}, expected ${list}`);
}
