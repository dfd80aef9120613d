import type { Event, Problem } from "@convergint/schemas";

/** A delivery as it came, whatever became of it. */
interface Attempt {
  readonly headers: Headers;
  /** The raw body, as text. */
  readonly body: string;
  readonly receivedAt: Date;
}

/**
 * A delivery and what became of it: `accepted`; `repeated`, the same event once more, which a consumer takes for
 * received; `refused`, because it is wrong; `failed`, because the test asked for that.
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
        /** The `webhook-id`, where there was one. */
        readonly id: string | null;
        readonly event: null;
        /** What it was answered with. */
        readonly problem: Problem;
      }
  );

/** What was delivered, in the order of arrival. */
export class Deliveries {
  readonly all: Delivery[] = [];
  #handedOut = 0;
  #waiting: ((delivery: Delivery) => void)[] = [];

  add(delivery: Delivery): void {
    this.all.push(delivery);
    const resolve = this.#waiting.shift();
    if (resolve === undefined) return;
    this.#handedOut += 1;
    resolve(delivery);
  }

  /** The first delivery that was not handed out yet, as soon as it is there. */
  next(): Promise<Delivery> {
    const delivery = this.all[this.#handedOut];
    if (delivery === undefined) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#handedOut += 1;
    return Promise.resolve(delivery);
  }
}
