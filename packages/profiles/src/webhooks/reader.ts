import { parseStrictJson, StrictJsonError } from "@convergint/internal/strict-json";
import { ProfileDeliveryError } from "../errors.ts";
import type { Profile } from "../read-profile.ts";
import { createEventMapper, type MappedEvents } from "./events.ts";
import { answerHandshake, type HandshakeAnswer } from "./handshake.ts";
import { redact, redactText } from "./redact.ts";
import { toPlainHeaders, type WebhookRequest } from "./request.ts";
import { compileSignature, type SignatureScheme } from "./signature.ts";

/** The maximum size of a delivery in the contract. */
const MAX_BODY_BYTES = 256 * 1024;

/** A request to the webhook URL, when it arrived, and what it may be signed with. */
export interface VendorDelivery extends WebhookRequest {
  readonly receivedAt: Date;
  /** All current secrets. Pass the same list each time: its keys are prepared once. */
  readonly secrets: readonly string[];
}

/** What a delivery says, as events of the contract. */
export interface ReadDelivery extends MappedEvents {
  readonly signature: Pick<SignatureScheme, "hasTimestamp" | "coversTimestamp">;
}

/** Reads the webhooks of one vendor. */
export interface WebhookReader
  extends Pick<SignatureScheme, "limitations" | "requireUsableSecret" | "generateSecret"> {
  /**
   * Answers a request that the vendor sends to a new URL. Nothing of it is stored.
   *
   * @returns `null` if the request is no handshake, but maybe a delivery
   */
  answerHandshake(request: WebhookRequest): HandshakeAnswer | null;
  /**
   * Verifies a delivery over its raw bytes, then parses it and maps its events.
   *
   * @throws {ProfileDeliveryError} if the delivery as a whole is refused
   * @throws {ProfileSecretError} never: unusable secrets are skipped
   */
  read(delivery: VendorDelivery): Promise<ReadDelivery>;
  /** Returns a raw body as text that may be stored and shown: without the members that the profile redacts. */
  redact(body: Uint8Array): string;
}

function parse(body: Uint8Array): unknown {
  let value: unknown;
  try {
    ({ value } = parseStrictJson(body, { bigIntegers: "text" }));
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error;
    throw new ProfileDeliveryError("not_json", error.message, { signed: true });
  }
  if (typeof value === "object" && value !== null) return value;
  throw new ProfileDeliveryError("not_an_event", "The body is neither a JSON object nor an array.", {
    signed: true,
  });
}

/**
 * Creates the reader of a vendor's webhooks.
 *
 * @param options.settings what the operator entered for the integration
 * @param options.maxBodyBytes larger deliveries are refused before they are verified
 * @see spec/1.0/contract.md#receiving
 */
export function createWebhookReader(
  profile: Profile,
  {
    settings = {},
    maxBodyBytes = MAX_BODY_BYTES,
  }: { readonly settings?: Readonly<Record<string, string>>; readonly maxBodyBytes?: number } = {},
): WebhookReader {
  const { webhooks, canonical } = profile.document;
  const standard = { algorithm: "standard_webhooks", prefix: "webhook", tolerance_seconds: 300 } as const;
  const rule = canonical === true ? standard : (webhooks?.signature ?? null);
  const { verify, hasTimestamp, coversTimestamp, ...scheme } = compileSignature(rule);
  const map = createEventMapper(profile, { settings });
  const secretAt = rule?.algorithm === "secret_in_body" ? [rule.secret_at] : [];
  const secretHeader = rule?.algorithm === "secret_in_header" ? rule.header.toLowerCase() : "";
  const redacted = [...secretAt, ...(webhooks?.redact ?? [])];
  return {
    ...scheme,
    answerHandshake: (request) => answerHandshake(webhooks?.handshakes ?? [], request),
    async read({ headers, body, receivedAt, secrets }) {
      if (webhooks === undefined && canonical !== true)
        throw new ProfileDeliveryError("no_webhooks", `The profile ${profile.name} describes no webhooks.`, {
          signed: false,
        });
      if (body.length > maxBodyBytes)
        throw new ProfileDeliveryError(
          "payload_too_large",
          `The body is larger than ${maxBodyBytes} bytes.`,
          {
            signed: false,
          },
        );
      await verify({ headers, body, receivedAt, secrets });
      const { [secretHeader]: _, authorization: __, cookie: ___, ...plain } = toPlainHeaders(headers);
      const mapped = map(redact(parse(body), redacted), plain, receivedAt);
      return { ...mapped, signature: { hasTimestamp, coversTimestamp } };
    },
    redact: (body) => redactText(body, redacted),
  };
}
