import type { BatchAnswer } from "@convergint/schemas";
import { type Accepted, createRefusedEvent } from "./accept.ts";
import type { EventWriter } from "./event-writer.ts";

/**
 * Stores the valid events of a batch. If one event cannot be stored, only that event is refused.
 *
 * @returns the answer, with every refused event in the order of the batch
 * @throws {QueueFullError}, {StoreError} if none of the events could be stored: the sender should retry the
 *   whole batch
 */
export async function storeBatch(
  { events, refused }: Extract<Accepted, { kind: "batch" }>,
  writer: EventWriter,
): Promise<BatchAnswer> {
  const settled = await Promise.allSettled(events.map(({ event }) => writer.write(event)));
  const failed = settled.flatMap((each, at) =>
    each.status === "rejected" ? [{ error: each.reason as unknown, index: events[at]?.index ?? at }] : [],
  );
  if (failed.length > 0 && failed.length === events.length) throw failed[0]?.error;
  const notStored = failed.map(({ index }) => {
    const event = events.find((each) => each.index === index)?.event;
    return createRefusedEvent(index, event, "not_stored", "This event could not be stored. Send it again.");
  });
  return {
    accepted: events.length - failed.length,
    refused: [...refused, ...notStored].sort((a, b) => a.index - b.index),
  };
}
