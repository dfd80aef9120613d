import { readRetryAfter } from "@convergint/internal/retry-after";
import type { Exchange } from "../evidence/exchange.ts";

/** A longer wait counts as the vendor's answer: the run does not wait for it. */
const MAX_WAIT_SECONDS = 300;

/** Returns the seconds after which a rate-limiting vendor wants the call again; `null` for any other response. */
export function retryDelaySeconds({ response }: Exchange, now: number): number | null {
  if (response?.status !== 429 && response?.status !== 503) return null;
  const seconds = readRetryAfter(response.headers["retry-after"], now);
  return seconds !== undefined && seconds <= MAX_WAIT_SECONDS ? seconds : null;
}
