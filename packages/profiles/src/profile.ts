import { deviceSchema, EVENT_TYPES, eventSchemaOf, orgSchema, siteSchema } from "@convergint/schemas";
import { z } from "zod";
import {
  expression,
  type FieldRule,
  type FieldRules,
  HEADER,
  headerName,
  isMoment,
  isTimed,
  jsonTemplate,
  momentRule,
  NAME,
  name,
  oneOrMore,
  rulesOf,
  type Shape,
  seconds,
  shapeOf,
  template,
  text,
  timeRule,
  valueRule,
} from "./document.ts";
import { nearest } from "./nearest.ts";
import { findSignatureProblems } from "./webhooks/signature-format.ts";

const loginRequest = z.strictObject({
  method: z.enum(["GET", "POST"]).default("POST"),
  path: template("Path below base_url, or an absolute https URL"),
  headers: z
    .record(z.string().regex(HEADER), template("Header; <credential> becomes the credential"))
    .default({}),
  body: jsonTemplate("JSON body; <credential> in its texts becomes the credential").optional(),
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
    detail: expression("What the vendor says about it, for people").optional(),
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
      next: expression("The next cursor. Absent, null and an empty text end the listing"),
      send_as: parameter,
      send_in: place,
      size: size.optional(),
      ends_when: expression("Whether this was the last page, although it has a cursor").optional(),
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
    body: jsonTemplate("JSON body; its texts may hold expressions in braces").optional(),
    for_each: name("The request for each of whose items this one is made.").optional(),
    as: name("The name of that item in expressions.").optional(),
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
    equals: expression("The key of an item of the other request, which is called other"),
  })
  .meta({ description: "Another listing that has a part of each record." });

