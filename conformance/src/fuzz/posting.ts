import { quoteForShell as quote } from "@convergint/internal/printable";
import { BATCH_MEDIA_TYPE, contractEventType, EVENT_MEDIA_TYPE, EVENT_TYPES } from "@convergint/schemas";
import type { Body } from "./call.ts";
import { type Draw, WRONG_VALUES } from "./faults.ts";
import { simplerBodies } from "./hunt.ts";

/** An org and a site that the consumer has bound. */
export interface Place {
  readonly orgId: string;
  readonly siteId: string;
}

/** The headers of a delivery. `$ID`, `$T` and `$S` are the right id, timestamp and signature; `null` omits a header. */
interface Headers {
  readonly id: string | null;
  readonly timestamp: string | null;
  readonly signature: string | null;
}

/**
 * One delivery. In the body, `@id@` means an id that no earlier delivery had, and `@now@` means the
 * current time.
 */
export interface Posting {
  readonly body: Body;
  readonly headers: Headers;
  /** How many seconds the timestamp differs from the current time. The signature covers this timestamp. */
  readonly skewSeconds: number;
  readonly isSignedByStranger: boolean;
  /** Text that is appended to the body after the body was signed. */
  readonly appended: string;
  /** How often the same delivery is posted. */
  readonly times: number;
}

/** The headers of a genuine delivery. */
export const RIGHT: Headers = { id: "$ID", timestamp: "$T", signature: "v1,$S" };

const MISTAKES: readonly Partial<Headers>[] = [
  { signature: null },
  { id: null },
  { timestamp: null },
  { signature: "" },
  { signature: "v1," },
  { signature: "$S" },
  { signature: "v2,$S" },
  { signature: "V1,$S" },
  { signature: "v1=$S" },
  { signature: "v1a,$S" },
  { signature: "v1,x$S" },
  { signature: "v1,%00" },
  { signature: "v1,AAAA v1,BBBB" },
  { signature: "v1,null" },
  { id: "$ID-2" },
  { id: "" },
  { id: "x.y" },
  { timestamp: "1$T" },
  { timestamp: "$T.5" },
  { timestamp: "-1" },
  { timestamp: "0" },
  { timestamp: "" },
  { timestamp: "NaN" },
  { timestamp: "1e10" },
  { timestamp: "99999999999999999999" },
  { timestamp: "now" },
];
const RIGHT_TOO: readonly Partial<Headers>[] = [
  { signature: "v1,AAAA v1,$S" },
  { signature: "v1,$S v1,AAAA" },
  { signature: "v9,AAAA v1a,AAAA v1,$S" },
];

const TYPES = EVENT_TYPES.map(({ type }) => type);
/** The contract allows a difference of 300 s. Differences near 300 s are not used: the clocks would decide the result. */
const SKEWS = { within: [0, -200, 200], beyond: [-400, 400, -86_400, 3_600_000] } as const;
/** Bytes. */
export const KIB = 1024;

/** Makes a valid event of any type. */
export function makeEvent(draw: Draw, { orgId, siteId }: Place): Record<string, unknown> {
  const type = draw.oneIn(6) ? `com.example.${draw.hex(6)}.v1` : draw.pick(TYPES);
  const device = `conformance-${draw.hex(12)}`;
  const { device_id: _, ...required } = contractEventType(type)?.sample.required ?? {};
  return {
    specversion: "1.0",
    id: "@id@",
    source: "urn:convergint:conformance",
    type,
    time: "@now@",
    ...(draw.oneIn(2) && { subject: device }),
    data: { org_id: orgId, site_id: siteId, device_id: device, ...required },
  };
}

const VALID_TIMES = [
  "1970-01-01T00:00:00Z",
  "2026-02-28T23:59:59.999999999Z",
  "2020-02-29T00:00:00+00:00",
  "9999-12-31T23:59:59Z",
  "@now@",
];
const VALID_TEXTS = [
  "x",
  "y".repeat(256),
  "É \ud83d\ude00",
  "'; --",
  "<script>",
  "\u202e",
  "\\",
  '"',
  " padded ",
  "null",
  "__proto__",
];

