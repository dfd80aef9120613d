import { type ListingFault, type VendorClient, VendorClientError } from "@convergint/client";
import type { Event } from "@convergint/schemas";
import { describeError, getRetryAfterSeconds, isStoreLost } from "./failure.ts";

const MINUTE_MS = 60_000;
/** Starts earlier than the last accepted delivery, because the vendor may still be retrying earlier deliveries. */
const MARGIN_MS = 15 * MINUTE_MS;

/** Returns the start of a backfill. @param lastTakenAt when the last webhook was accepted, RFC 3339 in UTC */
export const getBackfillStart = (lastTakenAt: string): string =>
  new Date(Date.parse(lastTakenAt) - MARGIN_MS).toISOString();

/** How a backfill ended. */
export interface BackfillResult {
  /**
   * Where the next backfill continues, by the vendor's clock; `null` if the vendor offers no backfill or the
   * backfill failed.
   */
  readonly to: string | null;
  /** A human-readable sentence; `null` if there is nothing to report. */
  readonly detail: string | null;
  /** Whether the backfill must be tried again. */
  readonly failed: boolean;
  /** The delay that the vendor asked for, or 0. */
  readonly retryAfterSeconds: number;
}

export const NOTHING_MISSED: BackfillResult = {
  to: null,
  detail: null,
  failed: false,
  retryAfterSeconds: 0,
};

/** Stores fetched events. @returns how many were new */
export type StoreEvents = (events: readonly Event[]) => Promise<number>;

const isExpired = (error: unknown): boolean =>
  error instanceof VendorClientError && error.details.problem?.code === "backfill_expired";

const endsTheSync = (error: unknown): boolean =>
  (error instanceof VendorClientError && error.code === "aborted") || isStoreLost(error);

async function fetchEvents(
  vendor: VendorClient,
  filter: { readonly after?: string },
  store: StoreEvents,
  onFault: (fault: ListingFault) => void,
) {
  let to: string | null = null;
  let found = 0;
  for await (const page of vendor.eventPages(filter, { onFault })) {
    to ??= page.snapshot.as_of;
    found += await store(page.data);
  }
  return { to, found };
}

/**
 * Fetches the events that no webhook delivered, if the vendor offers backfill.
 *
 * @param onFault receives what is wrong with a listed event; an event that cannot be used is set aside
 * @throws {VendorClientError} `aborted`
 * @throws {StoreError} if nothing can be stored any longer. Every other failure is only reported in the
 *   result, because the inventory is polled regardless.
 * @see spec/1.0/contract.md#backfill
 */
export async function backfill(
  vendor: VendorClient,
  after: string,
  store: StoreEvents,
  onFault: (fault: ListingFault) => void = () => {},
): Promise<BackfillResult> {
  try {
    const manifest = await vendor.manifest();
    if (!manifest.backfill) return NOTHING_MISSED;
    try {
      const { to, found } = await fetchEvents(vendor, { after }, store, onFault);
      const detail = found > 0 ? `Fetched ${found} events that no webhook delivered.` : null;
      return { ...NOTHING_MISSED, to, detail };
    } catch (error) {
      if (!isExpired(error)) throw error;
      // Fetches without `after`. The vendor would refuse the same `after` for the rest of the outage.
      const { to, found } = await fetchEvents(vendor, {}, store, onFault);
      const detail = `The vendor no longer has all events since ${after}. Fetched the events that the vendor still has: no webhook had delivered ${found} of them. Earlier events are lost.`;
      return { ...NOTHING_MISSED, to, detail };
    }
  } catch (error) {
    if (endsTheSync(error)) throw error;
    return {
      to: null,
      failed: true,
      detail: `Could not fetch missed events: ${describeError(error)}`,
      retryAfterSeconds: getRetryAfterSeconds(error),
    };
  }
}
