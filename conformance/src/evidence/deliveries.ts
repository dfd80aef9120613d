import type { Evidence, EvidenceRecord } from "./evidence.ts";
import type { Delivery, Exchange } from "./exchange.ts";
import { findPublished, selectSuccessful } from "./match-deliveries.ts";
import { answeredAt, eventsOf, type JsonObject, objectOf, textOf } from "./read.ts";
import type { WatchedEndpoint } from "./resilience-evidence.ts";

/** The parts that {@link deliveriesIn} reads. */
export const DELIVERIES = ["endpoints", "health", "lifecycle"] as const;

/** A delivery, with every secret that its endpoint has had. */
export interface SecuredDelivery {
  readonly at: string;
  readonly delivery: Delivery;
  readonly secrets: readonly string[];
}

/** How the webhook endpoints of a run were registered. */
export const registrations = ["by_api", "by_hand"] as const;
type Registration = (typeof registrations)[number];

/** Returns how the webhook endpoints of a run were registered; `null` if the run used none. */
export function findRegistration({ parts: { endpoints, observation } }: EvidenceRecord): Registration | null {
  if (observation) return "by_hand";
  if (endpoints === undefined) return null;
  return endpoints.created === undefined ? "by_hand" : "by_api";
}

/** Describes how the endpoints were registered, for a reader. */
export const describeRegistration = (registration: Registration): string =>
  registration === "by_hand" ? "registered by hand" : "registered by the vendor's API";

/** Returns the signing secret of an endpoint; an empty text if the vendor returned none. */
export const secretOf = ({ created, secret }: Pick<WatchedEndpoint, "created" | "secret">): string =>
  secret ?? textOf(created ? objectOf(created) : null, "secret") ?? "";

/** Returns the secrets that each of the two endpoints of `endpoints` has had. */
function secretsOf(
  endpoints: Evidence["endpoints"],
  { rotation }: Evidence["lifecycle"],
): readonly [readonly string[], readonly string[]] {
  if (endpoints.created === undefined) {
    const [first, second] = endpoints.secrets;
    return [first === undefined ? [] : [first], second === undefined ? [] : [second]];
  }
  const secretsIn = (...exchanges: readonly (Exchange | undefined)[]) =>
    exchanges.flatMap((exchange) => textOf(exchange ? objectOf(exchange) : null, "secret") ?? []);
  return [secretsIn(endpoints.created, rotation), secretsIn(endpoints.otherCreated)];
}

/** Returns every delivery of the run that a receiver accepted, at any endpoint. Each delivery occurs once. */
export function deliveriesIn({
  endpoints,
  health,
  lifecycle,
}: Pick<Evidence, (typeof DELIVERIES)[number]>): SecuredDelivery[] {
  const [first, second] = secretsOf(endpoints, lifecycle);
  const withSecrets = (deliveries: readonly Delivery[], secrets: readonly string[]) =>
    deliveries.map((delivery) => ({ at: delivery.id, delivery, secrets }));
  const atNew = withSecrets(health.deliveries, [health.secret]);
  const atFirst = [
    ...withSecrets(lifecycle.deliveries, first),
    ...withSecrets(lifecycle.otherDeliveries, second),
  ];
  // An endpoint that was registered by hand is used again, so that both parts have its deliveries.
  const ids = new Set(endpoints.created === undefined ? atFirst.map(({ at }) => at) : []);
  return [...atNew.filter(({ at }) => !ids.has(at)), ...atFirst];
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
  endpoints,
  health,
  lifecycle,
  families,
  installationEvents,
}: Pick<Evidence, "health" | "lifecycle"> & Partial<Evidence>): (readonly Delivery[])[] => {
  const kept = [lifecycle.deliveries, lifecycle.otherDeliveries];
  // The other parts repeat what arrived at an endpoint that was registered by hand, because it is used again.
  if (endpoints?.created === undefined && endpoints) return kept;
  return [...kept, health.deliveries, families?.deliveries ?? [], installationEvents?.deliveries ?? []];
};

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