/** Changes an event. The result may be valid or invalid. */
function changeEvent(draw: Draw, event: Record<string, unknown>): unknown {
  const data = event["data"] as Record<string, unknown>;
  const members = Object.keys(data);
  switch (draw.below(12)) {
    case 0:
      return {
        ...event,
        [draw.pick(["traceparent", "x", "__proto", "constructor", "é"])]: draw.pick(WRONG_VALUES),
      };
    case 1:
      return {
        ...event,
        data: { ...data, [draw.pick(["extra", "toString", "é", ""])]: draw.pick(WRONG_VALUES) },
      };
    case 2:
      return { ...event, time: draw.pick(VALID_TIMES) };
    case 3:
      return {
        ...event,
        data: {
          ...data,
          [draw.pick(["org_id", "site_id", "device_id", "status_reason", "vendor_status"])]:
            draw.pick(VALID_TEXTS),
        },
      };
    case 4:
      return { ...event, sequence: draw.pick(["", "0", "z".repeat(64), null]) };
    case 5:
    case 6:
      return { ...event, data: { ...data, [draw.pick(members)]: draw.pick(WRONG_VALUES) } };
    case 7:
    case 8:
      return {
        ...event,
        [draw.pick(Object.keys(event).filter((name) => name !== "id"))]: draw.pick(WRONG_VALUES),
      };
    case 9: {
      const { [draw.pick(Object.keys(event))]: _, ...rest } = event;
      return rest;
    }
    case 10: {
      const { [draw.pick(members)]: _, ...rest } = data;
      return { ...event, data: rest };
    }
    default:
      return event;
  }
}

function makeBody(draw: Draw, place: Place): Body {
  const type = EVENT_MEDIA_TYPE;
  const event = makeEvent(draw, place);
  const written = JSON.stringify(event);
  const withFiller = (bytes: number): Body => ({
    type,
    parts: [`${written.slice(0, -1)},"filler":"`, { unit: "x", times: bytes }, '"}'],
  });
  switch (draw.below(16)) {
    case 0:
      return {
        type,
        parts: [
          draw.pick([
            "",
            " ",
            "{",
            written.slice(0, -1),
            `${written}x`,
            `${written}${written}`,
            "nul",
            "NaN",
            "\u0000",
            `${written.slice(0, -1)},}`,
          ]),
        ],
      };
    case 1:
      return { type, json: draw.pick([null, [], {}, 7, "text", true, [event]]) };
    case 2:
      return withFiller(draw.pick([1000, 100 * KIB, 255 * KIB - written.length]));
    case 3:
      return withFiller(draw.pick([1025 * KIB, 3000 * KIB]));
    case 4: {
      const times = draw.pick([100, 20_000]);
      return {
        type,
        parts: [`${written.slice(0, -1)},"deep":`, { unit: "[", times }, { unit: "]", times }, "}"],
      };
    }
    case 5:
      return {
        type: draw.pick([
          "text/plain",
          "application/xml",
          "application/x-www-form-urlencoded",
          "multipart/form-data; boundary=x",
          "application/octet-stream",
          "text/html",
        ]),
        json: event,
      };
    case 6:
      return {
        type: draw.pick([`${type}; charset=utf-8`, type.toUpperCase(), `${type};charset=UTF-8`]),
        json: event,
      };
    case 7:
    case 8: {
      const events = Array.from({ length: draw.pick([1, 2, 5, 100]) }, (_, index) => ({
        ...makeEvent(draw, place),
        id: `@id@-${index}`,
      }));
      return {
        type: BATCH_MEDIA_TYPE,
        json: events.map((each) => (draw.oneIn(4) ? changeEvent(draw, each) : each)),
      };
    }
    case 9:
      return {
        type,
        parts: [
          `${written.slice(0, -1)},${JSON.stringify(draw.pick(Object.keys(event)))}:${JSON.stringify(draw.pick(WRONG_VALUES))}}`,
        ],
      };
    default:
      return { type, json: changeEvent(draw, event) };
  }
}

