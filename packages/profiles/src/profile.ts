import { deviceSchema, orgSchema, siteSchema } from "@convergint/schemas";
import { z } from "zod";
import {
  expression,
  type FieldRules,
  HEADER,
  headerName,
  jsonTemplate,
  NAME,
  name,
  oneOrMore,
  rulesOf,
  seconds,
  template,
  text,
} from "./document.ts";
import { webhooksSchema } from "./webhooks/document.ts";

const loginRequest = z.strictObject({
  method: z.enum(["GET", "POST"]).default("POST"),
  path: template("Path below base_url, or an absolute https URL"),
  headers: z
    .record(z.string().regex(HEADER), template("Header; <credential> is replaced by the credential"))
    .default({}),
  body: jsonTemplate("JSON body; <credential> in its texts is replaced by the credential").optional(),
});

const authSchema = z
  .discriminatedUnion("scheme", [
    z.strictObject({ scheme: z.literal("bearer") }),
    z.strictObject({
      scheme: z.literal("header"),
      name: headerName("The header that carries the key"),
      prefix: z.string().max(100).default("").meta({ description: "Text before the key." }),
    }),
    z.strictObject({
      scheme: z.literal("oauth2_client_credentials"),
      token_url: text(2_048, "The token endpoint: a path below base_url, or an absolute https URL."),
      scope: z.string().max(1_000).optional(),
      client_auth: z.enum(["basic", "body"]).default("basic"),
    }),
    z.strictObject({
      scheme: z.literal("signed_jwt"),
      issuer: text(256, "The iss claim.").default("convergint"),
      audience: z.string().max(2_048).nullable().default(null),
      lifetime_seconds: seconds("How long a token is valid.").default(600),
    }),
    z.strictObject({
      scheme: z.literal("session_token"),
      request: loginRequest.meta({ description: "The request that exchanges the key for a token." }),
      token: expression("The token in the response"),
      header: headerName("The header that carries the token.").default("authorization"),
      prefix: z
        .string()
        .max(100)
        .default("")
        .meta({ description: "Text before the token, such as `Bearer `." }),
      lifetime_seconds: seconds("How long a token is used before the next one is requested."),
    }),
    z.strictObject({ scheme: z.literal("none") }),
  ])
  .meta({ description: "How requests to the vendor are authenticated." });

const errorSchema = z
  .strictObject({
    when: expression("Whether this response reports a failure. Variables: body, headers, status, setting"),
    code: name("A stable code of this failure, such as vendor_error."),
    means: z
      .enum(["vendor_error", "unauthorized", "forbidden", "not_found", "rate_limited", "unavailable"])
      .default("vendor_error")
      .meta({ description: "What the failure means." }),
    detail: expression("The vendor's explanation, human-readable").optional(),
  })
  .meta({ description: "A failure that the vendor reports with a status that says success." });

const parameter = text(100, "The name of the parameter.");
const place = z
  .enum(["query", "body"])
  .default("query")
  .meta({ description: "Whether paging parameters are sent in the query or in the JSON body." });
const size = z
  .strictObject({ name: parameter, value: z.number().int().min(1).max(100_000) })
  .meta({ description: "The parameter of the page size." });
const count = (what: string) => expression(what).optional();

const pagingSchema = z
  .discriminatedUnion("style", [
    z.strictObject({ style: z.literal("none") }),
    z.strictObject({
      style: z.literal("cursor"),
      next: expression("The next cursor"),
      end: oneOrMore(z.enum(["null", "empty", "absent"]))
        .default(["null", "empty", "absent"])
        .meta({
          description:
            "What the last page has in place of a next cursor. Anything else is an error, not the end.",
        }),
      send_as: parameter,
      send_in: place,
      size: size.optional(),
      ends_when: expression(
        "Whether this is the last page. If set, only this expression decides, not `end`",
      ).optional(),
    }),
    z.strictObject({ style: z.literal("link"), size: size.optional() }).meta({
      description: "Link: <…>; rel=next.",
    }),
    z.strictObject({
      style: z.literal("page"),
      page: parameter,
      first: z.number().int().min(0).max(1).default(1),
      send_in: place,
      size,
      total: count("The number of items in all pages"),
      pages: count("The number of pages"),
    }),
    z.strictObject({
      style: z.literal("offset"),
      offset: parameter,
      send_in: place,
      size,
      total: count("The number of items in all pages"),
    }),
  ])
  .meta({ description: "How the vendor divides a listing into pages." });

const requestSchema = z
  .strictObject({
    method: z.enum(["GET", "POST"]).default("GET"),
    path: template("Path below base_url"),
    query: z.record(z.string(), template("Query parameter")).default({}),
    headers: z.record(z.string().regex(HEADER), template("Header")).default({}),
    body: jsonTemplate("JSON body; its texts may contain expressions in braces").optional(),
    for_each: name("Another request. This request is made once for each of its items.").optional(),
    as: name("The name that expressions use for the item of `for_each`.").optional(),
    items: expression(
      "The items of a response. Variables: body, headers, setting, and the names of outer items",
    ),
    paging: pagingSchema.default({ style: "none" }),
    empty_statuses: z
      .array(z.number().int().min(400).max(499))
      .default([])
      .meta({ description: "Statuses that mean an empty listing, such as 404 for a site without devices." }),
  })
  .meta({ description: "One request, and where its items are." });

