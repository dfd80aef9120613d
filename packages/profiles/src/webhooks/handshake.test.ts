import { describe, expect, test } from "vitest";
import type { HandshakeRule } from "./document.ts";
import { answerHandshake } from "./handshake.ts";

const answer = { status: 200, headers: {} };
const GET_TOKEN: HandshakeRule = {
  when: { method: "GET", query: "token" },
  answer: { ...answer, body: "{query.token}" },
};
const CHALLENGE: HandshakeRule = {
  when: { method: "POST", body_has: "challenge", body_equals: { type: "url_verification" } },
  answer: { ...answer, json: { challenge: "{body.challenge}" } },
};
const BARE_CHALLENGE: HandshakeRule = {
  when: { body_has: "challenge" },
  answer: { ...answer, body: "{body.challenge}" },
};
const HOOK_SECRET: HandshakeRule = {
  when: { method: "POST", header: "X-Hook-Secret" },
  answer: { status: 204, headers: { "X-Hook-Secret": "{header.X-Hook-Secret}" } },
};
const CLOUDEVENTS: HandshakeRule = { cloudevents: ["eventgrid.azure.net"] };

const send = (
  rules: readonly HandshakeRule[],
  request: { method?: string; url?: string; headers?: Record<string, string | string[]>; body?: string },
) =>
  answerHandshake(rules, {
    method: request.method ?? "POST",
    url: request.url ?? "/webhooks/int_1",
    headers: request.headers ?? {},
    body: Buffer.from(request.body ?? ""),
  });

describe("answers", () => {
  test("a GET with a token", () => {
    expect(send([GET_TOKEN], { method: "GET", url: "/webhooks/int_1?a=1&token=ab-12.%2B%3D" })).toEqual({
      status: 200,
      headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
      body: "ab-12.+=",
    });
  });

  test("a challenge in the body, as JSON", () => {
    const body = '{"token":"t","challenge":"3eZbrw1a","type":"url_verification"}';
    expect(send([GET_TOKEN, CHALLENGE], { body })).toMatchObject({
      status: 200,
      headers: { "content-type": "application/json" },
      body: '{"challenge":"3eZbrw1a"}',
    });
    expect(send([BARE_CHALLENGE], { body: '{"challenge":"3eZbrw1a"}' })?.body).toBe("3eZbrw1a");
  });

  test("a secret in a header", () => {
    expect(send([HOOK_SECRET], { headers: { "x-hook-secret": "s3cr3t" } })).toMatchObject({
      status: 204,
      headers: { "x-hook-secret": "s3cr3t" },
      body: "",
    });
  });

  test("the validation request of CloudEvents", () => {
    const request = { method: "OPTIONS", headers: { "WebHook-Request-Origin": "EventGrid.azure.net" } };
    const expected = {
      status: 200,
      headers: {
        allow: "POST",
        "webhook-allowed-origin": "eventgrid.azure.net",
        "webhook-allowed-rate": "*",
      },
      body: "",
    };
    expect(send([CLOUDEVENTS], request)).toEqual(expected);
    expect(send([{ cloudevents: true }], request)).toEqual(expected);
  });
});

describe("does not answer", () => {
  const long = "a".repeat(513);
  test.each([
    ["another method", [GET_TOKEN], { url: "/?token=abc" }],
    ["no token", [GET_TOKEN], { method: "GET" }],
    ["two tokens", [GET_TOKEN], { method: "GET", url: "/?token=a&token=b" }],
    ["an empty token", [GET_TOKEN], { method: "GET", url: "/?token=" }],
    ["a token with markup", [GET_TOKEN], { method: "GET", url: "/?token=<script>" }],
    ["a token with a line break", [GET_TOKEN], { method: "GET", url: "/?token=a%0d%0ab" }],
    ["a token that is too long", [GET_TOKEN], { method: "GET", url: `/?token=${long}` }],
    ["an invalid URL", [GET_TOKEN], { method: "GET", url: "http://[" }],
    ["an event with such a member", [CHALLENGE], { body: '{"challenge":"abc","type":"alert"}' }],
    ["an event with such a member", [BARE_CHALLENGE], { body: '{"challenge":"abc","type":"alert"}' }],
    ["a challenge that is not text", [BARE_CHALLENGE], { body: '{"challenge":1}' }],
    ["an array", [BARE_CHALLENGE], { body: '["challenge"]' }],
    ["an inherited member", [{ ...BARE_CHALLENGE, when: { body_has: "toString" } }], { body: "{}" }],
    ["two challenges", [BARE_CHALLENGE], { body: '{"challenge":"a","challenge":"b"}' }],
    ["a large body", [BARE_CHALLENGE], { body: `{"challenge":"abc"${" ".repeat(4_096)}}` }],
    [
      "a delivery with such a header",
      [HOOK_SECRET],
      { headers: { "x-hook-secret": "a" }, body: " ".repeat(4_097) },
    ],
    ["a repeated header", [HOOK_SECRET], { headers: { "x-hook-secret": ["a", "b"] } }],
    ["a header with spaces", [HOOK_SECRET], { headers: { "x-hook-secret": "a b" } }],
    [
      "another origin",
      [CLOUDEVENTS],
      { method: "OPTIONS", headers: { "webhook-request-origin": "evil.example" } },
    ],
    [
      "an origin that is no host name",
      [{ cloudevents: true }],
      { method: "OPTIONS", headers: { "webhook-request-origin": "*" } },
    ],
    ["OPTIONS without an origin", [{ cloudevents: true }], { method: "OPTIONS" }],
    ["a delivery", [GET_TOKEN, CHALLENGE, HOOK_SECRET, CLOUDEVENTS], { body: '{"id":1}' }],
  ] satisfies [string, HandshakeRule[], Parameters<typeof send>[1]][])("%s", (_, rules, request) => {
    expect(send(rules, request)).toBeNull();
  });
});
