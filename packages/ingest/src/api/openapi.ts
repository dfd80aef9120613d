import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from "@asteasolutions/zod-to-openapi";
import { PROBLEM_MEDIA_TYPE, problemSchema } from "@convergint/schemas";
import type { z } from "zod";
import { acceptsNoBody, type Call } from "./call.ts";

/** The problems that every call may answer. */
const COMMON_PROBLEMS = {
  invalid_parameter: {
    status: 400,
    description: "A parameter or a body member is invalid. `detail` names the parameter or member.",
  },
  unauthorized: { status: 401, description: "The token is missing, unknown, revoked or expired." },
  forbidden: {
    status: 403,
    description:
      "The token is read-only and this call requires the role `admin`, or the token is restricted to customers that this call is not about.",
  },
  database_unavailable: {
    status: 503,
    description: "The database is unavailable. Send the request again after the time in `Retry-After`.",
  },
} as const;

function describeProblems({ problems = {} }: Call): RouteConfig["responses"] {
  const byStatus = new Map<number, string[]>();
  for (const [code, { status, description }] of Object.entries({ ...COMMON_PROBLEMS, ...problems }))
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${code}\`: ${description}`]);
  return Object.fromEntries(
    [...byStatus].map(([status, descriptions]) => [
      status,
      {
        description: descriptions.join("\n\n"),
        content: { [PROBLEM_MEDIA_TYPE]: { schema: problemSchema } },
      },
    ]),
  );
}

function toRoute(call: Call): RouteConfig {
  const { method, path, operationId, summary, role, forCustomers, params, query, body, answer } = call;
  const { status, description, schema, mediaType = "application/json" } = answer;
  return {
    method: method.toLowerCase() as Lowercase<Call["method"]>,
    path: `/v1${path}`,
    operationId,
    summary,
    description:
      role === "admin"
        ? "Requires a token with the role `admin`."
        : `Accepts a token of any role. A token restricted to customers ${forCustomers ? "gets only their data" : "is refused"}.`,
    security: [{ token: [] }],
    request: {
      ...(params && { params: params as z.ZodObject }),
      ...(query && { query: query as z.ZodObject }),
      ...(body && {
        body: { required: !acceptsNoBody(body), content: { "application/json": { schema: body } } },
      }),
    },
    responses: {
      [status]: { description, ...(schema && { content: { [mediaType]: { schema } } }) },
      ...describeProblems(call),
    },
  };
}

/**
 * Generates the OpenAPI 3.1 document that describes the calls.
 *
 * @param version the version of the server
 */
export function generateOpenApi(calls: readonly Call[], version: string): object {
  const registry = new OpenAPIRegistry();
  registry.registerComponent("securitySchemes", "token", {
    type: "http",
    scheme: "bearer",
    description: "A token created by `convergint-ingest token create` or `POST /v1/tokens`.",
  });
  for (const each of calls) registry.registerPath(toRoute(each));
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: "3.1.0",
    info: {
      title: "Convergint ingestion server",
      version,
      description:
        "Reads vendors' sites, devices and events, and manages integrations, bindings, mappings, subscribers and tokens.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
  });
}
