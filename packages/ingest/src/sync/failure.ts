import { VendorClientError } from "@convergint/client";
import { StoreError } from "../store/store.ts";

/** Returns an error's message, for display to people. Names this server's setting instead of the client's option. */
export const describeError = (error: unknown): string =>
  error instanceof Error
    ? error.message.replace(
        /\blimits\.(max\w+)/g,
        (_, limit: string) => `CONVERGINT_INGEST_${limit.replace(/[A-Z]/g, "_$&").toUpperCase()}`,
      )
    : String(error);

/**
 * A vendor whose listing exceeded its budget costs the whole budget again at each attempt, and only a person can solve the
 * cause: at the vendor, or with a larger budget and a sync by hand.
 */
const OVER_BUDGET_WAIT_SECONDS = 6 * 3600;

/**
 * Returns how many seconds to wait at least before the vendor is called again: the wait that it requested with
 * `Retry-After`, a long time after a listing over budget, or 0.
 */
export function getRetryAfterSeconds(error: unknown): number {
  if (!(error instanceof VendorClientError)) return 0;
  return error.code === "listing_over_budget"
    ? OVER_BUDGET_WAIT_SECONDS
    : (error.details.retryAfterSeconds ?? 0);
}

/** Whether the store can no longer be written, or another process has taken over the lease. */
export const isStoreLost = (error: unknown): boolean =>
  error instanceof StoreError && (error.code === "store_gone" || error.code === "lease_lost");
