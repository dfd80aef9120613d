import { expect, expectTypeOf, test } from "vitest";
import * as webhooks from "./index.ts";

test("exports these names, and no other", () => {
  expect(Object.keys(webhooks).toSorted()).toEqual([
    "WebhookError",
    "WebhookPayloadError",
    "WebhookUsageError",
    "WebhookVerificationError",
    "createMemoryReplayGuard",
    "createVerifier",
    "generateKeyPair",
    "generateSecret",
    "isDeliveryId",
    "readHeaders",
    "sign",
    "verify",
  ]);
});

// Written out and not imported: these shapes are promised, so a change has to be made here as well.
test("sign takes and answers what is promised", () => {
  expectTypeOf(webhooks.sign).toEqualTypeOf<
    (options: {
      readonly id: string;
      readonly body: string | Uint8Array;
      readonly keys: string | readonly string[];
      readonly timestamp?: Date | number;
    }) => Promise<{
      readonly "webhook-id": string;
      readonly "webhook-timestamp": string;
      readonly "webhook-signature": string;
    }>
  >();
  expectTypeOf(webhooks.generateSecret).toEqualTypeOf<() => string>();
});

test("headers and ids are read the way the verifier reads them", () => {
  expectTypeOf(webhooks.isDeliveryId).toEqualTypeOf<(text: string) => boolean>();
  expectTypeOf(webhooks.readHeaders).toEqualTypeOf<
    (headers: webhooks.WebhookHeadersInput) => webhooks.WebhookHeaders
  >();
});

test("verify takes and answers what is promised", () => {
  expectTypeOf(webhooks.verify).toEqualTypeOf<
    (options: {
      readonly headers:
        | { get(name: string): string | null }
        | Readonly<Record<string, string | readonly string[] | undefined>>;
      readonly body: string | Uint8Array;
      readonly keys: string | readonly string[];
      readonly toleranceSeconds?: number;
      readonly now?: Date;
    }) => Promise<{
      readonly id: string;
      readonly timestamp: Date;
      readonly keyIndex: number;
      readonly body: Uint8Array;
    }>
  >();
  expectTypeOf<Headers>().toExtend<webhooks.WebhookHeadersInput>();
  expectTypeOf<import("node:http").IncomingHttpHeaders>().toExtend<webhooks.WebhookHeadersInput>();
});

test("the codes of errors are these", () => {
  expectTypeOf<webhooks.WebhookVerificationError["code"]>().toEqualTypeOf<
    | "missing_header"
    | "malformed_header"
    | "timestamp_too_old"
    | "timestamp_too_new"
    | "unsupported_signature"
    | "no_matching_signature"
    | "replayed"
  >();
  expectTypeOf<webhooks.WebhookPayloadError["code"]>().toEqualTypeOf<"not_json" | "invalid_payload">();
  expectTypeOf<webhooks.WebhookUsageError["code"]>().toEqualTypeOf<
    | "no_keys"
    | "too_many_keys"
    | "invalid_key"
    | "invalid_headers"
    | "invalid_id"
    | "invalid_timestamp"
    | "invalid_tolerance"
    | "body_not_raw"
  >();
});