const source = (fields: z.ZodType<FieldRules>, what: string) =>
  z
    .strictObject({
      from: name("The request whose items become records. Without it: one record, from settings.").optional(),
      join: z.record(z.string().regex(NAME), joinSchema).default({}),
      where: expression("Which items are records. Absent: all").optional(),
      id_prefix: z
        .string()
        .max(64)
        .default("")
        .meta({ description: "Text before the id, where the vendor's ids are unique only per kind." }),
      distinct: z.boolean().default(false).meta({
        description: "Whether items repeat a record, such as the site in each device's row: one is kept.",
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

const timestampSource = z
  .strictObject({
    header: headerName("The header. Absent: {timestamp} in the format of the signature's header").optional(),
    unit: z.enum(["seconds", "milliseconds", "iso"]).default("seconds"),
    tolerance_seconds: seconds("The largest difference from now.").default(300),
  })
  .meta({ description: "Where a delivery says when it was sent." });

const bodyPath = (example: string) =>
  z
    .string()
    .max(500)
    .regex(/^body(?:\.\w+)+$/, `Write a path such as ${example}.`);

const hmacSchema = z
  .strictObject({
    algorithm: z.enum(["hmac_sha1", "hmac_sha256", "hmac_sha512"]),
    header: headerName("The header with the signature."),
    format: text(
      200,
      "How the header is written, such as sha256={hex}. {hex} is lower case; also {HEX}, {base64}, {base64url}, {timestamp}.",
    ).default("{hex}"),
    separator: z.enum([" ", ","]).optional().meta({
      description:
        "What separates the elements of a list, which may carry several signatures. Absent: no list. Elements that do not fit the format are ignored.",
    }),
    signed: text(200, "The bytes that are signed, such as {id}.{timestamp}.{body}.").default("{body}"),
    key: z.enum(["utf8", "base64", "hex", "whsec"]).default("utf8").meta({
      description: "How the text of the secret becomes the bytes of the key.",
    }),
    timestamp: timestampSource.optional(),
    id: z.strictObject({ header: headerName("The header with the id of the delivery.") }).optional(),
  })
  .superRefine((rule, context) => {
    for (const { path, message } of findSignatureProblems(rule))
      context.addIssue({ code: "custom", path: [...path], message, params: { code: "unsafe_signature" } });
  });

const signatureSchema = z
  .discriminatedUnion("algorithm", [
    hmacSchema,
    z
      .strictObject({
        algorithm: z.literal("standard_webhooks"),
        prefix: z
          .enum(["webhook", "svix"])
          .default("webhook")
          .meta({ description: "How the names of the three headers begin." }),
        tolerance_seconds: seconds("The largest difference of the timestamp from now.").default(300),
      })
      .meta({ description: "Standard Webhooks, as the contract requires it." }),
    z.strictObject({
      algorithm: z.literal("secret_in_body"),
      secret_at: bodyPath("body.sharedSecret").meta({
        description: "Where the body has the secret. Redacted everywhere.",
      }),
    }),
    z.strictObject({
      algorithm: z.literal("secret_in_header"),
      header: headerName("The header with the secret."),
      prefix: z.string().max(100).default("").meta({ description: "Text before the secret." }),
      timestamp: timestampSource.optional(),
    }),
  ])
  .meta({ description: "How the vendor signs its deliveries." });

const echoText = (description: string) => z.string().max(1_000).meta({ description });

/** The placeholder of the value that a handshake returns: `query.token`, `header.X-Hook-Secret` or `body.challenge`. */
export const placeholderOf = ({
  query,
  header,
  body_has,
}: Readonly<Partial<Record<"query" | "header" | "body_has", string | undefined>>>): string => {
  if (query !== undefined) return `query.${query}`;
  return header === undefined ? `body.${body_has ?? ""}` : `header.${header}`;
};

const echoSchema = z
  .strictObject({
    when: z
      .strictObject({
        method: z.enum(["GET", "POST", "PUT", "OPTIONS", "HEAD"]).optional(),
        query: text(100, "The parameter of the query that holds the value to return.").optional(),
        header: headerName("The header that holds the value to return.").optional(),
        body_has: text(100, "The member of the JSON body that holds the value to return.").optional(),
        body_equals: z
          .record(z.string(), z.union([z.string().max(200), z.number(), z.boolean()]))
          .optional()
          .meta({
            description:
              "Members of the body that tell a handshake from an event. Without them, the body has no other member.",
          }),
      })
      .meta({ description: "Which requests are handshakes: all of these must hold." }),
    answer: z.strictObject({
      status: z.number().int().min(200).max(299).default(200),
      headers: z
        .record(
          z
            .string()
            .regex(/^(?:x|webhook)-[a-z0-9-]{1,60}$/i, "Write a header that begins with X- or WebHook-."),
          echoText("A header, such as {header.X-Hook-Secret}."),
        )
        .default({}),
      body: echoText("Plain text, such as {query.token}.").optional(),
      json: z.record(z.string(), echoText("A member, such as {body.challenge}.")).optional(),
    }),
  })
  .superRefine(({ when, answer }, context) => {
    const issue = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    const sources = [when.query, when.header, when.body_has].filter((each) => each !== undefined);
    if (sources.length !== 1)
      issue("when", "Name the value to return exactly once: query, header or body_has.");
    if (when.body_equals !== undefined && when.body_has === undefined)
      issue("when", "body_equals needs body_has: only a small JSON body is a handshake.");
    if (answer.body !== undefined && answer.json !== undefined)
      issue("answer", "Write body or json, not both.");
    const texts = [answer.body ?? "", ...Object.values(answer.json ?? {}), ...Object.values(answer.headers)];
    for (const [, placeholder] of texts.join("\n").matchAll(/\{([^{}]*)\}/g)) {
      if (placeholder !== placeholderOf(when))
        issue("answer", `Only {${placeholderOf(when)}} may be returned, because the sender is unknown.`);
    }
  });

const handshakeSchema = z
  .union([
    z
      .strictObject({
        cloudevents: z.union([z.literal(true), z.array(z.string().max(253).toLowerCase()).min(1).max(32)]),
      })
      .meta({
        description:
          "The validation request of CloudEvents: OPTIONS with WebHook-Request-Origin. true, or the host names to allow.",
      }),
    echoSchema,
  ])
  .meta({ description: "A request to a new URL that the vendor expects a certain answer to." });

const CONTRACT = { before: "com.convergint.", after: ".v1" };
const EVENT_TYPE_NAMES = EVENT_TYPES.map(({ type }) =>
  type.slice(CONTRACT.before.length, type.lastIndexOf(".v")),
);

/** A short name of the contract's event types, or a vendor's own type in full; parsed to the full type. */
const eventType = z
  .string()
  .max(256)
  .meta({
    description: `Event type of the contract (${EVENT_TYPE_NAMES.join(", ")}), or a vendor's own, such as com.vendor.thing.v1.`,
    examples: ["device.status_changed"],
  })
  .transform((written, context) => {
    if (EVENT_TYPE_NAMES.includes(written)) return `${CONTRACT.before}${written}${CONTRACT.after}`;
    if (/^[a-z0-9-]+(?:\.[a-z0-9_-]+)+\.v\d+$/.test(written)) return written;
    const near = nearest(written, EVENT_TYPE_NAMES);
    context.addIssue({
      code: "custom",
      message: `Unknown event type.${near === null ? "" : ` Did you mean ${near}?`} Write a type of the contract, or a vendor's own in full, such as com.vendor.thing.v1.`,
    });
    return z.NEVER;
  });

/** The fields that an event's `data` may have; `null` if the contract does not define the type. */
export function eventDataShape(type: string): Shape | null {
  const event = shapeOf(eventSchemaOf(type));
  return event?.["data"] === undefined ? null : shapeOf(event["data"]);
}

const eventId = z.union([
  expression("The vendor's id of the event, the same on every retry"),
  z
    .strictObject({ derived: z.array(expression("A value that identifies the event")).min(1).max(16) })
    .meta({ description: "The vendor sends no id: it becomes a hash of these values." }),
]);

const eventFields = z.record(
  z.string(),
  z.union([valueRule("A member of the event's data"), momentRule]) as z.ZodType<FieldRule>,
);

const eventSchema = z
  .strictObject({
    when: expression("Which events of the vendor. Variables: event, body, headers, setting, phase"),
    type: eventType,
    id: eventId.optional().meta({ description: "Absent: the id of the section webhooks." }),
    time: timeRule
      .optional()
      .meta({ description: "When it happened. Absent: the time of the section webhooks." }),
    fields: eventFields
      .default({})
      .meta({ description: "Members of data, in addition to those of the section." }),
  })
  .superRefine((rule, context) => {
    const shape = eventDataShape(rule.type);
    if (shape === null) return;
    for (const [field, value] of Object.entries(rule.fields)) {
      const schema = shape[field];
      const isTime = isTimed(value);
      if (schema === undefined) {
        const near = nearest(field, Object.keys(shape));
        const hint = near === null ? "" : ` Did you mean ${near}?`;
        context.addIssue({ code: "custom", path: ["fields", field], message: `Unknown field.${hint}` });
      } else if (isMoment(schema) !== isTime) {
        const message = isTime ? "This field is no time." : "State the unit: { value: …, time: iso }.";
        context.addIssue({ code: "custom", path: ["fields", field], message });
      }
    }
  });

const envelopeSchema = z
  .strictObject({
    events: expression("The events of a delivery. Variables: body, headers, setting").optional(),
    span: z
      .strictObject({
        ended: expression(
          "Whether the event has ended: any value but null and false, such as event.endTimestamp",
        ),
      })
      .optional()
      .meta({
        description:
          "The vendor sends an event when it begins and again when it ends, with one id. Rules then see phase, which is start or end.",
      }),
  })
  .meta({ description: "Absent: the body is one event." });

const webhooksSchema = z
  .strictObject({
    signature: signatureSchema.nullable().meta({ description: "null: the vendor does not sign." }),
    handshakes: z.array(handshakeSchema).max(8).default([]),
    envelope: envelopeSchema.default({}),
    id: eventId.optional().meta({ description: "The id of every event whose rule has none." }),
    time: timeRule.optional().meta({ description: "The time of every event whose rule has none." }),
    fields: eventFields
      .default({})
      .meta({ description: "Members of data that every event has, such as org_id and site_id." }),
    events: z
      .array(eventSchema)
      .max(200)
      .meta({ description: "What the vendor's events become. The first match applies." }),
    ignore: z
      .array(expression("Events that are acknowledged and counted, but not kept"))
      .max(64)
      .default([])
      .meta({ description: "Read after the rules in events. What neither list has is kept as unmapped." }),
    redact: z
      .array(bodyPath("body.token"))
      .max(32)
      .default([])
      .meta({ description: "Members of the body that are never stored or shown." }),
  })
  .superRefine(({ events, id, time }, context) => {
    for (const [index, rule] of events.entries()) {
      for (const member of ["id", "time"] as const) {
        if (rule[member] === undefined && { id, time }[member] === undefined)
          context.addIssue({
            code: "custom",
            path: ["events", index, member],
            message: `Add ${member} here, or for all events in webhooks.${member}.`,
          });
      }
    }
  })
  .meta({ description: "The vendor's webhooks." });

const noteSchema = z.strictObject({
  about: text(200, "The part of the profile that the note is about."),
  source: text(2_048, "Where the fact is documented.").optional(),
  certain: z.boolean().default(true).meta({ description: "Whether the source leaves no doubt." }),
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
    title: text(200, "Name of the vendor or its product, for people."),
    notes: z.array(noteSchema).max(200).default([]).meta({ description: "Sources, and what is uncertain." }),
    settings: z
      .record(z.string().regex(NAME), settingSchema)
      .default({})
      .meta({ description: "What the operator enters for each integration. Never secrets." }),
    base_url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .meta({ description: "Default of --base-url." }),
    canonical: z.literal(true).optional().meta({ description: "The vendor implements the contract." }),
    auth: oneOrMore(authSchema)
      .optional()
      .meta({ description: "How requests are authenticated: one way, or one for each kind of credential." }),
    errors: z.array(errorSchema).max(32).default([]),
    inventory: inventorySchema.optional(),
    words: wordsSchema.default({ type: {}, status: {} }),
    webhooks: webhooksSchema.optional(),
  })
  .meta({ id: "Profile", title: "Vendor profile", description: "Maps a vendor's cloud to the contract." });

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
/** The section `webhooks`. */
export type WebhookRules = z.output<typeof webhooksSchema>;
/** How deliveries are signed. */
export type SignatureRule = z.output<typeof signatureSchema>;
/** A request of the vendor that is no delivery, and its answer. */
export type HandshakeRule = z.output<typeof handshakeSchema>;
/** What one kind of the vendor's events becomes. */
export type EventRule = z.output<typeof eventSchema>;
