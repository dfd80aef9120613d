import { parseStrictJson, StrictJsonError } from "@convergint/internal/strict-json";
import { type HandshakeRule, placeholderOf } from "./document.ts";
import { readHeader, type WebhookRequest } from "./request.ts";

type EchoRule = Extract<HandshakeRule, { readonly when: object }>;

/** The response to a handshake. */
export interface HandshakeAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A handshake is small; a larger body is a delivery. */
const MAX_BODY_BYTES = 4_096;

/**
 * The only values that are returned to an unauthenticated sender: the characters of tokens, none of which
 * means anything to a browser, a shell or a terminal.
 */
const ECHOED = /^[A-Za-z0-9._~+/=:-]{1,512}$/;

function parseObject(body: Uint8Array): Readonly<Record<string, unknown>> | null {
  if (body.length === 0 || body.length > MAX_BODY_BYTES) return null;
  try {
    const { value } = parseStrictJson(body);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch (error) {
    if (error instanceof StrictJsonError) return null;
    throw error;
  }
}

function readFromBody(name: string, equals: EchoRule["when"]["body_equals"], body: Uint8Array): unknown {
  const object = parseObject(body);
  if (object === null || !Object.hasOwn(object, name)) return null;
  // An event that happens to have such a member must not be answered as a handshake, or it would be lost.
  if (equals === undefined && Object.keys(object).length > 1) return null;
  const isHandshake = Object.entries(equals ?? {}).every(
    ([member, expected]) => Object.hasOwn(object, member) && object[member] === expected,
  );
  return isHandshake ? object[name] : null;
}

function readFromQuery(name: string, url: string): unknown {
  if (!URL.canParse(url, "http://localhost")) return null;
  const [value, ...more] = new URL(url, "http://localhost").searchParams.getAll(name);
  return more.length === 0 ? value : null;
}

/** Finds the value to return; `null` if the request is not this handshake. */
function findValue({ when }: EchoRule, { method, url, headers, body }: WebhookRequest): string | null {
  if (when.method !== undefined && when.method !== method.toUpperCase()) return null;
  let value: unknown = null;
  if (when.query !== undefined) value = readFromQuery(when.query, url);
  else if (when.header !== undefined && body.length <= MAX_BODY_BYTES)
    value = readHeader(headers, when.header.toLowerCase());
  else if (when.body_has !== undefined) value = readFromBody(when.body_has, when.body_equals, body);
  return typeof value === "string" && ECHOED.test(value) ? value : null;
}

function answerEcho(rule: EchoRule, request: WebhookRequest): HandshakeAnswer | null {
  const value = findValue(rule, request);
  if (value === null) return null;
  const { status, headers, body = "", json } = rule.answer;
  const fill = (template: string) => template.replaceAll(`{${placeholderOf(rule.when)}}`, () => value);
  const fillAll = (templates: Readonly<Record<string, string>>, rename = (name: string) => name) =>
    Object.fromEntries(Object.entries(templates).map(([name, template]) => [rename(name), fill(template)]));
  return {
    status,
    headers: {
      ...fillAll(headers, (name) => name.toLowerCase()),
      "content-type": json === undefined ? "text/plain; charset=utf-8" : "application/json",
      "x-content-type-options": "nosniff",
    },
    body: json === undefined ? fill(body) : JSON.stringify(fillAll(json)),
  };
}

/** @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection */
function answerCloudEvents(
  allowed: true | readonly string[],
  request: WebhookRequest,
): HandshakeAnswer | null {
  if (request.method.toUpperCase() !== "OPTIONS") return null;
  const origin = readHeader(request.headers, "webhook-request-origin")?.trim().toLowerCase() ?? "";
  const isAllowed = allowed === true ? /^[a-z0-9.-]{1,253}$/.test(origin) : allowed.includes(origin);
  if (!isAllowed) return null;
  return {
    status: 200,
    headers: { allow: "POST", "webhook-allowed-origin": origin, "webhook-allowed-rate": "*" },
    body: "",
  };
}

/**
 * Answers a handshake. Returns to the sender only the one value that the profile declares, of at most 512 characters of
 * a token, because nothing shows yet who sent the request.
 *
 * @returns `null` if the request is no handshake of this profile
 */
export function answerHandshake(
  rules: readonly HandshakeRule[],
  request: WebhookRequest,
): HandshakeAnswer | null {
  for (const rule of rules) {
    const answer =
      "cloudevents" in rule ? answerCloudEvents(rule.cloudevents, request) : answerEcho(rule, request);
    if (answer !== null) return answer;
  }
  return null;
}
