import type { WebhookHeaders } from "@convergint/webhooks";
import { SEND_THE_HEADERS, WRITE_AS_BASE64 } from "./fixes.ts";
import type { HeaderCode, Mistake } from "./mistake.ts";

/** Other names that senders give the three headers, in lower case. */
export interface OtherNames {
  readonly mistake: Mistake;
  readonly names: Readonly<Record<keyof WebhookHeaders, readonly string[]>>;
}

const misnamed = (code: HeaderCode, title: string, explanation: string): Mistake => ({
  code,
  title,
  explanation: `${explanation} Call the headers webhook-id, webhook-timestamp and webhook-signature.`,
  fix: SEND_THE_HEADERS,
  where: "sender",
  requirement: "SIG-001",
});

const prefixed = (prefix: string): OtherNames["names"] => ({
  "webhook-id": [`${prefix}id`],
  "webhook-timestamp": [`${prefix}timestamp`],
  "webhook-signature": [`${prefix}signature`],
});

/** The names to look for if one of the three headers is missing. */
export const OTHER_NAMES: readonly OtherNames[] = [
  {
    mistake: misnamed(
      "svix_header_names",
      "The headers have Svix's names",
      "The headers are called svix-id, svix-timestamp and svix-signature, Svix's older names.",
    ),
    names: prefixed("svix-"),
  },
  {
    mistake: misnamed(
      "x_header_names",
      "The headers begin with x-",
      "The header names begin with x-, for example x-webhook-id.",
    ),
    names: prefixed("x-webhook-"),
  },
  {
    mistake: misnamed(
      "underscore_header_names",
      "The headers have underscores",
      "The header names have underscores, for example webhook_id. Many proxies drop headers with an underscore.",
    ),
    names: prefixed("webhook_"),
  },
  {
    mistake: {
      ...misnamed(
        "cgi_header_names",
        "The headers have CGI's names",
        "The receiver passed environment variables, such as HTTP_WEBHOOK_ID. Pass the headers.",
      ),
      fix: {
        line: 'headers = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}',
      },
      where: "receiver",
      requirement: "RCV-001",
    },
    names: prefixed("http_webhook_"),
  },
  {
    mistake: misnamed(
      "github_signature_header",
      "The signature is in GitHub's header",
      "The signature is in x-hub-signature-256, GitHub's header.",
    ),
    names: {
      "webhook-id": ["x-github-delivery"],
      "webhook-timestamp": [],
      "webhook-signature": ["x-hub-signature-256", "x-hub-signature"],
    },
  },
  {
    mistake: misnamed(
      "stripe_signature_header",
      "The signature is in Stripe's header",
      "The signature is in stripe-signature, Stripe's header.",
    ),
    names: { "webhook-id": [], "webhook-timestamp": [], "webhook-signature": ["stripe-signature"] },
  },
  {
    mistake: misnamed(
      "slack_signature_header",
      "The headers have Slack's names",
      "The headers are called x-slack-signature and x-slack-request-timestamp, Slack's names.",
    ),
    names: {
      "webhook-id": [],
      "webhook-timestamp": ["x-slack-request-timestamp"],
      "webhook-signature": ["x-slack-signature"],
    },
  },
  {
    mistake: misnamed("other_header_names", "The headers have other names", "The headers have other names."),
    names: {
      "webhook-id": [
        "webhookid",
        "webhook-event-id",
        "x-event-id",
        "x-message-id",
        "x-request-id",
        "x-id",
        "ce-id",
      ],
      "webhook-timestamp": [
        "webhooktimestamp",
        "x-timestamp",
        "x-signature-timestamp",
        "x-request-timestamp",
        "timestamp",
      ],
      "webhook-signature": [
        "webhooksignature",
        "webhook-signatures",
        "webhook-sig",
        "x-signature",
        "x-signature-256",
        "x-signature-sha256",
        "x-hmac-signature",
        "x-hmac-sha256",
        "x-shopify-hmac-sha256",
        "x-gitlab-token",
        "signature",
      ],
    },
  },
];

const missing = (code: HeaderCode, title: string, explanation: string): Mistake => ({
  code,
  title,
  explanation,
  fix: SEND_THE_HEADERS,
  where: "either",
  requirement: "SIG-001",
});

/** The mistake if none of the three headers is present under any known name. */
export const MISSING_HEADERS = missing(
  "missing_headers",
  "The delivery is not signed",
  "webhook-id, webhook-timestamp and webhook-signature are all missing. The sender did not sign the delivery, a proxy removed the headers, or the receiver does not pass them on.",
);

const missingOne = (name: keyof WebhookHeaders, code: HeaderCode): Mistake =>
  missing(
    code,
    `${name} is missing`,
    `${name} is missing. Send all three headers, and make every proxy pass them on.`,
  );

/** The mistake for each header that is not present under any known name. */
export const MISSING: Readonly<Record<keyof WebhookHeaders, Mistake>> = {
  "webhook-id": missingOne("webhook-id", "missing_webhook_id"),
  "webhook-timestamp": missingOne("webhook-timestamp", "missing_webhook_timestamp"),
  "webhook-signature": missingOne("webhook-signature", "missing_webhook_signature"),
};

export const HEADER_TWICE: Mistake = {
  code: "header_twice",
  title: "A header is repeated",
  explanation:
    "webhook-id or webhook-timestamp was received twice, so the signed value is unknown. Usually, both the client and a proxy add the header. Set each header once.",
  fix: { line: 'headers.set("webhook-id", id); // not headers.append' },
  where: "either",
  requirement: "SIG-001",
};

export const HEADER_TOO_LONG: Mistake = {
  code: "header_too_long",
  title: "A header is far too long",
  explanation: "A verifier refuses a header of more than 4096 characters.",
  fix: SEND_THE_HEADERS,
  where: "sender",
  requirement: "SIG-001",
};

export const SECRET_IN_HEADER: Mistake = {
  code: "secret_in_header",
  title: "The secret itself was sent",
  explanation:
    "A header of the delivery contains the secret, so every server in between could read the secret. Replace the secret now, and send a signature instead.",
  fix: WRITE_AS_BASE64,
  where: "sender",
  requirement: "SIG-001",
};
