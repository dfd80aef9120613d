import type { Event, Problem } from "@convergint/schemas";

/** The parts of a received delivery that do not depend on its verdict. */
interface Attempt {
  readonly headers: Headers;
  /** The raw body, as text. */
  readonly body: string;
  readonly receivedAt: Date;
}

/**
 * A delivery with its verdict. `accepted` means that the delivery is right. `repeated` means that it is a
 * duplicate of an accepted event. `refused` means that the delivery is wrong. `failed` means that the test
 * requested a failure.
 */
export type Delivery = Attempt &
  (
    | {
        readonly verdict: "accepted" | "repeated";
        readonly id: string;
        readonly event: Event;
        readonly problem: null;
      }
    | {
        readonly verdict: "refused" | "failed";
        /** The `webhook-id`, if present. */
        readonly id: string | null;
        readonly event: null;
        /** The response. */
        readonly problem: Problem;
      }
  );

/** The received deliveries, in the order of arrival. */
export class Deliveries {
  readonly all: Delivery[] = [];
  #returned = 0;
  #waiting: ((delivery: Delivery) => void)[] = [];

  add(delivery: Delivery): void {
    this.all.push(delivery);
    const resolve = this.#waiting.shift();
    if (resolve === undefined) return;
    this.#returned += 1;
    resolve(delivery);
  }

  /** Resolves to the first delivery that was not returned by an earlier call. */
  next(): Promise<Delivery> {
    const delivery = this.all[this.#returned];
    if (delivery === undefined) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#returned += 1;
    return Promise.resolve(delivery);
  }
}
