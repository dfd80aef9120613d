import { hash } from "node:crypto";
import type { AcceptedEvent } from "./event-store.ts";

const KEY_BYTES = 16;
const DAY_MS = 86_400_000;

/** An event's idempotency key within its integration, `source` and `id`, as 16 bytes: a long one would make the ledger slow. */
export const eventKey = ({ source, eventId }: Pick<AcceptedEvent, "source" | "eventId">): Buffer =>
  hash("sha256", JSON.stringify([source, eventId]), "buffer").subarray(0, KEY_BYTES);

/** Days since 1970, as the ledger counts. */
export const dayOf = (at: string): number => Math.floor(Date.parse(at) / DAY_MS);
