/** What may be done over HTTP, as data: the port serves it, and the OpenAPI document describes it. */
import type { AuthId } from "../../tree/acl.ts";
import type { Answer, MediaType } from "./answer.ts";
import type { Clients } from "./clients.ts";
import type { Parameters, Query } from "./parameters.ts";

export type Method = "GET" | "HEAD" | "PUT" | "POST" | "DELETE";

/** The schemas of bodies, by their names in the OpenAPI document. */
export type SchemaName = "Path" | "Znode" | "Children" | "Session" | "Refusal" | "Document";

export interface Success {
  readonly description: string;
  /** The body as JSON, by its possible schemas; empty: it has none. */
  readonly json: readonly SchemaName[];
  /** There is a body of bytes for who asks for application/octet-stream. */
  readonly bytes?: true;
}

export interface Operation {
  readonly method: Method;
  readonly id: string;
  readonly summary: string;
  readonly query: Parameters;
  /** What the body is; null: the request has none. */
  readonly takes: string | null;
  readonly success: Readonly<Partial<Record<200 | 201 | 204, Success>>>;
  /** With what it may be refused, besides what every request may be refused with. */
  readonly refusals: readonly number[];
  /** Rejects with a `Refusal`, or with a `CodeError` that becomes one. */
  run(asked: Asked): Promise<Answer>;
}

/** A request that was read, and found to be in order as far as that shows without the tree. */
export interface Asked {
  readonly clients: Clients;
  readonly authIds: readonly AuthId[];
  readonly isAuthenticated: boolean;
  /** The path's segments behind what is fixed of it. */
  readonly rest: readonly string[];
  readonly query: Query;
  readonly body: Buffer;
  readonly wants: MediaType;
  /** `http://host:port`, as the client knows this server. */
  readonly base: string;
}

/** What is at a path. */
export interface Resource {
  /** As the OpenAPI document has it. */
  readonly path: string;
  readonly description: string;
  /** The path's segments that are fixed. */
  readonly prefix: readonly string[];
  /** The name of what follows them, and what that may be; null: nothing follows. */
  readonly rest: {
    readonly name: string;
    readonly isPath: boolean;
    readonly description: string;
  } | null;
  readonly operations: readonly Operation[];
}
