import { objectOf, textOf } from "./read.ts";
import type { StatusReading } from "./receiver-evidence.ts";

/** Whether the consumer says that a device is gone: it knows none any more, or says so in `lifecycle`. */
export function isRemoved({ exchange }: StatusReading): boolean {
  const status = exchange.response?.status;
  return status === 404 || status === 410 || textOf(objectOf(exchange), "lifecycle") === "removed";
}
