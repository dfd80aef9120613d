import type { Delivery } from "./exchange.ts";
import { isObject, parseJson } from "./read.ts";

/** The same JSON as a delivery's body in the other ways that programs write it; none where it is neither an event nor a batch. */
export function otherWritingsOf(delivery: Delivery): string[] {
  const value = parseJson(Buffer.from(delivery.bodyBase64, "base64").toString("utf8"));
  if (!isObject(value) && !Array.isArray(value)) return [];
  return [undefined, 2, 4].map((indent) => JSON.stringify(value, null, indent));
}