const joinSchema = z
  .strictObject({
    from: name("The request whose items are joined."),
    on: expression("The key of an item"),
    equals: expression("The key of an item of the other request. Variables: other (that item), setting"),
  })
  .meta({ description: "Another listing that contains a part of each record." });

const source = (fields: z.ZodType<FieldRules>, what: string) =>
  z
    .strictObject({
      from: name("The request whose items become records. Without it: one record, from settings.").optional(),
      join: z.record(z.string().regex(NAME), joinSchema).default({}),
      where: expression("Which items become records. Absent: all").optional(),
      id_prefix: z
        .string()
        .max(64)
        .default("")
        .meta({ description: "Text to put before the id if the vendor's ids are unique only per kind." }),
      distinct: z.boolean().default(false).meta({
        description:
          "Whether several items describe one record, such as the site in each device's row. The first is kept.",
      }),
      fields,
    })
    .meta({ description: `Where ${what} come from.` });

const inventorySchema = z
  .strictObject({
    requests: z.record(z.string().regex(NAME), requestSchema).meta({ description: "The requests, by name." }),
    orgs: oneOrMore(source(rulesOf(orgSchema.shape, ["org_id", "name"]), "orgs")),
    sites: oneOrMore(source(rulesOf(siteSchema.shape, ["site_id", "org_id", "name"]), "sites")),
    devices: oneOrMore(
      source(rulesOf(deviceSchema.shape, ["device_id", "org_id", "site_id", "name", "type"]), "devices"),
    ),
  })
  .meta({ description: "The vendor's inventory API." });

const STATUS = z.enum(["online", "degraded", "offline", "unknown"]);
const statusWord = z.union([
  STATUS,
  z.strictObject({
    status: STATUS,
    reason: text(256, "status_reason, such as parent_unreachable.").optional(),
    admin_state: z.enum(["enabled", "disabled"]).optional(),
  }),
]);
const typeWord = z.union([
  text(64, "A device type of the contract."),
  z.strictObject({
    type: text(64, "A device type of the contract."),
    subtype: text(64, "The subtype.").optional(),
  }),
]);

const wordsSchema = z
  .strictObject({
    type: z.record(z.string().max(256), typeWord).default({}),
    status: z.record(z.string().max(256), statusWord).default({}),
  })
  .meta({ description: "The vendor's words for types and statuses. Case, spaces, - and _ do not matter." });

const noteSchema = z.strictObject({
  about: text(200, "The part of the profile that the note is about."),
  source: text(2_048, "Where the fact is documented.").optional(),
  certain: z.boolean().default(true).meta({ description: "Whether the fact is certain." }),
  text: text(2_000, "The fact, or what is uncertain about it.").optional(),
});

const settingSchema = z.strictObject({
  title: text(200, "What the operator has to enter."),
  required: z.boolean().default(true),
  default: z.string().max(1_000).optional(),
});

/** The document of a profile. {@link readProfile} reads it, and adds the checks that need the whole of it. */
export const profileSchema = z
  .strictObject({
    $schema: z.string().optional().meta({ description: "The schema that editors use." }),
    profile: z.literal(1).meta({ description: "Version of this format." }),
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "Write a name of lower-case letters, digits and -.")
      .meta({ description: "Short name, as --profile takes it." }),
    title: text(200, "Human-readable name of the vendor or its product."),
    notes: z.array(noteSchema).max(200).default([]).meta({ description: "Sources, and what is uncertain." }),
    settings: z
      .record(z.string().regex(NAME), settingSchema)
      .default({})
      .meta({ description: "What the operator enters for each integration. Never secrets." }),
    base_url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .meta({ description: "The vendor's base URL, unless the operator sets another." }),
    canonical: z.literal(true).optional().meta({ description: "The vendor implements the contract." }),
    auth: oneOrMore(authSchema)
      .optional()
      .meta({ description: "How requests are authenticated: one way, or one for each kind of credential." }),
    errors: z.array(errorSchema).max(32).default([]),
    inventory: inventorySchema.optional(),
    words: wordsSchema.default({ type: {}, status: {} }),
    webhooks: webhooksSchema.optional(),
  })
  .meta({ title: "Vendor profile", description: "Maps a vendor's cloud to the contract." });

/** A profile as it was parsed: defaults filled in, expressions as {@link Expression}. */
export type ProfileDocument = z.output<typeof profileSchema>;
/** How requests are authenticated. */
export type AuthRule = z.output<typeof authSchema>;
/** How a vendor reports a failure with a status that says success. */
export type ErrorRule = z.output<typeof errorSchema>;
/** The section `inventory`. */
export type InventoryRules = z.output<typeof inventorySchema>;
/** One named request. */
export type RequestRule = z.output<typeof requestSchema>;
/** How a listing is divided into pages. */
export type PagingRule = z.output<typeof pagingSchema>;
/** Where the records of one kind come from. */
export type SourceRule = InventoryRules["devices"][number];
/** Another listing that has a part of each record. */
export type JoinRule = z.output<typeof joinSchema>;
/** The vendor's vocabulary. */
export type WordRules = z.output<typeof wordsSchema>;
