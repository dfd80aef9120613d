/** How often a call is made again. */
const MOST_RETRIES = 3;
/** A vendor that asks for more patience than this gets it from whoever called. */
const MOST_WAIT_SECONDS = 30;
/** The wait before the first retry where the vendor asks for none; doubled for each that follows. */
const FIRST_WAIT_SECONDS = 0.5;

/** How an attempt ended, where another may help. */
export type Setback =
  /** The vendor answered 429 or 503. */
  | { readonly kind: "busy"; readonly status: 429 | 503; readonly retryAfterSeconds: number | undefined }
  /** The connection broke off or stood still: whether the vendor did what was asked is not known. */
  | { readonly kind: "broken" };

/** What a decision about a retry takes. */
export interface RetryQuestion {
  readonly setback: Setback;
  /** How many retries were made before. */
  readonly retries: number;
  /** Whether the call may be made twice without harm. */
  readonly repeatable: boolean;
  /** Between 0 and 1: consumers whose vendor fell over together must not come back together. */
  readonly random: number;
}

/**
 * Decides whether a call is made again. One that may not be made twice is repeated only where the vendor says that it
 * did nothing: 429, or 503 with `Retry-After`.
 *
 * @returns the seconds to wait before it; `null` where it is not made again
 */
export function retryDelaySeconds({ setback, retries, repeatable, random }: RetryQuestion): number | null {
  const asked = setback.kind === "busy" ? setback.retryAfterSeconds : undefined;
  const harmless = repeatable || asked !== undefined || (setback.kind === "busy" && setback.status === 429);
  const seconds = asked ?? FIRST_WAIT_SECONDS * 2 ** retries * (0.5 + random / 2);
  return !harmless || retries >= MOST_RETRIES || seconds > MOST_WAIT_SECONDS ? null : seconds;
}
