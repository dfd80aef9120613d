import { expect, expectTypeOf, test } from "vitest";
import * as webhooks from "./index.ts";

test("exports exactly these names", () => {
  expect(Object.keys(webhooks).toSorted()).toEqual([
    "WebhookError",
    "WebhookPayloadError",
    "WebhookUsageError",
    "WebhookVerificationError",
    "createMemoryReplayGuard",
    "createSigner",
    "createVerifier",
    "generateKeyPair",
    "generateSecret",
    "isDeliveryId",
    "readHeaders",
    "sign",
    "toReplayKey",
    "verify",
  ]);
});

// The types are written out instead of imported: they are a promise
// to users, so a change must also be made here.
test("the type of sign is stable", () => {
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
  expectTypeOf(webhooks.createSigner).toEqualTypeOf<
    (options: {
      readonly keys: string | readonly string[];
    }) => (attempt: {
      readonly id: string;
      readonly body: string | Uint8Array;
      readonly timestamp?: Date | number;
    }) => Promise<webhooks.WebhookHeaders>
  >();
  expectTypeOf(webhooks.generateSecret).toEqualTypeOf<() => string>();
});

test("the types of isDeliveryId and readHeaders are stable", () => {
  expectTypeOf(webhooks.isDeliveryId).toEqualTypeOf<(text: string) => boolean>();
  expectTypeOf(webhooks.readHeaders).toEqualTypeOf<
    (headers: webhooks.WebhookHeadersInput) => webhooks.WebhookHeaders
  >();
});

test("the type of verify is stable", () => {
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

test("the error codes are stable", () => {
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
    | "invalid_replay"
    | "invalid_validation"
    | "body_not_raw"
  >();
});
