import {
  DEVICE_STATUS_CHANGED,
  pingAcceptedSchema,
  WEBHOOK_PING,
  webhookEndpointCreatedSchema,
  webhookEndpointListSchema,
} from "@convergint/schemas";
import { beganAfter, wasSignedAfter } from "../evidence/deliveries.ts";
import type { Evidence, SubscribedEndpoint } from "../evidence/evidence.ts";
import type { Delivery, Exchange } from "../evidence/exchange.ts";
import {
  findDelivery,
  findPublished,
  findReports,
  isReportOf,
  isSameDelivery,
} from "../evidence/match-deliveries.ts";
import {
  answeredAt,
  eventsOf,
  isObject,
  listOf,
  objectOf,
  parseJson,
  textOf,
  textsIn,
} from "../evidence/read.ts";
import { endpointCheck } from "./check.ts";
import { isRetryAfter } from "./delivery-attempts.ts";
import { type Finding, judgeEach, NO_WEBHOOK, show, withUnseen } from "./finding.ts";
import { describeResponse, findUnusableResponse, judgeStatus } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

const parseRequestBody = ({ request }: Exchange) => {
  const body = parseJson(request.body ?? "");
  return isObject(body) ? body : null;
};

/** An event that happened while endpoints with subscriptions were registered. */
interface HappenedEvent {
  readonly type: string;
  readonly orgId: string;
  readonly description: string;
  readonly findIn: (deliveries: readonly Delivery[]) => Delivery | null;
}

const listEvents = ({ changes, published = [] }: Evidence["subscriptions"]): readonly HappenedEvent[] => [
  ...changes.map((change) => ({
    type: DEVICE_STATUS_CHANGED,
    orgId: change.orgId,
    description: `a webhook that reports device ${change.deviceId} of org ${change.orgId} as ${change.status}`,
    findIn: (deliveries: readonly Delivery[]) => findReports(change, deliveries)[0] ?? null,
  })),
  ...published.map((each) => ({
    type: each.type,
    orgId: each.orgId,
    description: `a webhook with ${each.type} for device ${each.deviceId} of org ${each.orgId}`,
    findIn: (deliveries: readonly Delivery[]) =>
      findPublished({ ...each, from: 0 }, deliveries)?.delivery ?? null,
  })),
];

/** Tells whether an endpoint is subscribed to an event. */
const wants = (
  { org_id, event_types }: SubscribedEndpoint["subscription"],
  { orgId, type }: HappenedEvent,
): boolean =>
  (org_id === undefined || org_id === orgId) && (event_types === undefined || event_types.includes(type));

/** Returns a retry that arrived well after the endpoint's deletion; `null` if there was none. */
function findRetryAfterDeletion({ deletion, endpoints, ...retries }: Evidence["retries"]): Delivery | null {
  if (deletion?.response?.status !== 204) return null;
  const deletedAt = answeredAt(deletion);
  const { deliveries } = endpoints.deleted;
  return (
    deliveries.find(
      (delivery, index) =>
        deliveries.slice(0, index).some((earlier) => isSameDelivery(earlier, delivery)) &&
        (beganAfter(delivery, deletedAt, { ...retries, call: deletion }) ||
          isRetryAfter(delivery, deletedAt, deliveries.slice(0, index), retries)),
    ) ?? null
  );
}

