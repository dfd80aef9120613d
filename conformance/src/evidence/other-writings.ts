import type { Delivery } from "./exchange.ts";
import { eventOf } from "./read.ts";

/** The same JSON as a delivery's body in the other ways that programs write it; none where it is no JSON object. */
export function otherWritingsOf(delivery: Delivery): string[] {
  const event = eventOf(delivery);
  if (!event) return [];
  return [undefined, 2, 4].map((indent) => JSON.stringify(event, null, indent));
}
