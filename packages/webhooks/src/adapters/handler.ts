import { createVerifier, type VerifiedEvent, type VerifierOptions } from "../create-verifier.ts";
import type { WebhookHeadersInput } from "../headers.ts";
import type { PayloadSchema } from "../payload.ts";
import { requireReplay, toReplayKey } from "../replay-guard.ts";
import type { VerifiedWebhook } from "../verify.ts";
import {
  ACCEPTED,
  type Refusal,
  RefusedDeliveryError,
  toProblemResponse,
  toRefusal,
  type WebhookResponse,
} from "./response.ts";
import { answerValidation, requireValidation, type ValidationOptions } from "./validation.ts";

interface CommonOptions extends VerifierOptions {
  /** The largest accepted body in bytes. Default: 262,144, the largest delivery that the contract allows. */
  readonly maxBodyBytes?: number;
  /** The accepted media types. Default: `application/cloudevents+json`. */
  readonly mediaTypes?: readonly string[];
  /**
   * Answers the `OPTIONS` request with which some clouds, such as Azure Event Grid, ask before the first delivery whether
   * this endpoint expects it. Default: off, `OPTIONS` gets 405.
   */
  readonly validation?: ValidationOptions;
  /** Called for each refused delivery, for logs. Errors that it throws are ignored. */
  readonly onRefusal?: (refusal: Refusal) => unknown;
}

/**
 * Options of a webhook endpoint. `onWebhook` receives each verified delivery and should resolve after the
 * delivery is stored durably. When `onWebhook` resolves, the response is 204. When `onWebhook` throws, the
 * response is 500 and the sender retries.
 */
export type WebhookHandlerOptions<Event = unknown> =
  | (CommonOptions & {
      /**
       * Any Standard Schema. With a schema, `onWebhook` receives the parsed event,
       * and an invalid payload is refused with 400.
       */
      readonly schema: PayloadSchema<Event>;
      readonly onWebhook: (verified: VerifiedEvent<Event>) => unknown;
    })
  | (CommonOptions & {
      readonly schema?: undefined;
      readonly onWebhook: (verified: VerifiedWebhook) => unknown;
    });

/** A request whose body has not been read. */
export interface UnreadRequest {
  readonly method: string;
  readonly headers: WebhookHeadersInput;
  /** Reads the raw body up to a limit. */
  readonly readBody: (maxBodyBytes: number) => Promise<Uint8Array> | Uint8Array;
}

/** The largest delivery that the contract allows, in bytes. @see spec/1.0/contract.md#events */
const MAX_BODY_BYTES = 262_144;
const EVENT_MEDIA_TYPE = "application/cloudevents+json";

/** Returns a header, or "" if it is absent. A repeated header becomes a list, as HTTP defines. */
function readHeader(headers: WebhookHeadersInput, name: string): string {
  if (typeof headers.get === "function") return headers.get(name) ?? "";
  const found = Object.entries(headers).filter(([key]) => key.toLowerCase() === name);
  return found.flatMap(([, value]) => value ?? []).join(", ");
}

const parseMediaType = (contentType: string): string =>
  contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";

/**
 * Creates the framework-independent endpoint behind every adapter.
 *
 * @throws {WebhookUsageError} as {@link createVerifier}
 */
export function createWebhookReceiver<Event>({
  maxBodyBytes = MAX_BODY_BYTES,
  mediaTypes = [EVENT_MEDIA_TYPE],
  onRefusal,
  schema,
  onWebhook,
  replay,
  validation,
  ...verifierOptions
}: WebhookHandlerOptions<Event>): (request: UnreadRequest) => Promise<WebhookResponse> {
  requireReplay(replay);
  if (validation) requireValidation(validation);
  const verify = schema ? createVerifier({ ...verifierOptions, schema }) : createVerifier(verifierOptions);
  // The cast is safe: with a schema, the verified delivery has an `event`.
  const process = onWebhook as (verified: VerifiedWebhook) => unknown;

  async function receive({ method, headers, readBody }: UnreadRequest): Promise<WebhookResponse> {
    if (method === "OPTIONS" && validation) {
      const permission = answerValidation(validation, readHeader(headers, "webhook-request-origin"));
      if (permission) return permission;
      throw new RefusedDeliveryError(
        "method_not_allowed",
        "This endpoint does not expect deliveries from the origin in WebHook-Request-Origin. Ask its operator to allow the origin.",
      );
    }
    if (method !== "POST") throw new RefusedDeliveryError("method_not_allowed", "Send webhooks with POST.");
    if (!["", "identity"].includes(readHeader(headers, "content-encoding").trim().toLowerCase())) {
      throw new RefusedDeliveryError(
        "unsupported_media_type",
        "Send the body uncompressed, without content-encoding. The body must be the bytes that were signed.",
      );
    }
    if (!mediaTypes.includes(parseMediaType(readHeader(headers, "content-type")))) {
      throw new RefusedDeliveryError(
        "unsupported_media_type",
        `Send the content-type ${mediaTypes.join(" or ")}.`,
      );
    }
    const verified = await verify({ headers, body: await readBody(maxBodyBytes) });
    const key = replay ? toReplayKey(replay.sender, verified) : "";
    const claim = replay ? await replay.guard.claim(key) : "new";
    if (claim === "taken") return ACCEPTED;
    // Another attempt is in progress. If this attempt were accepted and the other attempt then failed, the
    // event would be lost.
    if (claim === "busy")
      throw new RefusedDeliveryError(
        "not_stored",
        "An earlier attempt of this delivery is still being processed. Retry later.",
      );
    try {
      await process(verified);
    } catch (error) {
      await replay?.guard.release(key);
      throw new RefusedDeliveryError("internal_error", "onWebhook failed.", { cause: error });
    }
    await replay?.guard.keep(key);
    return ACCEPTED;
  }

  /** Calls the hook. A failure of the hook must neither change the response nor end the process. */
  function report(refusal: Refusal): void {
    try {
      Promise.resolve(onRefusal?.(refusal)).catch(() => {});
    } catch {}
  }

  return async (request) => {
    try {
      return await receive(request);
    } catch (error) {
      const refusal = toRefusal(error);
      report(refusal);
      return toProblemResponse(refusal);
    }
  };
}
