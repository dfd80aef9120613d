import { createVerifier, type VerifiedEvent, type VerifierOptions } from "../create-verifier.ts";
import type { WebhookHeadersInput } from "../headers.ts";
import type { PayloadSchema } from "../standard-schema.ts";
import type { VerifiedWebhook } from "../verify.ts";
import {
  problemAnswer,
  type Refusal,
  RefusedDeliveryError,
  refusalOf,
  TAKEN,
  type WebhookAnswer,
} from "./answer.ts";

interface CommonOptions extends VerifierOptions {
  /** The largest body that is read, in bytes. Default: 262,144, the largest delivery of the contract. */
  readonly maxBodyBytes?: number;
  /** Which media types are taken. Default: `application/cloudevents+json`. */
  readonly mediaTypes?: readonly string[];
  /** Told of each delivery that was not taken, for logs and for people to see. What it throws is ignored. */
  readonly onRefusal?: (refusal: Refusal) => unknown;
}

/**
 * How a webhook endpoint works. `onWebhook` gets each delivery once it is verified: resolve when what it says is durable,
 * and the answer is 204; throw, and the answer is 500 and the sender tries again.
 */
export type WebhookHandlerOptions<Event = unknown> =
  | (CommonOptions & {
      /** Any Standard Schema; then `onWebhook` gets the parsed event, and what does not fit is answered with 400. */
      readonly schema: PayloadSchema<Event>;
      readonly onWebhook: (verified: VerifiedEvent<Event>) => unknown;
    })
  | (CommonOptions & {
      readonly schema?: undefined;
      readonly onWebhook: (verified: VerifiedWebhook) => unknown;
    });

/** A request, before anybody has read its body. */
export interface UnreadRequest {
  readonly method: string;
  readonly headers: WebhookHeadersInput;
  /** The `Content-Type` header. */
  readonly contentType: string | null | undefined;
  /** Reads the raw body, and no more of it than this. */
  readonly readBody: (maxBodyBytes: number) => Promise<Uint8Array> | Uint8Array;
}

/** The largest delivery of the contract, in bytes. @see spec/1.0/contract.md#events */
const MOST_BODY_BYTES = 262_144;
const EVENT_MEDIA_TYPE = "application/cloudevents+json";

const mediaTypeOf = (contentType: string | null | undefined): string =>
  (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";

/**
 * The rule behind every adapter: which answer a request gets. Knows no framework.
 *
 * @throws {WebhookUsageError} as {@link createVerifier}
 */
export function createWebhookReceiver<Event>({
  maxBodyBytes = MOST_BODY_BYTES,
  mediaTypes = [EVENT_MEDIA_TYPE],
  onRefusal,
  schema,
  onWebhook,
  replayGuard,
  ...verifierOptions
}: WebhookHandlerOptions<Event>): (request: UnreadRequest) => Promise<WebhookAnswer> {
  const verify = schema ? createVerifier({ ...verifierOptions, schema }) : createVerifier(verifierOptions);
  // The two members of the union agree: with a schema there is an event.
  const take = onWebhook as (verified: VerifiedWebhook) => unknown;

  async function receive({ method, headers, contentType, readBody }: UnreadRequest): Promise<void> {
    if (method !== "POST") throw new RefusedDeliveryError("method_not_allowed", "Post webhooks here.");
    if (!mediaTypes.includes(mediaTypeOf(contentType))) {
      throw new RefusedDeliveryError(
        "unsupported_media_type",
        `Send content-type: ${mediaTypes.join(" or ")}.`,
      );
    }
    const verified = await verify({ headers, body: await readBody(maxBodyBytes) });
    const claim = replayGuard ? await replayGuard.claim(verified.id) : "new";
    if (claim === "taken") return;
    // To say yes now would lose it, should the one that is under way fail.
    if (claim === "busy")
      throw new RefusedDeliveryError(
        "not_stored",
        "This delivery is being taken already: send it again later.",
      );
    try {
      await take(verified);
    } catch (error) {
      await replayGuard?.release(verified.id);
      throw new RefusedDeliveryError("internal_error", "onWebhook failed.", { cause: error });
    }
    await replayGuard?.keep(verified.id);
  }

  /** A hook for logs must not change what is answered, nor end the process. */
  function tell(refusal: Refusal): void {
    try {
      Promise.resolve(onRefusal?.(refusal)).catch(() => {});
    } catch {}
  }

  return async (request) => {
    try {
      await receive(request);
      return TAKEN;
    } catch (error) {
      const refusal = refusalOf(error);
      tell(refusal);
      return problemAnswer(refusal);
    }
  };
}
