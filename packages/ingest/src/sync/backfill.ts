import { type VendorClient, VendorClientError } from "@convergint/client";
import type { Event } from "@convergint/schemas";
import { StoreError } from "../store/store-error.ts";
import { patienceAskedFor, sentenceOf } from "./setback.ts";

const MINUTE_MS = 60_000;
/** A delivery that was taken says little of those before it that are being retried. */
const MARGIN_MS = 15 * MINUTE_MS;

/** From when on events may be missing. @param lastTakenAt when the last webhook was taken, RFC 3339 in UTC */
export const missingSince = (lastTakenAt: string): string =>
  new Date(Date.parse(lastTakenAt) - MARGIN_MS).toISOString();

/** How a backfill ended. */
export interface Backfilled {
  /** How far it came, by the vendor's clock; `null` where the vendor offers none, or it failed. */
  readonly to: string | null;
  /** A sentence for people; `null` where there is nothing to say. */
  readonly detail: string | null;
  /** Whether it has to be tried again. */
  readonly failed: boolean;
  /** How much patience the vendor asked for; 0 where it asked for none. */
  readonly retryAfterSeconds: number;
}

export const NOTHING_MISSED: Backfilled = { to: null, detail: null, failed: false, retryAfterSeconds: 0 };

/** Takes events in. @returns how many nobody had known */
type Take = (events: readonly Event[], receivedAt: Date) => Promise<number>;

const isExpired = (error: unknown): boolean =>
  error instanceof VendorClientError && error.details.problem?.code === "backfill_expired";

/** Whether the sync itself cannot go on: the server is stopping, or nothing can be stored any more. */
const endsTheSync = (error: unknown): boolean =>
  (error instanceof VendorClientError && error.code === "aborted") ||
  (error instanceof StoreError && error.code !== "write_failed");

async function fetchEvents(vendor: VendorClient, filter: { readonly after?: string }, take: Take) {
  let to: string | null = null;
  let found = 0;
  for await (const page of vendor.eventPages(filter)) {
    to ??= page.snapshot.as_of;
    found += await take(page.data, new Date());
  }
  return { to, found };
}

/**
 * Fetches the events that webhooks have not brought, where the vendor offers that.
 *
 * @throws {VendorClientError} `aborted`, {StoreError} where nothing can be stored any more; every other failure is in the
 *   detail, for the inventory is polled anyway
 * @see spec/1.0/contract.md#backfill
 */
export async function backfill(vendor: VendorClient, after: string, take: Take): Promise<Backfilled> {
  try {
    const manifest = await vendor.manifest();
    if (!manifest.backfill) return NOTHING_MISSED;
    try {
      const { to, found } = await fetchEvents(vendor, { after }, take);
      const detail = found > 0 ? `${found} events that no webhook had brought were fetched.` : null;
      return { ...NOTHING_MISSED, to, detail };
    } catch (error) {
      if (!isExpired(error)) throw error;
      // Asked for the same moment again it would answer the same for as long as the outage lasts.
      const { to, found } = await fetchEvents(vendor, {}, take);
      const detail = `The vendor does not keep events since ${after}: what it keeps was fetched, ${found} events that no webhook had brought. Earlier ones are lost.`;
      return { ...NOTHING_MISSED, to, detail };
    }
  } catch (error) {
    if (endsTheSync(error)) throw error;
    return {
      to: null,
      failed: true,
      detail: `Missed events could not be fetched: ${sentenceOf(error)}`,
      retryAfterSeconds: patienceAskedFor(error),
    };
  }
}
