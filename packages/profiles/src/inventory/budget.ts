import type { Place } from "../errors.ts";
import { VendorReadError } from "./vendor-error.ts";

/** Limits on what is read of a vendor, so that no answer exhausts the memory and no listing is read without end. */
export interface ReadLimits {
  /** Maximum time of one response in seconds. Default: 30. */
  readonly timeoutSeconds: number;
  /** Maximum size of one response in bytes, after decompression. Default: 16 MiB. */
  readonly maxResponseBytes: number;
  /** Maximum time in seconds of one reading of the inventory, waits included. Default: 3600. */
  readonly maxSeconds: number;
  /** Maximum number of requests of one reading. Default: 100,000. */
  readonly maxRequests: number;
  /** Maximum number of items of one reading. Default: 1,000,000. */
  readonly maxItems: number;
  /** Maximum size of all responses of one reading in bytes. Default: 2 GiB. */
  readonly maxBytes: number;
}

/** The default limits. */
export const DEFAULT_READ_LIMITS: ReadLimits = {
  timeoutSeconds: 30,
  maxResponseBytes: 16 * 1024 * 1024,
  maxSeconds: 3600,
  maxRequests: 100_000,
  maxItems: 1_000_000,
  maxBytes: 2 * 1024 ** 3,
};

type Counted = "maxSeconds" | "maxRequests" | "maxItems" | "maxBytes";

/** Counts what one reading of the inventory has used. */
export class ReadBudget {
  readonly #limits: Pick<ReadLimits, Counted>;
  readonly #now: () => number;
  readonly #startedAt: number;
  #requests = 0;
  #items = 0;
  #bytes = 0;

  /** @param now milliseconds of a clock */
  constructor(limits: Pick<ReadLimits, Counted>, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#startedAt = now();
  }

  /** Counts one response. */
  add(items: number, bytes: number): void {
    this.#requests += 1;
    this.#items += items;
    this.#bytes += bytes;
  }

  /** Checks whether another request may be sent. @throws {VendorReadError} `listing_over_budget` */
  requireMore(place: Place): void {
    const used: Readonly<Record<Counted, number>> = {
      maxSeconds: (this.#now() - this.#startedAt) / 1000,
      maxRequests: this.#requests,
      maxItems: this.#items,
      maxBytes: this.#bytes,
    };
    for (const limit of Object.keys(used) as Counted[]) {
      if (used[limit] < this.#limits[limit]) continue;
      const unit = limit.replace("max", "").toLowerCase();
      throw new VendorReadError(
        "listing_over_budget",
        place,
        `Reading stopped: it has used its budget of ${this.#limits[limit]} ${unit}, and the vendor's listing does not end. If the inventory is that large, raise limits.${limit}; otherwise check the \`paging\` of this request.`,
      );
    }
  }
}
