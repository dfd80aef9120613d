import type { Evidence } from "./evidence.ts";
import type { Delivery } from "./exchange.ts";
import { findPublished, selectSuccessful } from "./match-deliveries.ts";
import { eventsOf, type JsonObject, objectOf, textOf } from "./read.ts";

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
