import type { Evidence } from "./evidence.ts";
import type { Delivery, Exchange } from "./exchange.ts";
import { findPublished, selectSuccessful } from "./match-deliveries.ts";
import { answeredAt, eventsOf, type JsonObject, objectOf, textOf } from "./read.ts";

/** The parts that {@link deliveriesIn} reads. */
export const DELIVERIES = ["endpoints", "health", "lifecycle"] as const;

/** A delivery, with every secret that its endpoint has had. */
export interface SecuredDelivery {
  readonly at: string;
  readonly delivery: Delivery;
  readonly secrets: readonly string[];
}

/** Returns every delivery of the run that a receiver accepted, at any endpoint. */
export function deliveriesIn({
  endpoints,
  health,
  lifecycle,
}: Pick<Evidence, (typeof DELIVERIES)[number]>): SecuredDelivery[] {
  const secretIn = (exchange: Parameters<typeof objectOf>[0]) => textOf(objectOf(exchange), "secret") ?? [];
  const first = [endpoints.created, lifecycle.rotation].flatMap(secretIn);
  const second = [endpoints.otherCreated].flatMap(secretIn);
  const withSecrets = (deliveries: readonly Delivery[], secrets: readonly string[]) =>
    deliveries.map((delivery) => ({ at: delivery.id, delivery, secrets }));
  return [
    ...withSecrets(health.deliveries, [health.secret]),
    ...withSecrets(lifecycle.deliveries, first),
    ...withSecrets(lifecycle.otherDeliveries, second),
  ];
}

/** How far the clocks of a vendor's servers may differ, in seconds; timestamps are whole seconds. */
const CLOCKS_APART_SECONDS = 5;

/**
 * Tells whether a delivery was certainly signed after the vendor answered a call, judging by the vendor's own
 * timestamps. A delivery that was in transit during the call arrives later, but was signed earlier.
 */
export const wasSignedAfter = ({ headers }: Delivery, call: Exchange): boolean =>
  Number(headers["webhook-timestamp"]) >
  (answeredAt(call) + vendorAheadMs(call)) / 1000 + CLOCKS_APART_SECONDS;

/** Returns how far the vendor's clock is ahead of the suite's, by the `Date` of a response; 0 without a `Date`. */
function vendorAheadMs(call: Exchange | null | undefined): number {
  const date = Date.parse(call?.response?.headers["date"] ?? "");
  return !call || Number.isNaN(date) ? 0 : date - answeredAt(call);
}

/** An attempt that began before a moment may always arrive this much later. */
const IN_FLIGHT_MS = 2000;

/**
 * Tells whether an attempt certainly began after a moment, such as a rotation or a 410. An attempt that was signed
 * before that moment may arrive later, within the latency that the vendor declares.
 *
 * @param moment Unix milliseconds, by the suite's clock
 * @param call any call of that time; its response shows the vendor's clock
 */
export function beganAfter(
  { headers, receivedAt }: Delivery,
  moment: number,
  { latencySeconds, call }: { readonly latencySeconds: number; readonly call: Exchange | null | undefined },
): boolean {
  const arrivedLaterMs = Date.parse(receivedAt) - moment;
  const signedLaterMs = Number(headers["webhook-timestamp"]) * 1000 - moment - vendorAheadMs(call);
  return (
    arrivedLaterMs > IN_FLIGHT_MS &&
    (signedLaterMs > CLOCKS_APART_SECONDS * 1000 || arrivedLaterMs > IN_FLIGHT_MS + latencySeconds * 1000)
  );
}

/** Returns every event of the deliveries that a receiver accepted, including events in batches. */
export const eventsIn = (
  evidence: Pick<Evidence, (typeof DELIVERIES)[number]>,
): { readonly at: string; readonly event: JsonObject }[] =>
  deliveriesIn(evidence).flatMap(({ at, delivery }) => eventsOf(delivery).map((event) => ({ at, event })));

/** Returns what each endpoint for all events got, in the order of arrival. */
export const deliveriesByEndpoint = ({
  health,
  lifecycle,
  families,
  installationEvents,
}: Pick<Evidence, "health" | "lifecycle"> & Partial<Evidence>): (readonly Delivery[])[] => [
  lifecycle.deliveries,
  lifecycle.otherDeliveries,
  health.deliveries,
  families?.deliveries ?? [],
  installationEvents?.deliveries ?? [],
];

/** Returns the events that the suite requested, each with its command and its delivery. */
export const findRequestedEvents = ({ families, installationEvents }: Partial<Evidence>) =>
  [
    ...(families?.events ?? []).map((request) => ({ request, deliveries: families?.deliveries ?? [] })),
    ...selectSuccessful(installationEvents?.steps ?? []).map((request) => ({
      request,
      deliveries: installationEvents?.deliveries ?? [],
    })),
  ].flatMap(({ request, deliveries }) => {
    const published = findPublished(request, deliveries);
    return published ? [{ command: request.command, ...published }] : [];
  });
