import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from "@asteasolutions/zod-to-openapi";
import { PROBLEM_MEDIA_TYPE, problemSchema } from "@convergint/schemas";
import type { z } from "zod";
import type { Call } from "./call.ts";

/** What any call may be refused with. */
const EVERYWHERE = {
  invalid_parameter: {
    status: 400,
    description: "A parameter or a member of the body is wrong; `detail` names it.",
  },
  unauthorized: { status: 401, description: "No token, or one that is not known." },
  forbidden: { status: 403, description: "The token lets its holder read, and this changes something." },
} as const;

function problemsOf({ problems = {} }: Call): RouteConfig["responses"] {
  const byStatus = new Map<number, string[]>();
  for (const [code, { status, description }] of Object.entries({ ...EVERYWHERE, ...problems }))
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

function route(call: Call): RouteConfig {
  const { method, path, operationId, summary, role, params, query, body, answer } = call;
  const { status, description, schema, mediaType = "application/json" } = answer;
  return {
    method: method.toLowerCase() as Lowercase<Call["method"]>,
    path: `/v1${path}`,
    operationId,
    summary,
    description: role === "admin" ? "Takes a token of the role `admin`." : "Takes a token of any role.",
    security: [{ token: [] }],
    request: {
      ...(params && { params: params as z.ZodObject }),
      ...(query && { query: query as z.ZodObject }),
      ...(body && { body: { required: true, content: { "application/json": { schema: body } } } }),
    },
    responses: {
      [status]: { description, ...(schema && { content: { [mediaType]: { schema } } }) },
      ...problemsOf(call),
    },
  };
}

/**
 * Describes calls as OpenAPI 3.1.
 *
 * @param version the server's
 */
export function openApiOf(calls: readonly Call[], version: string): object {
  const registry = new OpenAPIRegistry();
  registry.registerComponent("securitySchemes", "token", {
    type: "http",
    scheme: "bearer",
    description: "A token that `convergint-ingest token` or `POST /v1/tokens` has made.",
  });
  for (const each of calls) registry.registerPath(route(each));
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: "3.1.0",
    info: {
      title: "Convergint ingestion server",
      version,
      description:
        "What the server knows of vendors' sites, devices and events, and how vendors are onboarded.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
  });
}