export const webhookEndpointChecks = [
  endpointCheck("SEC-001", ["endpoints"], ({ endpoints: { created, otherCreated, listed } }) =>
    judgeEach([{ at: listed.id }], "", () => {
      const unreadable = findUnusableResponse(listed);
      if (unreadable) return unreadable;
      const secrets = [created, otherCreated].flatMap(
        (exchange) => textOf(objectOf(exchange), "secret") ?? [],
      );
      // Search the parsed JSON: the same string can be escaped in several ways.
      const texts = textsIn(parseJson(listed.response?.body ?? ""));
      return secrets.some((secret) => texts.some((text) => text.includes(secret)))
        ? {
            where: "body",
            expected: "endpoints without their secrets",
            actual: "a secret is shown",
            hint: "Return a secret only once, when you create it. Otherwise anyone who can read the list can sign events.",
          }
        : null;
    }),
  ),

  endpointCheck("SEC-002", ["endpoints"], ({ endpoints: { created, otherCreated, twice = [] } }) => {
    const all = [created, otherCreated, ...twice];
    return judgeEach(
      all.map((exchange) => ({ at: exchange.id, exchange })),
      "",
      ({ exchange }) => {
        if (exchange.response?.status !== 201) {
          return {
            expected: "201 with the endpoint and its secret",
            actual: describeResponse(exchange),
            hint: "Accept the suite's receiver as a destination in a sandbox tenant. The receiver listens on loopback unless you pass --public-url.",
          };
        }
        const wrong = findSchemaFailure(webhookEndpointCreatedSchema, objectOf(exchange));
        if (wrong) return { ...wrong, actual: "another value" };
        const secret = textOf(objectOf(exchange), "secret") ?? "";
        const encoded = secret.slice("whsec_".length);
        const bytes = Buffer.from(encoded, "base64");
        if (bytes.toString("base64") !== encoded || bytes.length < 24 || bytes.length > 64) {
          return {
            where: "/secret",
            expected: "whsec_ and the base64 of 24 to 64 random bytes",
            actual: `the base64 of ${bytes.length} bytes, or invalid base64`,
            hint: "Generate 32 random bytes, encode them as base64 with padding, and prepend whsec_. A random string is not valid base64.",
          };
        }
        const other = all.find((each) => each !== exchange && textOf(objectOf(each), "secret") === secret);
        return other
          ? {
              where: "/secret",
              expected: "a separate secret for every endpoint",
              actual: `the same secret as in ${other.id}, the registration of another endpoint`,
              hint: "Generate a new random secret for every registration, even for the same caller and the same URL.",
            }
          : null;
      },
    );
  }),

  endpointCheck("DLV-015", ["subscriptions"], ({ subscriptions }): Finding => {
    const { deliveries, endpoints } = subscriptions;
    // If an event did not arrive even at the endpoint for all events, its absence at the other endpoints
    // proves nothing.
    const reported = listEvents(subscriptions).filter((event) => event.findIn(deliveries) !== null);
    const subjects = endpoints
      .filter(({ created }) => created.response?.status === 201)
      .flatMap((endpoint) =>
        reported.map((event) => ({
          at: event.findIn(endpoint.deliveries)?.id ?? endpoint.created.id,
          endpoint,
          event,
        })),
      );
    const refused = endpoints.find(({ created }) => created.response?.status !== 201);
    const finding = judgeEach(
      [
        ...subjects,
        ...(refused && reported.length > 0
          ? [{ at: refused.created.id, endpoint: refused, event: null }]
          : []),
      ],
      NO_WEBHOOK,
      ({ endpoint: { created, subscription, deliveries: own }, event }) => {
        const of = JSON.stringify(subscription);
        if (event === null) {
          return {
            expected: `201 for an endpoint with ${of}`,
            actual: describeResponse(created),
            hint: "Accept org_id and event_types at registration, separately and together.",
          };
        }
        const isWanted = wants(subscription, event);
        if ((event.findIn(own) !== null) === isWanted) return null;
        return isWanted
          ? {
              expected: `${event.description}, at an endpoint registered with ${of}`,
              actual: "none arrived",
              hint: "Post every matching event to endpoints with a filter too. Compare ids and types exactly.",
            }
          : {
              expected: `only events that match the endpoint's registration, ${of}`,
              actual: event.description,
              hint: "Apply the endpoint's org_id and event_types when you choose the endpoints for an event. One customer's events must not reach another's system.",
            };
      },
    );
    const unseen = [
      ...(new Set(subscriptions.changes.map(({ orgId }) => orgId)).size < 2
        ? [
            "the suite changed devices of only one org, so it did not test whether an endpoint for one org gets events of another org",
          ]
        : []),
      ...(reported.some(({ type }) => type !== DEVICE_STATUS_CHANGED)
        ? []
        : [
            "the suite could not cause events of other types, so it did not test whether an endpoint for those types gets them",
          ]),
    ];
    return withUnseen(finding, unseen.length > 0 ? unseen.join("; ") : null);
  }),

  endpointCheck("DLV-016", ["lifecycle"], ({ lifecycle, retries }): Finding => {
    const { deletion, afterDeletion, deliveries, otherDeliveries, deliveredBeforeDeletion } = lifecycle;
    if (deletion.response?.status !== 204)
      return judgeStatus([deletion], [204], "Answer a deletion with 204 and no body.");
    // If the endpoint got no webhook before its deletion, or no other endpoint got one afterwards, the
    // absence of webhooks after the deletion proves nothing.
    const control = findDelivery(afterDeletion, deliveries);
    if (deliveredBeforeDeletion === 0 || !control) {
      return {
        outcome: "could-not-run",
        reason:
          "no webhook reached the endpoint before its deletion, or no later webhook reached another endpoint; see EVT-001",
      };
    }
    // A delivery that began before the deletion may arrive after it. A delivery certainly began after the
    // deletion if it has the event of a later change, or a later signature.
    const ids = new Set(
      eventsOf(control)
        .filter((event) => isReportOf(afterDeletion, event))
        .flatMap((event) => textOf(event, "id") ?? []),
    );
    const late = otherDeliveries
      .slice(deliveredBeforeDeletion)
      .find(
        (delivery) =>
          eventsOf(delivery).some((event) => ids.has(textOf(event, "id") ?? "")) ||
          wasSignedAfter(delivery, deletion),
      );
    const again = retries ? findRetryAfterDeletion(retries) : null;
    if (!late && again) {
      return judgeEach([{ at: again.id }], "", () => ({
        expected: `no attempt after the endpoint was deleted (${retries?.deletion?.id})`,
        actual: "a retry of a delivery that had failed before the deletion",
        hint: "When an endpoint is deleted, cancel its pending retries.",
      }));
    }
    if (!late) return { outcome: "pass", cites: [deletion.id, control.id] };
    return judgeEach([{ at: late.id }], "", () => ({
      expected: "nothing after the endpoint was deleted",
      actual: eventsOf(late).some((event) => ids.has(textOf(event, "id") ?? ""))
        ? `the webhook of a change at ${afterDeletion.triggeredAt}, after the deletion`
        : `a webhook signed at ${late.headers["webhook-timestamp"]}, seconds after the deletion at ${deletion.startedAt}`,
      hint: "Check before each attempt that the endpoint still exists. When an endpoint is deleted, discard its queue and any cached endpoint list.",
    }));
  }),

  endpointCheck("DLV-017", ["lifecycle"], ({ lifecycle: { ping, deliveries, otherDeliveries } }): Finding => {
    const finding = judgeEach(deliveries.length === 0 ? [] : [{ at: ping.id }], NO_WEBHOOK, () => {
      if (ping.response?.status !== 202)
        return {
          expected: "202 with the event's id",
          actual: describeResponse(ping),
          hint: "Accept the ping, and return the id that its event will have. Then post that event like any other event.",
        };
      const wrong = findSchemaFailure(pingAcceptedSchema, objectOf(ping));
      if (wrong) return wrong;
      const id = textOf(objectOf(ping), "event_id");
      const withId = (delivery: Delivery) => eventsOf(delivery).find((event) => textOf(event, "id") === id);
      const hasId = (delivery: Delivery) => withId(delivery) !== undefined;
      const came = deliveries.find(hasId);
      if (!came) {
        const pings = deliveries.flatMap(eventsOf).filter((event) => event["type"] === WEBHOOK_PING);
        return {
          expected: `a webhook with the event id ${show(id)} at this endpoint`,
          actual: pings.length === 0 ? "no ping arrived" : `a ping with the id ${show(pings.at(-1)?.["id"])}`,
          hint:
            pings.length === 0
              ? "Sign the ping like any event, and post it to the endpoint. Check that a worker empties the queue that holds the ping."
              : "The response has another event_id. Return the id of the event that you post.",
        };
      }
      const type = textOf(withId(came) ?? null, "type");
      if (type !== WEBHOOK_PING) {
        return {
          where: `${came.id} /type`,
          expected: WEBHOOK_PING,
          actual: show(type),
          hint: "Give the ping this type, so that consumers recognize it as a test and change nothing.",
        };
      }
      return otherDeliveries.some(hasId)
        ? {
            expected: "the ping only at that endpoint",
            actual: "the ping also arrived at another endpoint",
            hint: "Queue the ping only for the endpoint in the path, not for all endpoints.",
          }
        : null;
    });
    // The absence of webhooks proves something only if another endpoint received later webhooks.
    const control = otherDeliveries.find(({ receivedAt }) => Date.parse(receivedAt) >= answeredAt(ping));
    return finding.outcome !== "pass" || control
      ? finding
      : {
          outcome: "could-not-run",
          reason:
            "no webhook reached the other endpoint after the ping, so the absence of the ping there proves nothing; see EVT-001",
        };
  }),

  endpointCheck("DLV-018", ["endpoints", "lifecycle"], ({ endpoints, lifecycle }) => {
    const idOf = (exchange: Exchange) => textOf(objectOf(exchange), "endpoint_id");
    const [kept, deleted] = [idOf(endpoints.created), idOf(endpoints.otherCreated)];
    const isDeleted = lifecycle.deletion.response?.status === 204;
    const lists = [
      { exchange: endpoints.listed, present: [kept, deleted], absent: null },
      {
        exchange: lifecycle.listedAfterwards,
        present: [kept, lifecycle.stoppedId],
        absent: isDeleted ? deleted : null,
      },
    ];
    return judgeEach(
      lists.map((list) => ({ at: list.exchange.id, ...list })),
      "",
      ({ exchange, present, absent }) => {
        const wrong =
          findUnusableResponse(exchange) ?? findSchemaFailure(webhookEndpointListSchema, objectOf(exchange));
        if (wrong) return { ...wrong, actual: wrong.where === undefined ? wrong.actual : "another value" };
        const ids = listOf(objectOf(exchange), "data").map((endpoint) => textOf(endpoint, "endpoint_id"));
        const missing = present.find((id) => id !== null && !ids.includes(id));
        if (missing) {
          const stopped = missing === lifecycle.stoppedId ? ", which answered 410" : "";
          return {
            where: "/data",
            expected: `also the endpoint ${missing}${stopped}`,
            actual: "not listed",
            hint: "List every endpoint that is registered and not deleted. List stopped endpoints too. Otherwise the consumer never learns that you stopped posting.",
          };
        }
        return absent !== null && ids.includes(absent)
          ? {
              where: "/data",
              expected: `no entry for ${absent}, which was deleted`,
              actual: "still listed",
              hint: "Remove the endpoint from the list before you answer the deletion.",
            }
          : null;
      },
    );
  }),

  endpointCheck("DLV-019", ["endpoints"], ({ endpoints: { forbidden } }) =>
    judgeEach(
      forbidden.map((exchange) => ({ at: exchange.id, exchange })),
      "",
      ({ exchange }) =>
        exchange.response?.status === 400
          ? null
          : {
              expected: `400 for the destination ${textOf(parseRequestBody(exchange), "url")}`,
              actual: describeResponse(exchange),
              hint: "Refuse http URLs. Refuse every host whose address is private, loopback or link-local, directly or after name resolution. Otherwise your cloud posts into your own network.",
            },
    ),
  ),
];
