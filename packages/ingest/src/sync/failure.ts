import { VendorClientError } from "@convergint/client";
import { StoreError } from "../store/store.ts";

/** Returns an error's message, for display to people. */
export const describeError = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** Returns the wait in seconds that a vendor requested with `Retry-After`, or 0. */
export const getRetryAfterSeconds = (error: unknown): number =>
  error instanceof VendorClientError ? (error.details.retryAfterSeconds ?? 0) : 0;

/** Whether the store can no longer be written, or another process has taken over the lease. */
export const isStoreLost = (error: unknown): boolean =>
  error instanceof StoreError && error.code !== "write_failed";
