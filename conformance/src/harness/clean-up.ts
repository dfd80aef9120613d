import type { Exchange } from "../evidence/exchange.ts";
import type { Call, Recorder } from "./recorder.ts";

/** Undoes a change at the vendor. Its recorder works even if the run was interrupted. */
export type Undo = (recorder: Recorder) => Promise<unknown>;

/** Time limit for cleaning up, in milliseconds: long enough for a busy machine, and short after Ctrl-C. */
export const cleanUpMs = ({ aborted }: AbortSignal): number => (aborted ? 5000 : 60_000);

/** What the vendor answers if there is nothing to undo any more. */
const GONE: readonly number[] = [404, 410];

/** Returns why a change is still there after the call that undoes it; `null` if it is gone. */
export function whyLeftOver(status: number | null, failure: string | null | undefined): string | null {
  if (status === null) return failure ?? "no response";
  return status >= 400 && !GONE.includes(status) ? `status ${status}` : null;
}

/** Names a call that did not undo a change, so that a person can repeat it. */
export const describeUndo = (method: string, url: string | URL, reason: string): string =>
  `${method} ${url} (${reason})`;

/**
 * Undoes a run's changes at the vendor, all at the same time.
 *
 * @param recorder makes the calls; it throws if the time for them is up
 * @returns the calls that failed, so that the changes are still there
 */
export async function undoAll(undos: readonly Undo[], recorder: Recorder): Promise<readonly string[]> {
  const leftOver: string[] = [];
  const noting = async (call: Call): Promise<Exchange> => {
    const note = (reason: string) => leftOver.push(describeUndo(call.method ?? "GET", call.url, reason));
    try {
      const exchange = await recorder.call(call);
      const reason = whyLeftOver(exchange.response?.status ?? null, exchange.failure);
      if (reason !== null) note(reason);
      return exchange;
    } catch (error) {
      note("no response in time");
      throw error;
    }
  };
  await Promise.allSettled(undos.map((undo) => undo({ call: noting })));
  return leftOver;
}
