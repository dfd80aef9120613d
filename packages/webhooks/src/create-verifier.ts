import { WebhookVerificationError } from "./errors.ts";
import { prepareVerifyingKeys, type WebhookKeys } from "./key.ts";
import { parsePayload } from "./payload.ts";
import type { ReplayGuard } from "./replay-guard.ts";
import type { PayloadSchema } from "./standard-schema.ts";
import {
  DEFAULT_TOLERANCE_SECONDS,
  requireTolerance,
  unixMilliseconds,
  type VerifiedWebhook,
  verifyPrepared,
  type WebhookDelivery,
} from "./verify.ts";

/** What deliveries are held against. */
export interface VerifierOptions {
  /** Every key that is current: `whsec_` secrets and `whpk_` public keys; during a rotation, the old and the new. */
  readonly keys: WebhookKeys;
  /** How far a timestamp may be off, either way. Default: 300. */
  readonly toleranceSeconds?: number;
  /** What the clock says. */
  readonly now?: () => Date;
  /**
   * Refuses what was taken before, for a service that keeps no event ids. What is verified counts as taken: release it where
   * its processing fails. The adapters do that by themselves, and take a delivery only when `onWebhook` has resolved.
   */
  readonly replayGuard?: ReplayGuard;
}

/** What was verified, and the event in it. */
export interface VerifiedEvent<Event> extends VerifiedWebhook {
  /** The body as the schema parsed it. */
  readonly event: Event;
}

/** Verifies one delivery after the other. Throws what {@link verify} throws. */
export type Verifier<Verified = VerifiedWebhook> = (delivery: WebhookDelivery) => Promise<Verified>;

/**
 * Makes a verifier whose keys are prepared once: make it when the service starts.
 *
 * @param options.schema any Standard Schema (zod, Valibot, ArkType …); then what is verified has the parsed `event`
 * @returns a function that verifies a delivery; beside the errors of {@link verify} it throws
 *   `WebhookVerificationError` `replayed` (answer 2xx: it was taken before) and `WebhookPayloadError` `not_json`,
 *   `invalid_payload` (answer 400)
 * @throws {WebhookUsageError} `no_keys`, `too_many_keys`, `invalid_key`, `invalid_tolerance`
 * @see spec/1.0/contract.md#signatures
 */
export function createVerifier<Event>(
  options: VerifierOptions & { readonly schema: PayloadSchema<Event> },
): Verifier<VerifiedEvent<Event>>;
export function createVerifier(options: VerifierOptions): Verifier;
export function createVerifier<Event>({
  keys,
  toleranceSeconds = DEFAULT_TOLERANCE_SECONDS,
  now,
  replayGuard,
  schema,
}: VerifierOptions & { readonly schema?: PayloadSchema<Event> }): Verifier<
  VerifiedWebhook & { readonly event?: Event }
> {
  requireTolerance(toleranceSeconds);
  const prepared = prepareVerifyingKeys(keys);
  const clock = now ? () => unixMilliseconds(now()) : Date.now;
  const check = (delivery: WebhookDelivery) => verifyPrepared(prepared, delivery, toleranceSeconds, clock());
  if (!schema && !replayGuard) return async (delivery) => check(delivery);
  return async (delivery) => {
    const verified = await check(delivery);
    // A payload that is refused is not taken, so it is parsed before it is claimed.
    const parsed = schema ? { ...verified, event: await parsePayload(verified.body, schema) } : verified;
    if (replayGuard && (await replayGuard.claim(verified.id)) !== "new") {
      throw new WebhookVerificationError(
        "replayed",
        "Taken before: answer 2xx, and do nothing.",
        "webhook-id",
      );
    }
    await replayGuard?.keep(verified.id);
    return parsed;
  };
}
