import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Access } from "../access/tokens.ts";
import type { Role } from "../store/store.ts";

type Shape = z.ZodType | undefined;
type Parsed<Schema extends Shape> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** The input of a call: path parameters, query and body as parsed by their schemas. */
interface CallInput<Params extends Shape, Query extends Shape, Body extends Shape> {
  readonly params: Parsed<Params>;
  readonly query: Parsed<Query>;
  readonly body: Parsed<Body>;
  /** What the caller's token permits. */
  readonly access: Access;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** A successful answer. Without a schema, it has no body. */
interface CallAnswer {
  readonly status: 200 | 201 | 202 | 204;
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly mediaType?: string;
}

/** A query parameter that is true or false. */
export const flagSchema = z.enum(["true", "false"]).transform((text) => text === "true");

/** One call of the API. The server and its OpenAPI document both derive from this definition. */
export interface Call<Params extends Shape = Shape, Query extends Shape = Shape, Body extends Shape = Shape> {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** The path, relative to `/v1`, with parameters in braces. */
  readonly path: `/${string}`;
  readonly operationId: string;
  readonly summary: string;
  /** The required role. Every token may make calls of the role `read`. */
  readonly role: Role;
  /**
   * Whether the call answers a token that is restricted to customers, with only their data. By default, such
   * a token is refused, so that a new call shows nothing by omission.
   */
  readonly forCustomers?: boolean;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** What the server answers with what `handle` returns. */
  readonly answer: CallAnswer;
  /** Further answers, which `handle` sends itself. */
  readonly otherAnswers?: readonly CallAnswer[];
  /** The problems specific to this call, by code. */
  readonly problems?: Readonly<Record<string, { readonly status: number; readonly description: string }>>;
  /** @returns the JSON answer, or `reply` if the handler has already sent the answer */
  readonly handle: (input: CallInput<Params, Query, Body>) => unknown;
}

/** Infers the types of a call from its schemas. */
export const call = <Params extends Shape, Query extends Shape, Body extends Shape>(
  definition: Call<Params, Query, Body>,
): Call => definition as unknown as Call;

/** Tells whether a call may be made without a body. */
export const acceptsNoBody = (body: z.ZodType): boolean => body.safeParse(undefined).success;
