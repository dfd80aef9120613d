import { WebhookVerificationError } from "./errors.ts";
import { prepareVerifyingKeys, type WebhookKeys } from "./key.ts";
import { type PayloadSchema, parsePayload } from "./payload.ts";
import { type ReplayProtection, requireReplay, toReplayKey } from "./replay-guard.ts";
import {
  DEFAULT_TOLERANCE_SECONDS,
  requireTolerance,
  toUnixMilliseconds,
  type VerifiedWebhook,
  verifyPrepared,
  type WebhookDelivery,
} from "./verify.ts";

/** Options of a verifier. */
export interface VerifierOptions {
  /** All current keys: `whsec_` secrets and `whpk_` public keys; during a rotation, both the old and the new key. */
  readonly keys: WebhookKeys;
  /** How many seconds a timestamp may differ from now, in either direction. Default: 300. */
  readonly toleranceSeconds?: number;
  /** Returns the current time. Default: the system clock. */
  readonly now?: () => Date;
  /**
   * Refuses duplicates, for a service that does not store event ids. A verified delivery counts as accepted,
   * so release its {@link toReplayKey} if processing fails. The adapters release it for you: they accept a
   * delivery once `onWebhook` has resolved.
   */
  readonly replay?: ReplayProtection;
}

/** A verified delivery and its event. */
export interface VerifiedEvent<Event> extends VerifiedWebhook {
  /** The body as the schema parsed it. */
  readonly event: Event;
}

/** Verifies a delivery. Throws the errors of {@link verify}. */
export type Verifier<Verified = VerifiedWebhook> = (delivery: WebhookDelivery) => Promise<Verified>;

/**
 * Creates a verifier that prepares its keys once. Create it when the service starts.
 *
 * @param options.schema any Standard Schema (zod, Valibot, ArkType …); the result then has the parsed `event`
 * @returns a function that verifies a delivery. The function throws the errors of {@link verify}. It also
 *   throws `WebhookVerificationError` `replayed` for a duplicate (respond with 2xx), and
 *   `WebhookPayloadError` `not_json`, `invalid_payload` (respond with 400)
 * @throws {WebhookUsageError} `no_keys`, `too_many_keys`, `invalid_key`, `invalid_tolerance`, `invalid_replay`
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
  replay,
  schema,
}: VerifierOptions & { readonly schema?: PayloadSchema<Event> }): Verifier<
  VerifiedWebhook & { readonly event?: Event }
> {
  requireTolerance(toleranceSeconds);
  requireReplay(replay);
  const prepared = prepareVerifyingKeys(keys);
  const clock = now ? () => toUnixMilliseconds(now()) : Date.now;
  const check = (delivery: WebhookDelivery) => verifyPrepared(prepared, delivery, toleranceSeconds, clock());
  if (!schema && !replay) return async (delivery) => check(delivery);
  return async (delivery) => {
    const verified = await check(delivery);
    // Parses the delivery before claiming its id: a delivery with an
    // invalid payload must not count as accepted.
    const parsed = schema ? { ...verified, event: await parsePayload(verified.body, schema) } : verified;
    if (!replay) return parsed;
    const key = toReplayKey(replay.sender, verified);
    if ((await replay.guard.claim(key)) !== "new") {
      throw new WebhookVerificationError(
        "replayed",
        "This delivery was already accepted: respond with 2xx.",
        "webhook-id",
      );
    }
    await replay.guard.keep(key);
    return parsed;
  };
}