/** Makes a delivery, which is valid or has mistakes. */
export function makePosting(draw: Draw, place: Place): Posting {
  const posting: Posting = {
    body: makeBody(draw, place),
    headers: RIGHT,
    skewSeconds: draw.oneIn(4) ? draw.pick(SKEWS.within) : 0,
    isSignedByStranger: false,
    appended: "",
    times: draw.oneIn(8) ? 2 : 1,
  };
  switch (draw.below(10)) {
    case 0:
    case 1:
      return { ...posting, headers: { ...RIGHT, ...draw.pick(MISTAKES) } };
    case 2:
      return { ...posting, headers: { ...RIGHT, ...draw.pick(RIGHT_TOO) } };
    case 3:
      return { ...posting, skewSeconds: draw.pick(SKEWS.beyond) };
    case 4:
      return draw.oneIn(2)
        ? { ...posting, isSignedByStranger: true }
        : { ...posting, appended: draw.pick([" ", "\n", "x", "\u0000"]) };
    default:
      return posting;
  }
}

/** Writes a delivery as commands of a POSIX shell with openssl and curl. */
export function toCommands(
  { body, headers, skewSeconds, isSignedByStranger, appended, times }: Posting,
  url: URL,
): string[] {
  const parts = "json" in body ? [JSON.stringify(body.json)] : body.parts;
  const writes = parts.map((part) =>
    typeof part === "string"
      ? `printf %s ${quote(part)}`
      : `yes ${quote(part.unit)} | head -n ${part.times} | tr -d '\\n'`,
  );
  const header = (name: string, template: string | null) =>
    template === null
      ? []
      : [`-H "${name}: ${template.replaceAll(/[\\"`]/g, "\\$&").replaceAll(/\$(ID|T|S)\b/g, "$${$1}")}"`];
  const secret = isSignedByStranger
    ? "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    : // biome-ignore lint/suspicious/noTemplateCurlyInString: the template is that of a shell
      "${CONFORMANCE_WEBHOOK_SECRETS%% *}";
  const curl = [
    "curl -si -X POST",
    ...header("webhook-id", headers.id),
    ...header("webhook-timestamp", headers.timestamp),
    ...header("webhook-signature", headers.signature),
    `-H ${quote(`Content-Type: ${body.type ?? ""}`)}`,
    "--data-binary @body.json",
    quote(url.href),
  ].join(" ");
  return [
    `NEW=evt-$(date +%s); { ${writes.join("; ")}; } | sed "s/@id@/$NEW/g; s/@now@/$(date -u +%Y-%m-%dT%H:%M:%SZ)/g" > body.json`,
    `ID=$(jq -r '.id? // empty' body.json 2>/dev/null); ID=\${ID:-delivery-of-the-fuzzer}; T=$(($(date +%s) + ${skewSeconds}))`,
    `SECRET="${secret}"; KEY=$(printf %s "\${SECRET#whsec_}" | base64 -d | od -An -tx1 | tr -d ' \\n')`,
    `S=$({ printf '%s.%s.' "$ID" "$T"; cat body.json; } | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | base64)`,
    ...(appended === ""
      ? []
      : [`printf %b ${quote(JSON.stringify(appended).slice(1, -1).replace("\\u0000", "\\0"))} >> body.json`]),
    ...Array.from({ length: times }, () => curl),
  ];
}

/** Lists simpler versions of a delivery, the simplest first. */
export function* simplerPostings(posting: Posting): Iterable<Posting> {
  if (posting.times > 1) yield { ...posting, times: 1 };
  if (posting.headers !== RIGHT) yield { ...posting, headers: RIGHT };
  if (posting.skewSeconds !== 0) yield { ...posting, skewSeconds: 0 };
  if (posting.isSignedByStranger) yield { ...posting, isSignedByStranger: false };
  if (posting.appended !== "") yield { ...posting, appended: "" };
  for (const body of simplerBodies(posting.body, EVENT_MEDIA_TYPE)) yield { ...posting, body };
}
