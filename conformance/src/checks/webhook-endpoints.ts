import {
  pingAcceptedSchema,
  WEBHOOK_PING,
  webhookEndpointCreatedSchema,
  webhookEndpointListSchema,
} from "@convergint/schemas";
import type { Delivery, Exchange } from "../evidence/exchange.ts";
import { findAttempts, findDelivery, isReported, isSubscribed } from "../evidence/match-deliveries.ts";
import { eventsOf, isObject, listOf, objectOf, parseJson, textOf, textsIn } from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Finding, judgeEach, show } from "./finding.ts";
import { describeResponse, findUnusableResponse, judgeStatus } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

const NO_WEBHOOK = "no webhook came; see EVT-001";

const parsedRequest = ({ request }: Exchange) => {
  const body = parseJson(request.body ?? "");
  return isObject(body) ? body : null;
};

export const webhookEndpointChecks = [
  check("SEC-001", ["endpoints"], ({ endpoints: { created, createdBeside, listed } }) =>
    judgeEach([{ at: listed.id }], "", () => {
      const unreadable = findUnusableResponse(listed);
      if (unreadable) return unreadable;
      const secrets = [created, createdBeside].flatMap(
        (exchange) => textOf(objectOf(exchange), "secret") ?? [],
      );
      // Looked for in what the JSON says, which may be written in several ways.
      const texts = textsIn(parseJson(listed.response?.body ?? ""));
      return secrets.some((secret) => texts.some((text) => text.includes(secret)))
        ? {
            where: "body",
            expected: "endpoints without their secrets",
            actual: "a secret is shown",
            hint: "Show a secret once, when it is made. Whoever reads the list could sign events.",
          }
        : null;
    }),
  ),

  check("SEC-002", ["endpoints"], ({ endpoints: { created, createdBeside } }) =>
    judgeEach(
      [created, createdBeside].map((exchange) => ({ at: exchange.id, exchange })),
      "",
      ({ exchange }) => {
        if (exchange.response?.status !== 201) {
          return {
            expected: "201 with the endpoint and its secret",
            actual: describeResponse(exchange),
            hint: "A sandbox tenant has to accept the suite's receiver, which listens on loopback unless --public-url is given.",
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
            actual: `the base64 of ${bytes.length} bytes, or no base64`,
            hint: "Make 32 random bytes, encode those as base64 with padding, and put whsec_ before it; a random text is not base64.",
          };
        }
        const shared = secret === textOf(objectOf(exchange === created ? createdBeside : created), "secret");
        return shared
          ? {
              where: "/secret",
              expected: "a secret of its own for every endpoint",
              actual: `the same as in ${exchange === created ? createdBeside.id : created.id}, the registration of another endpoint`,
              hint: "Make a new secret of random bytes at each registration, whoever registers.",
            }
          : null;
      },
    ),
  ),

  check("DLV-015", ["subscriptions"], ({ subscriptions: { changes, deliveries, endpoints } }) => {
    // What did not come to an endpoint for everything says nothing of the others.
    const told = changes.filter((change) => isReported(change, deliveries));
    const subjects = endpoints
      .filter(({ created }) => created.response?.status === 201)
      .flatMap((endpoint) =>
        told.map((change) => ({
          at: findAttempts(change, endpoint.deliveries)[0]?.id ?? endpoint.created.id,
          endpoint,
          change,
        })),
      );
    const refused = endpoints.find(({ created }) => created.response?.status !== 201);
    return judgeEach(
      [
        ...subjects,
        ...(refused && told.length > 0 ? [{ at: refused.created.id, endpoint: refused, change: null }] : []),
      ],
      NO_WEBHOOK,
      ({ endpoint: { created, subscription, deliveries: own }, change }) => {
        const of = JSON.stringify(subscription);
        if (change === null) {
          return {
            expected: `201 for an endpoint with ${of}`,
            actual: describeResponse(created),
            hint: "Take org_id and event_types at registration, each alone and both together.",
          };
        }
        const isWanted = isSubscribed(subscription, change.orgId);
        if (isReported(change, own) === isWanted) return null;
        const event = `the webhook of device ${change.deviceId} of org ${change.orgId} going ${change.status}`;
        return isWanted
          ? {
              expected: `${event}, at an endpoint registered with ${of}`,
              actual: "none came",
              hint: "What is registered for fewer events gets those all the same: compare ids and types letter by letter.",
            }
          : {
              expected: `nothing but what the endpoint was registered for, ${of}`,
              actual: event,
              hint: "Look at org_id and event_types when you choose the endpoints of an event: one customer's events must not reach another's system.",
            };
      },
    );
  }),

  check("DLV-016", ["lifecycle"], ({ lifecycle }): Finding => {
    const { deletion, afterDeletion, deliveries, deliveriesBeside, deliveredBeforeDeletion } = lifecycle;
    if (deletion.response?.status !== 204)
      return judgeStatus([deletion], [204], "Answer a deletion with 204 and no body.");
    // That nothing comes says something only of an endpoint that was posted to, by a vendor that posts.
    const control = findDelivery(afterDeletion, deliveries);
    if (deliveredBeforeDeletion === 0 || !control) {
      return {
        outcome: "could-not-run",
        reason:
          "no webhook came to the endpoint before it was deleted, or to another after that; see EVT-001",
      };
    }
    const window = { from: deliveredBeforeDeletion, to: Number.POSITIVE_INFINITY };
    const late = findDelivery({ ...afterDeletion, window }, deliveriesBeside);
    if (!late) return { outcome: "pass", cites: [deletion.id, control.id] };
    return judgeEach([{ at: late.id }], "", () => ({
      expected: "nothing after the endpoint was deleted",
      actual: `the webhook of a change at ${afterDeletion.triggeredAt}, after that`,
      hint: "Ask before each attempt whether the endpoint still exists: what is queued for it, and what caches the list, goes with it.",
    }));
  }),

  check("DLV-017", ["lifecycle"], ({ lifecycle: { ping, deliveries, deliveriesBeside } }) =>
    judgeEach(deliveries.length === 0 ? [] : [{ at: ping.id }], NO_WEBHOOK, () => {
      if (ping.response?.status !== 202)
        return {
          expected: "202 with the event's id",
          actual: describeResponse(ping),
          hint: "Take the ping in, answer with the id that its event will have, and post it as every other event.",
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
          actual:
            pings.length === 0 ? "no ping came" : `a ping came with the id ${show(pings.at(-1)?.["id"])}`,
          hint:
            pings.length === 0
              ? "Post the ping to the endpoint, signed as every event is, and not to a queue that nothing empties."
              : "Answer with the id that the event in the body has.",
        };
      }
      const type = textOf(withId(came) ?? null, "type");
      if (type !== WEBHOOK_PING) {
        return {
          where: `${came.id} /type`,
          expected: WEBHOOK_PING,
          actual: show(type),
          hint: "By this type a consumer knows that it is a test, and changes nothing.",
        };
      }
      return deliveriesBeside.some(hasId)
        ? {
            expected: "the ping at that endpoint alone",
            actual: "it came to another endpoint too",
            hint: "Put the ping into the queue of the endpoint that the path names, past what distributes events to all.",
          }
        : null;
    }),
  ),

  check("DLV-018", ["endpoints", "lifecycle"], ({ endpoints, lifecycle }) => {
    const idOf = (exchange: Exchange) => textOf(objectOf(exchange), "endpoint_id");
    const [kept, deleted] = [idOf(endpoints.created), idOf(endpoints.createdBeside)];
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
            hint: "List all that were registered and not deleted; one that you stopped posting to is still there, or nobody learns that it stopped.",
          };
        }
        return absent !== null && ids.includes(absent)
          ? {
              where: "/data",
              expected: `no longer ${absent}, which was deleted`,
              actual: "still listed",
              hint: "Take it out of the list in the moment that the deletion is answered.",
            }
          : null;
      },
    );
  }),

  check("DLV-019", ["endpoints"], ({ endpoints: { forbidden } }) =>
    judgeEach(
      forbidden.map((exchange) => ({ at: exchange.id, exchange })),
      "",
      ({ exchange }) =>
        exchange.response?.status === 400
          ? null
          : {
              expected: `400 for the destination ${textOf(parsedRequest(exchange), "url")}`,
              actual: describeResponse(exchange),
              hint: "Refuse http, and every host that is or resolves to a private, loopback or link-local address: your cloud would post into your own network.",
            },
    ),
  ),
];
