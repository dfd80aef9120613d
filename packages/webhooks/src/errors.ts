/** Why a delivery does not verify. */
export type WebhookVerificationErrorCode =
  | "missing_header"
  | "malformed_header"
  | "timestamp_too_old"
  | "timestamp_too_new"
  | "unsupported_signature"
  | "no_matching_signature"
  | "replayed";

/** Why the payload of a verified delivery is invalid. */
export type WebhookPayloadErrorCode = "not_json" | "invalid_payload";

/** Why a call is invalid. */
export type WebhookUsageErrorCode =
  | "no_keys"
  | "too_many_keys"
  | "invalid_key"
  | "invalid_headers"
  | "invalid_id"
  | "invalid_timestamp"
  | "invalid_tolerance"
  | "invalid_replay"
  | "invalid_validation"
  | "body_not_raw";

/** The base class of this package's errors. Branch on `code`; it is stable. */
export abstract class WebhookError extends Error {
  abstract readonly code: WebhookVerificationErrorCode | WebhookPayloadErrorCode | WebhookUsageErrorCode;
}

/**
 * A delivery that must not be trusted. Respond with 401 and give the sender no details.
 * @see spec/1.0/contract.md#signatures
 */
export class WebhookVerificationError extends WebhookError {
  override readonly name = "WebhookVerificationError";
  readonly code: WebhookVerificationErrorCode;
  /** The header that is missing or malformed. */
  readonly header: string | undefined;

  constructor(code: WebhookVerificationErrorCode, message: string, header?: string) {
    super(message);
    this.code = code;
    this.header = header;
  }
}

/** One problem that a schema finds in a payload. */
export interface PayloadIssue {
  readonly message: string;
  /** The path from the payload's root; absent for the payload itself. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * A delivery with a valid signature whose payload does not match the schema. Respond with 400.
 * @see spec/1.0/contract.md#receiving
 */
export class WebhookPayloadError extends WebhookError {
  override readonly name = "WebhookPayloadError";
  readonly code: WebhookPayloadErrorCode;
  /** The problems that the schema found; empty if the body is not JSON. */
  readonly issues: readonly PayloadIssue[];

  constructor(
    code: WebhookPayloadErrorCode,
    message: string,
    issues: readonly PayloadIssue[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.issues = issues;
  }
}

/** An invalid call: a malformed key, id, timestamp or body. */
export class WebhookUsageError extends WebhookError {
  override readonly name = "WebhookUsageError";
  readonly code: WebhookUsageErrorCode;

  constructor(code: WebhookUsageErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What each code of {@link WebhookVerificationError} means, and what to do. The documentation shows it. */
export const VERIFICATION_TEXTS: Readonly<
  Record<WebhookVerificationErrorCode, { readonly means: string; readonly fix: string }>
> = {
  missing_header: {
    means:
      "One of the headers webhook-id, webhook-timestamp and webhook-signature is missing. `header` names it.",
    fix: "Sender: send all three headers. Receiver: check that no proxy or gateway removes them, and pass the headers of the request unchanged.",
  },
  malformed_header: {
    means: "A header is repeated, too long, or not in its form. `header` names it.",
    fix: "Sender: send each header once; webhook-timestamp is a whole number of Unix seconds, webhook-signature is a list of `v1,` and base64, separated by spaces.",
  },
  timestamp_too_old: {
    means:
      "The timestamp is more than the tolerance (300 seconds by default) in the past: the delivery is a replay, was retried without a new timestamp, or a clock is wrong.",
    fix: "Sign each attempt with the current time. Synchronise the clocks of both sides with NTP.",
  },
  timestamp_too_new: {
    means:
      "The timestamp is more than the tolerance in the future: a clock is wrong, or the timestamp is in milliseconds.",
    fix: "Send Unix seconds: divide milliseconds by 1000. Synchronise the clocks of both sides with NTP.",
  },
  unsupported_signature: {
    means:
      "No signature of the delivery has a version that a key of the receiver can verify: v1 needs a secret, v1a a public key.",
    fix: "Give the receiver the key that belongs to the signature: `whsec_…` for v1, `whpk_…` for v1a.",
  },
  no_matching_signature: {
    means:
      "No signature matches the received bytes with any of the keys. The secret differs, or the bytes that were signed are not the bytes that were sent.",
    fix: "Run `convergint-conformance diagnose` or `listen`: it names the mistake and the line to change. Verify the raw body, never JSON that was parsed and written again.",
  },
  replayed: {
    means: "The replay store has seen this webhook-id with this timestamp before.",
    fix: "Answer 401. A retry of an honest sender has a new timestamp. If honest retries are refused, the sender does not sign each attempt again.",
  },
};

/** What each code of {@link WebhookPayloadError} means, and what to do. The documentation shows it. */
export const PAYLOAD_TEXTS: Readonly<
  Record<WebhookPayloadErrorCode, { readonly means: string; readonly fix: string }>
> = {
  not_json: {
    means: "The signature is valid, but the body is not JSON.",
    fix: "Sender: send a CloudEvents JSON document. Receiver: answer 400 and report the delivery to the sender.",
  },
  invalid_payload: {
    means:
      "The signature is valid, but the payload does not match the schema. `issues` lists what is wrong, with the path of each member.",
    fix: "Sender: send what the schema describes. Receiver: answer 400; check that the schema is the one of the contract version that the vendor serves.",
  },
};

/** What each code of {@link WebhookUsageError} means, and what to do. The documentation shows it. */
export const USAGE_TEXTS: Readonly<
  Record<WebhookUsageErrorCode, { readonly means: string; readonly fix: string }>
> = {
  no_keys: {
    means: "No key was passed, or the list of keys is empty.",
    fix: "Pass the endpoint's current secret. Stop at start-up if the setting is missing.",
  },
  too_many_keys: {
    means: "More keys were passed than a verifier accepts.",
    fix: "Pass only the current keys of this endpoint: one, or two during a rotation.",
  },
  invalid_key: {
    means: "A key is not in a known form, or has the wrong length.",
    fix: "Pass the key as it was issued: `whsec_` and base64 of 24 to 64 bytes; `whsk_` and `whpk_` for Ed25519. The message names the mistake, never the key.",
  },
  invalid_headers: {
    means: "The headers are not a `Headers` object and not a record of strings.",
    fix: "Pass `request.headers` as the framework gives it.",
  },
  invalid_id: {
    means:
      "The id to sign is empty, too long, or contains a character that a header or the signed text cannot carry, such as a dot.",
    fix: "Use an id of 1 to 256 visible ASCII characters without a dot, such as `evt_01JD8Z5N`.",
  },
  invalid_timestamp: {
    means: "The time is not a valid `Date`.",
    fix: "Pass a `Date`, or leave it out for the current time.",
  },
  invalid_tolerance: {
    means: "The tolerance is not a number of seconds.",
    fix: "Pass `toleranceSeconds` of 0 or more, or leave it out: the contract's value is 300.",
  },
  invalid_replay: {
    means: "`replay` has no `guard`, or does not name the `sender` whose deliveries it guards.",
    fix: "Pass `replay: { guard, sender }`, as the README of `@convergint/webhooks` shows.",
  },
  invalid_validation: {
    means: "`validation.origins`, the hosts that may ask whether they may deliver, is invalid.",
    fix: "List host names without https://, such as eventgrid.azure.net, or pass `*`.",
  },
  body_not_raw: {
    means: "The body is an object that a framework has parsed, so the bytes that were signed are lost.",
    fix: "Give the verifier the raw body, as bytes or text. See the lines for each framework in the README of `@convergint/webhooks`.",
  },
};
