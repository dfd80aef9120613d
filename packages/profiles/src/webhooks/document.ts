import { EVENT_TYPES, eventSchemaOf, isEventTypeName } from "@convergint/schemas";
import { z } from "zod";
import {
  expression,
  type FieldRule,
  headerName,
  isMoment,
  isTimed,
  momentRule,
  type Shape,
  seconds,
  shapeOf,
  text,
  timeRule,
  valueRule,
} from "../document.ts";
import { nearest } from "../nearest.ts";
import { findSignatureProblems } from "./signature-format.ts";

const timestampSource = z
  .strictObject({
    header: headerName("The header. Absent: {timestamp} in the format of the signature's header").optional(),
    unit: z.enum(["seconds", "milliseconds", "iso"]).default("seconds"),
    tolerance_seconds: seconds("The maximum difference from the current time, in seconds.").default(300),
  })
  .meta({ description: "Where the time of sending is in a delivery." });

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
          .meta({ description: "The prefix of the names of the three headers." }),
        tolerance_seconds: seconds(
          "The maximum difference of the timestamp from the current time, in seconds.",
        ).default(300),
      })
      .meta({ description: "Standard Webhooks, as the contract requires it." }),
    z.strictObject({
      algorithm: z.literal("secret_in_body"),
      secret_at: bodyPath("body.sharedSecret").meta({
        description: "Where the secret is in the body. It is redacted everywhere.",
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
              "Members that distinguish a handshake from an event. Absent: the body must have only the member in body_has.",
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
  .meta({
    description: "A request that the vendor sends to a new URL, and the answer that the vendor expects.",
  });

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
  const event = isEventTypeName(type) ? shapeOf(eventSchemaOf(type)) : null;
  return event?.["data"] === undefined ? null : shapeOf(event["data"]);
}

/**
 * The fields of an event's `data` without which there is no event. Org and site are not among them: a server that knows
 * the device knows both.
 */
export const requiredFields = (shape: Shape): readonly string[] =>
  Object.entries(shape).flatMap(([field, schema]) =>
    (schema as z.core.$ZodTypes)._zod.def.type === "optional" || field === "org_id" || field === "site_id"
      ? []
      : [field],
  );

const eventId = z.union([
  expression("The vendor's id of the event, the same on every retry"),
  z
    .strictObject({ derived: z.array(expression("A value that identifies the event")).min(1).max(16) })
    .meta({ description: "For a vendor that sends no id: the id is a hash of these values." }),
]);

const eventFields = z.record(
  z.string(),
  z.union([valueRule("A member of the event's data"), momentRule]) as z.ZodType<FieldRule>,
);

const eventSchema = z
  .strictObject({
    when: expression("The events that this rule maps. Variables: event, body, headers, setting, phase"),
    type: eventType,
    id: eventId.optional().meta({ description: "Absent: the id of the section webhooks." }),
    time: timeRule
      .optional()
      .meta({ description: "When the event happened. Absent: the time of the section webhooks." }),
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
        const message = isTime
          ? "This field is not a time: write an expression without `time`."
          : "State the unit: { value: …, time: iso }.";
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
          "Whether the event has ended, such as event.endTimestamp. Any value except null and false means yes",
        ),
      })
      .optional()
      .meta({
        description:
          "For a vendor that sends an event when it begins and again, with the same id, when it ends. Rules can read phase, which is start or end.",
      }),
  })
  .meta({ description: "Absent: the body is one event." });

/** The section `webhooks` of the document. */
export const webhooksSchema = z
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
    vendor_type: expression(
      "The vendor's name of an event's type. It identifies events that no rule maps",
    ).optional(),
    ignore: z
      .array(expression("Events that are acknowledged and counted, but not kept"))
      .max(64)
      .default([])
      .meta({
        description:
          "Checked after the rules in events. Events that match neither list are kept as unmapped.",
      }),
    redact: z
      .array(bodyPath("body.token"))
      .max(32)
      .default([])
      .meta({ description: "Members of the body that are never stored or shown." }),
  })
  .superRefine(({ events, id, time, fields }, context) => {
    for (const [index, rule] of events.entries()) {
      const required = requiredFields(eventDataShape(rule.type) ?? {});
      for (const field of required.filter((each) => !(each in rule.fields) && !(each in fields))) {
        const message = `Add ${field}: every event of this type has it.`;
        context.addIssue({ code: "custom", path: ["events", index, "fields"], message });
      }
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

/** The section `webhooks`. */
export type WebhookRules = z.output<typeof webhooksSchema>;
/** How deliveries are signed. */
export type SignatureRule = z.output<typeof signatureSchema>;
/** A request of the vendor that is not a delivery, and the answer to it. */
export type HandshakeRule = z.output<typeof handshakeSchema>;
/** What one kind of the vendor's events becomes. */
export type EventRule = z.output<typeof eventSchema>;
