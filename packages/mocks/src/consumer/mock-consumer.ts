import type { Event } from "@convergint/schemas";
import { type HttpHandler, http } from "msw";
import { FaultQueue, type Faults } from "../faults.ts";
import { MockError, requireUrl } from "../mock-error.ts";
import { problemResponse, Refusal, refuseMethod } from "../problem.ts";
import { Deliveries, type Delivery } from "./deliveries.ts";
import { type Arrival, judgeDelivery } from "./judge-delivery.ts";
import { importSecret } from "./verify-signature.ts";

/** Options of a mock consumer. */
export interface MockConsumerOptions {
  /** All current secrets: during a rotation, both the old and the new secret. */
  readonly secrets: readonly string[];
  /** URL of the endpoint. Default: `https://consumer.example/webhooks`. */
  readonly url?: string;
  /** The consumer's clock. */
  readonly now?: () => Date;
}

/** A consumer's webhook endpoint inside the test, which judges every delivery. */
export interface MockConsumer extends Faults {
  /** URL to post to. */
  readonly url: string;
  /** For msw: `setupServer(...consumer.handlers)`, `setupWorker(...consumer.handlers)`. */
  readonly handlers: readonly HttpHandler[];
  /** All deliveries, in the order of arrival. */
  readonly deliveries: readonly Delivery[];
  /**
   * Waits for the next delivery and resolves to it. Each call returns a different delivery, in the order of
   * arrival.
   */
  nextDelivery(): Promise<Delivery>;
}

/**
 * Creates a consumer for unit tests: msw handlers that verify, judge and record deliveries.
 *
 * @throws {MockError} `invalid_option`
 * @see spec/1.0/contract.md#receiving
 */
export function mockConsumer({
  secrets,
  url: givenUrl = "https://consumer.example/webhooks",
  now = () => new Date(),
}: MockConsumerOptions): MockConsumer {
  const url = requireUrl(givenUrl);
  if (secrets.length === 0)
    throw new MockError("invalid_option", "Invalid secrets: pass at least one secret.");
  const keys = Promise.all(secrets.map(importSecret));
  const [deliveries, faults] = [new Deliveries(), new FaultQueue()];
  const known = new Set<string>();

  /** Checks whether an event is a duplicate, and remembers it. */
  const isRepeated = ({ source, id }: Event): boolean =>
    known.size === known.add(JSON.stringify([source, id])).size;

  /** Judges a delivery and returns the response. */
  async function receive(arrival: Arrival, attempt: Pick<Delivery, "headers" | "body" | "receivedAt">) {
    try {
      const event = await judgeDelivery(arrival, await keys);
      const verdict = isRepeated(event) ? "repeated" : "accepted";
      deliveries.add({ ...attempt, verdict, id: event.id, event, problem: null });
      return new Response(null, { status: 204 });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const problem = error.toProblem();
      deliveries.add({
        ...attempt,
        verdict: "refused",
        id: attempt.headers.get("webhook-id"),
        event: null,
        problem,
      });
      return problemResponse(problem);
    }
  }

  return {
    url,
    handlers: [
      http.post(url, async ({ request }) => {
        const { headers } = request;
        const body = new Uint8Array(await request.arrayBuffer());
        const receivedAt = now();
        const attempt = { headers, body: new TextDecoder().decode(body), receivedAt };
        return faults.meet(
          "",
          () => receive({ headers, body, receivedAt }, attempt),
          (problem) =>
            deliveries.add({
              ...attempt,
              verdict: "failed",
              id: headers.get("webhook-id"),
              event: null,
              problem,
            }),
        );
      }),
      http.all(url, ({ request }) => refuseMethod(request.method, ["POST"]).toResponse()),
    ],
    deliveries: deliveries.all,
    nextDelivery: () => deliveries.next(),
    failNext: (failure) => faults.failNext(failure),
    delayNext: (delay) => faults.delayNext(delay),
    breakNext: (breakage) => faults.breakNext(breakage),
  };
}
