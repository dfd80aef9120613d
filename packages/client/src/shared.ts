import { unlessAborted } from "./abort.ts";
import { abortion } from "./failure.ts";
import { placeOf } from "./plain-url.ts";

/** Shares one result among all callers; after a failure, the next call tries again. */
export function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/**
 * Waits for a shared operation; if one caller aborts, the operation continues for the others.
 *
 * @param url URL of the caller's own call, for the message
 * @throws {VendorClientError} `aborted`, and the errors of the operation
 */
export async function awaitShared<Value>(
  work: Promise<Value>,
  signal: AbortSignal | undefined,
  url: string,
): Promise<Value> {
  try {
    return await unlessAborted(work, [signal]);
  } catch (error) {
    throw signal?.aborted ? abortion(placeOf(url), signal.reason) : error;
  }
}
