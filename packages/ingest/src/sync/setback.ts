import { VendorClientError } from "@convergint/client";

/** What went wrong, as people are told. */
export const sentenceOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** How many seconds of patience a vendor asked for by `Retry-After`; 0 where it asked for none. */
export const patienceAskedFor = (error: unknown): number =>
  error instanceof VendorClientError ? (error.details.retryAfterSeconds ?? 0) : 0;
