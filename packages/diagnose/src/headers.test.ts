import { WebhookUsageError } from "@convergint/webhooks";
import { expect, test } from "vitest";
import { diagnose } from "./index.ts";
import type { HeaderCode } from "./mistake.ts";
import { ENCODED, expectMistakes, type Making, make, NOW, SECRET } from "./testing/deliveries.ts";

type Headers_ = NonNullable<Making["headers"]>;

const named =
  (id: string, timestamp: string, signature: string): Headers_ =>
  (i, t, s) => ({ [id]: i, [timestamp]: t, [signature]: s });

const without =
  (name: string): Headers_ =>
  (i, t, s) => {
    const all: Record<string, string> = { "webhook-id": i, "webhook-timestamp": t, "webhook-signature": s };
    delete all[name];
    return all;
  };

const SENT: Record<HeaderCode, readonly (Making & { headers: Headers_; complete?: boolean })[]> = {
  missing_headers: [{ headers: () => ({ "content-type": "application/json" }), complete: false }],
  missing_webhook_id: [{ headers: without("webhook-id") }],
  missing_webhook_timestamp: [{ headers: without("webhook-timestamp"), complete: false }],
  missing_webhook_signature: [{ headers: without("webhook-signature"), complete: false }],
  header_twice: [
    { headers: (i, t, s) => ({ "webhook-id": [i, ""], "webhook-timestamp": t, "webhook-signature": s }) },
    { headers: (i, t, s) => ({ "webhook-id": [i, i], "webhook-timestamp": t, "webhook-signature": s }) },
    {
      headers: (i, t, s) => ({
        "webhook-id": i,
        "Webhook-Timestamp": t,
        "webhook-timestamp": t,
        "webhook-signature": s,
      }),
    },
  ],
  header_too_long: [
    {
      headers: (i, t, s) => ({
        "webhook-id": i,
        "webhook-timestamp": t,
        "webhook-signature": `${s} v1,${"A".repeat(4096)}`,
      }),
    },
  ],
  svix_header_names: [{ headers: named("svix-id", "svix-timestamp", "svix-signature") }],
  x_header_names: [{ headers: named("X-Webhook-Id", "X-Webhook-Timestamp", "X-Webhook-Signature") }],
  underscore_header_names: [{ headers: named("webhook_id", "webhook_timestamp", "webhook_signature") }],
  cgi_header_names: [
    { headers: named("HTTP_WEBHOOK_ID", "HTTP_WEBHOOK_TIMESTAMP", "HTTP_WEBHOOK_SIGNATURE") },
  ],
  github_signature_header: [{ headers: named("webhook-id", "webhook-timestamp", "X-Hub-Signature-256") }],
  stripe_signature_header: [{ headers: named("webhook-id", "webhook-timestamp", "Stripe-Signature") }],
  slack_signature_header: [
    { headers: named("webhook-id", "X-Slack-Request-Timestamp", "X-Slack-Signature") },
  ],
  other_header_names: [{ headers: named("webhook-id", "webhook-timestamp", "X-Signature") }],
  secret_in_header: [
    {
      headers: (i, t, s) => ({
        "webhook-id": i,
        "webhook-timestamp": t,
        "webhook-signature": `${s} ${SECRET}`,
      }),
    },
  ],
};

test.each(Object.entries(SENT).flatMap(([code, all]) => all.map((one) => [code, one] as const)))(
  "%s",
  async (code, { complete = true, ...making }) => {
    await expectMistakes(make(making), [code as HeaderCode], { complete });
  },
);

test("reads a Headers object", async () => {
  const { headers, body } = make({ headers: named("svix-id", "svix-timestamp", "svix-signature") });
  const diagnosis = await diagnose({
    headers: new Headers(headers as Record<string, string>),
    body,
    keys: SECRET,
    now: NOW,
  });
  expect(diagnosis).toMatchObject({
    verdict: "mistake",
    complete: true,
    mistakes: [{ code: "svix_header_names" }],
  });
});

test("explains a delivery that is signed the way GitHub does", async () => {
  const github = make({
    key: SECRET,
    message: (_i, _t, body) => body,
    header: (d) => `sha256=${d.toString("hex")}`,
    headers: (_i, _t, s) => ({ "X-GitHub-Delivery": "72d3162e", "X-Hub-Signature-256": s }),
  });
  await expectMistakes(github, [
    "github_signature_header",
    "missing_webhook_timestamp",
    "signature_hash_name",
    "signature_hex",
    "body_only",
    "secret_prefix_in_key",
  ]);
});

test("explains a delivery that is signed the way Stripe does", async () => {
  const stripe = make({
    key: ENCODED,
    message: (_, t, body) => `${t}.${body}`,
    header: (d) => `v1=${d.toString("hex")}`,
    headers: (_, t, s) => ({
      "webhook-id": "evt_1",
      "webhook-timestamp": t,
      "Stripe-Signature": `t=${t},${s}`,
    }),
  });
  await expectMistakes(stripe, [
    "stripe_signature_header",
    "signature_stripe_form",
    "signature_hex",
    "id_left_out",
    "secret_not_decoded",
  ]);
});

test.each([
  ["invalid_headers", { headers: undefined as never }],
  ["invalid_timestamp", { now: new Date(Number.NaN) }],
  ["invalid_tolerance", { toleranceSeconds: Number.NaN }],
])("an invalid call throws %s", async (code, wrong) => {
  const call = diagnose({ ...make({}), keys: SECRET, now: NOW, ...wrong });
  await expect(call).rejects.toThrow(WebhookUsageError);
  await expect(call).rejects.toMatchObject({ code });
});
