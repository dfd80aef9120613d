import { sortableTimestamp, timestampSchema } from "@convergint/schemas";
import { type JsonObject, textOf } from "./read.ts";

/** An event's time and sequence as one text that sorts as the contract orders them. */
export function orderOf(event: JsonObject | null): string | null {
  const time = timestampSchema.safeParse(event?.["time"]);
  return time.success ? `${sortableTimestamp(time.data)} ${textOf(event, "sequence") ?? ""}` : null;
}
