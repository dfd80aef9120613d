import { unlessAborted } from "./abort.ts";
import { abortion } from "./failure.ts";
import { placeOf } from "./plain-url.ts";

/** What is made once, for all who ask; a failure is not kept, and the next to ask tries again. */
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
 * Waits for what others may wait for too: a caller who gives up does not end it for them.
 *
 * @param url where the caller's own call goes, for the message
 * @throws {VendorClientError} `aborted`, and what the work throws
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
