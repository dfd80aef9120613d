import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Role } from "../store/token-store.ts";

type Shape = z.ZodType | undefined;
type Parsed<Schema extends Shape> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** What a call is handed: its path, query and body as their schemas parsed them. */
export interface CallInput<Params extends Shape, Query extends Shape, Body extends Shape> {
  readonly params: Parsed<Params>;
  readonly query: Parsed<Query>;
  readonly body: Parsed<Body>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** One call of the API: served and described from the same lines, so that neither can be wrong about the other. */
export interface Call<Params extends Shape = Shape, Query extends Shape = Shape, Body extends Shape = Shape> {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `/v1`, with parameters in braces. */
  readonly path: `/${string}`;
  readonly operationId: string;
  readonly summary: string;
  /** Who may: `read` is for whoever holds any token. */
  readonly role: Role;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** What it answers when all goes well; without a schema, nothing. */
  readonly answer: {
    readonly status: 200 | 201 | 202 | 204;
    readonly description: string;
    readonly schema?: z.ZodType;
    readonly mediaType?: string;
  };
  /** The problems it may answer beside those that every call may: code and what it means. */
  readonly problems?: Readonly<Record<string, { readonly status: number; readonly description: string }>>;
  /** @returns what is answered as JSON; or what it has sent by `reply` itself */
  readonly handle: (input: CallInput<Params, Query, Body>) => unknown;
}

/** Says which shapes belong together; the call is served as it is. */
export const call = <Params extends Shape, Query extends Shape, Body extends Shape>(
  definition: Call<Params, Query, Body>,
): Call => definition as unknown as Call;
