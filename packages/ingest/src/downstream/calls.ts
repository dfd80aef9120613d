import { randomUUID } from "node:crypto";
import type { SecretBox } from "@convergint/internal/secret-box";
import { generateSecret } from "@convergint/webhooks";
import { z } from "zod";
import { type Call, call } from "../api/call.ts";
import { ProblemError } from "../problem.ts";
import type { Subscriber } from "../store/change-store.ts";
import type { Store } from "../store/store.ts";
import { streamFeed } from "./feed-stream.ts";
import { changeSchema, shownChange } from "./shown-change.ts";
import { sealedSecretOf } from "./subscriber-secret.ts";

export interface DownstreamParts {
  readonly store: Store;
  readonly box: SecretBox;
  /** Ends the streams when the server closes. */
  readonly closing: AbortSignal;
}

const feedQuerySchema = z.object({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .meta({ description: "The last `sequence` that was taken; 0 for everything that is kept." }),
  customer_id: z.string().optional(),
  integration_id: z.string().optional(),
});

const subscriberSchema = z
  .object({
    subscriber_id: z.string(),
    url: z.string(),
    customer_id: z.string().nullable(),
    position: z.int().meta({ description: "The last `sequence` it has taken." }),
    created_at: z.iso.datetime(),
  })
  .meta({ id: "Subscriber" });

const shown = ({ subscriberId, url, customerId, position, createdAt }: Subscriber) => ({
  subscriber_id: subscriberId,
  url,
  customer_id: customerId,
  position,
  created_at: createdAt,
});

/** The calls by which our own services follow what changes. */
export function downstreamCalls({ store, box, closing }: DownstreamParts): readonly Call[] {
  const { changes } = store;
  /** Whoever asks after what is forgotten already must not take a gap for quiet. */
  async function requireKept(after: number): Promise<void> {
    const first = await changes.first();
    if (after === 0 || after >= first - 1) return;
    throw new ProblemError(
      410,
      "feed_expired",
      `Changes up to ${first - 1} are no longer kept. Read GET /v1/devices once, then follow the feed from after=0.`,
    );
  }
  const FEED_EXPIRED = {
    feed_expired: {
      status: 410,
      description: "What follows `after` is no longer all kept: list the devices, start anew.",
    },
  } as const;

  return [
    call({
      method: "GET",
      path: "/feed",
      operationId: "readFeed",
      summary:
        "What has changed, in order; ask again after the last `sequence`. Every status can be rebuilt from it.",
      role: "read",
      query: feedQuerySchema.extend({ limit: z.coerce.number().int().min(1).max(1000).default(100) }),
      answer: { status: 200, description: "The changes.", schema: z.object({ data: z.array(changeSchema) }) },
      problems: FEED_EXPIRED,
      async handle({ query, reply }) {
        await requireKept(query.after);
        const found = await changes.read({
          after: query.after,
          customerId: query.customer_id ?? null,
          integrationId: query.integration_id ?? null,
          limit: query.limit,
        });
        return reply
          .type("application/json; charset=utf-8")
          .send(`{"data":[${found.map(shownChange).join(",")}]}`);
      },
    }),
    call({
      method: "GET",
      path: "/feed/stream",
      operationId: "streamFeed",
      summary: "The same as server-sent events, live. `Last-Event-ID` goes before `after`.",
      role: "read",
      query: feedQuerySchema,
      answer: {
        status: 200,
        description: "The changes, as they come.",
        schema: changeSchema,
        mediaType: "text/event-stream",
      },
      problems: FEED_EXPIRED,
      async handle({ query, request, reply }) {
        const last = Number(request.headers["last-event-id"]);
        const after = Number.isSafeInteger(last) && last > 0 ? last : query.after;
        await requireKept(after);
        const feed = {
          after,
          customerId: query.customer_id ?? null,
          integrationId: query.integration_id ?? null,
        };
        await streamFeed(changes, feed, { request, reply, signal: closing });
        return reply;
      },
    }),
    call({
      method: "POST",
      path: "/subscribers",
      operationId: "createSubscriber",
      summary:
        "Have changes posted to a service of ours, signed. The answer is the only time its secret is shown.",
      role: "admin",
      body: z.object({
        url: z.url({ protocol: /^https?$/ }),
        customer_id: z.string().min(1).max(256).nullable().default(null),
        after: z
          .int()
          .min(0)
          .optional()
          .meta({ description: "Begin after this `sequence`; without it, with what changes from now on." }),
      }),
      answer: {
        status: 201,
        description: "The subscriber, with its secret.",
        schema: subscriberSchema.extend({ secret: z.string() }).meta({ id: "CreatedSubscriber" }),
      },
      async handle({ body }) {
        const subscriberId = `sub_${randomUUID()}`;
        const secret = generateSecret();
        const subscriber: Subscriber = {
          subscriberId,
          url: body.url,
          customerId: body.customer_id,
          secret: sealedSecretOf(box, subscriberId).seal(secret),
          position: body.after ?? (await changes.last()),
          createdAt: new Date().toISOString(),
        };
        await changes.saveSubscriber(subscriber);
        return { ...shown(subscriber), secret };
      },
    }),
    call({
      method: "GET",
      path: "/subscribers",
      operationId: "listSubscribers",
      summary: "Who is told, and how far.",
      role: "read",
      answer: {
        status: 200,
        description: "The subscribers.",
        schema: z.object({ data: z.array(subscriberSchema) }),
      },
      handle: async () => ({ data: (await changes.subscribers()).map(shown) }),
    }),
    call({
      method: "DELETE",
      path: "/subscribers/{subscriber_id}",
      operationId: "deleteSubscriber",
      summary: "Tell somebody no more.",
      role: "admin",
      params: z.object({ subscriber_id: z.string() }),
      answer: { status: 204, description: "It is gone." },
      problems: { unknown_subscriber: { status: 404, description: "There is none with this id." } },
      async handle({ params }) {
        if (await changes.removeSubscriber(params.subscriber_id)) return undefined;
        throw new ProblemError(404, "unknown_subscriber", "List the subscribers with GET /v1/subscribers.");
      },
    }),
  ];
}
