import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from "@asteasolutions/zod-to-openapi";
import { type JsonSchema, makeReadable } from "@convergint/internal/readable-schema";
import { PROBLEM_MEDIA_TYPE, problemSchema } from "@convergint/schemas";
import { z } from "zod";
import { acceptsNoBody, type Call } from "./call.ts";

/** The problems that every call may answer. */
const COMMON_PROBLEMS = {
  invalid_parameter: {
    status: 400,
    description: "A parameter or a member of the JSON body is invalid. `detail` names it.",
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

const COMPONENT = "#/components/schemas/";

/**
 * Converts zod schemas to JSON Schemas. The library's own conversion loses the `null` of a component that is
 * optional in one place, and allows it everywhere if the component occurs there first.
 */
class Components {
  readonly schemas = new Map<string, JsonSchema>();
  /** The schemas that were converted; most calls share theirs. */
  readonly #converted = new Map<z.ZodType, JsonSchema>();

  /** Returns a schema; each schema in it that has an id becomes a component. */
  schema(schema: z.ZodType): JsonSchema {
    const converted = this.#converted.get(schema) ?? this.#convert(schema);
    this.#converted.set(schema, converted);
    return converted;
  }

  #convert(schema: z.ZodType): JsonSchema {
    const { properties, $defs = {} } = z.toJSONSchema(z.object({ it: schema }), {
      io: "input",
      override: ({ jsonSchema }) => makeReadable(jsonSchema as JsonSchema),
    });
    const { it, ...components } = JSON.parse(
      JSON.stringify({ ...$defs, it: properties?.["it"] }).replaceAll('"#/$defs/', `"${COMPONENT}`),
    ) as Record<string, JsonSchema>;
    for (const [name, component] of Object.entries(components)) this.schemas.set(name, component);
    return it ?? {};
  }

  /** Returns the members of an object as parameters. */
  parameters(place: "path" | "query", schema: z.ZodType | undefined) {
    if (!schema) return [];
    const { properties = {}, required = [] } = this.schema(schema) as {
      readonly properties?: Readonly<Record<string, JsonSchema>>;
      readonly required?: readonly string[];
    };
    return Object.entries(properties).map(([name, { description, ...rest }]) => ({
      name,
      in: place,
      required: required.includes(name),
      ...(description !== undefined && { description: String(description) }),
      schema: rest,
    }));
  }
}

function describeProblems({ problems = {} }: Call, components: Components): RouteConfig["responses"] {
  const byStatus = new Map<number, string[]>();
  for (const [code, { status, description }] of Object.entries({ ...COMMON_PROBLEMS, ...problems }))
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${code}\`: ${description}`]);
  return Object.fromEntries(
    [...byStatus].map(([status, descriptions]) => [
      status,
      {
        description: descriptions.join("\n\n"),
        content: { [PROBLEM_MEDIA_TYPE]: { schema: components.schema(problemSchema) } },
      },
    ]),
  );
}

function describeAnswers(
  { answer, otherAnswers = [] }: Call,
  components: Components,
): RouteConfig["responses"] {
  const byStatus = Map.groupBy([answer, ...otherAnswers], ({ status }) => status);
  return Object.fromEntries(
    [...byStatus].map(([status, answers]) => {
      const content = answers.flatMap(({ schema, mediaType = "application/json" }) =>
        schema ? [[mediaType, { schema: components.schema(schema) }] as const] : [],
      );
      const description = answers.map((each) => each.description).join(" ");
      return [status, { description, ...(content.length > 0 && { content: Object.fromEntries(content) }) }];
    }),
  );
}

function toRoute(call: Call, components: Components): RouteConfig {
  const { method, path, operationId, summary, role, forCustomers, params, query, body } = call;
  const parameters = [...components.parameters("path", params), ...components.parameters("query", query)];
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
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      request: {
        body: {
          required: !acceptsNoBody(body),
          content: { "application/json": { schema: components.schema(body) } },
        },
      },
    }),
    responses: { ...describeAnswers(call, components), ...describeProblems(call, components) },
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
  const components = new Components();
  for (const each of calls) registry.registerPath(toRoute(each, components));
  for (const [name, schema] of components.schemas)
    registry.registerComponent("schemas", name, schema as never);
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
