import { randomUUID } from "node:crypto";
import { hostOf, type OutgoingPolicy, refuseLiteral } from "@convergint/internal/outgoing-policy";
import type { SecretBox } from "@convergint/internal/secret-box";
import { generateSecret } from "@convergint/webhooks";
import { z } from "zod";
import { selectCustomers } from "../access/tokens.ts";
import { type Call, call } from "../api/call.ts";
import type { Clock } from "../clock.ts";
import type { Report } from "../maintain/database-state.ts";
import { ProblemError } from "../problem.ts";
import type { Subscriber } from "../store/change-store.ts";
import type { Store } from "../store/store.ts";
import { changeSchema, serializeChange, streamFeed } from "./feed-stream.ts";
import { bindSecretBox } from "./subscriber-delivery.ts";

/** What the downstream calls need. */
export interface DownstreamParts {
  readonly store: Store;
  readonly box: SecretBox;
  /** Which addresses subscribers may have. */
  readonly policy: OutgoingPolicy;
  /** Ends the streams when the server closes. */
  readonly closing: AbortSignal;
  readonly report: Report;
  readonly clock: Clock;
}

const feedQuerySchema = z.object({
  after: z.coerce.number().int().min(0).default(0).meta({
    description: "The last `sequence` that you have read. 0 lists everything that is still stored.",
  }),
  customer_id: z.string().optional(),
  integration_id: z.string().optional(),
});

const subscriberSchema = z
  .object({
    subscriber_id: z.string(),
    url: z.string().meta({ description: "Without its query, which may contain a token." }),
    customer_id: z.string().nullable(),
    position: z
      .int()
      .meta({ description: "The `sequence` up to which the subscriber has accepted every change for it." }),
    created_at: z.iso.datetime(),
  })
  .meta({ id: "Subscriber" });

/** Shows where a subscriber is, without a token that its URL may contain. */
function hideSecrets(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

const toView = ({ subscriberId, url, customerId, position, createdAt }: Subscriber) => ({
  subscriber_id: subscriberId,
  url: hideSecrets(url),
  customer_id: customerId,
  position,
  created_at: createdAt,
});

/** Defines the calls that our own services use to follow changes. */
export function downstreamCalls({
  store,
  box,
  policy,
  closing,
  report,
  clock,
}: DownstreamParts): readonly Call[] {
  const { changes } = store;
  /**
   * Refuses a position from which the reader would miss changes without noticing: one before the oldest
   * stored change, or one after the latest change. The latter occurs after the database was restored from a
   * backup: new changes then get positions that the reader has already passed.
   */
  async function requirePosition(after: number): Promise<void> {
    if (after === 0) return;
    // The positions of others would show how much happens at other customers.
    if (after > (await changes.last())) {
      throw new ProblemError(
        410,
        "feed_reset",
        "The feed ends before this position. The database may be an older copy. Read GET /v1/devices once, then follow the feed from after=0.",
      );
    }
    if (after >= (await changes.first()) - 1) return;
    throw new ProblemError(
      410,
      "feed_expired",
      "Some changes after this position are no longer stored. Read GET /v1/devices once, then follow the feed from after=0.",
    );
  }
  const POSITION_PROBLEMS = {
    feed_reset: {
      status: 410,
      description:
        "`after` is later than the latest change. List the devices, then follow the feed from `after=0`.",
    },
    feed_expired: {
      status: 410,
      description:
        "Some changes after `after` are no longer stored. List the devices, then follow the feed from `after=0`.",
    },
  } as const;

  return [
    call({
      method: "GET",
      path: "/feed",
      operationId: "readFeed",
      summary:
        "Read changes in order. To continue, set `after` to the last `sequence`. Every status can be rebuilt from the feed.",
      role: "read",
      forCustomers: true,
      query: feedQuerySchema.extend({ limit: z.coerce.number().int().min(1).max(1000).default(100) }),
      answer: { status: 200, description: "The changes.", schema: z.object({ data: z.array(changeSchema) }) },
      problems: POSITION_PROBLEMS,
      async handle({ query, access, reply }) {
        await requirePosition(query.after);
        const found = await changes.read({
          after: query.after,
          customerIds: selectCustomers(access, query.customer_id),
          integrationId: query.integration_id ?? null,
          limit: query.limit,
        });
        return reply
          .type("application/json; charset=utf-8")
          .send(`{"data":[${found.map(serializeChange).join(",")}]}`);
      },
    }),
    call({
      method: "GET",
      path: "/feed/stream",
      operationId: "streamFeed",
      summary: "Stream the feed as server-sent events. `Last-Event-ID` overrides `after`.",
      role: "read",
      forCustomers: true,
      query: feedQuerySchema,
      answer: {
        status: 200,
        description: "The changes, as they happen.",
        schema: changeSchema,
        mediaType: "text/event-stream",
      },
      problems: POSITION_PROBLEMS,
      async handle({ query, access, request, reply }) {
        const last = Number(request.headers["last-event-id"]);
        const after = Number.isSafeInteger(last) && last > 0 ? last : query.after;
        await requirePosition(after);
        const feed = {
          after,
          customerIds: selectCustomers(access, query.customer_id),
          integrationId: query.integration_id ?? null,
        };
        await streamFeed(changes, feed, {
          request,
          reply,
          signal: closing,
          report,
          clock,
          isAllowed: access.isStillValid,
        });
        return reply;
      },
    }),
    call({
      method: "POST",
      path: "/subscribers",
      operationId: "createSubscriber",
      summary: "Post changes to one of our services as signed webhooks. Only this answer shows the secret.",
      role: "admin",
      body: z.object({
        url: z
          .url({ protocol: /^https?$/ })
          .refine((url) => !/^[a-z]+:\/\/[^/?#]*@/i.test(url), "Send a URL without a user name or password."),
        customer_id: z.string().min(1).max(256).nullable().default(null),
        after: z.int().min(0).optional().meta({
          description: "Start after this `sequence`. Default: only changes that happen after this call.",
        }),
      }),
      answer: {
        status: 201,
        description: "The subscriber, with its secret.",
        schema: subscriberSchema.extend({ secret: z.string() }).meta({ id: "CreatedSubscriber" }),
      },
      problems: {
        ...POSITION_PROBLEMS,
        destination_refused: {
          status: 422,
          description:
            "This server does not send requests to the address in `url`. `detail` says which setting allows it. The address of a host name is checked at each connection.",
        },
      },
      async handle({ body }) {
        const url = new URL(body.url);
        const refusal = refuseLiteral(policy, url.protocol, hostOf(url));
        if (refusal) throw new ProblemError(422, refusal.code, refusal.message);
        if (body.after !== undefined) await requirePosition(body.after);
        const subscriberId = `sub_${randomUUID()}`;
        const secret = generateSecret();
        const subscriber: Subscriber = {
          subscriberId,
          url: body.url,
          customerId: body.customer_id,
          secret: bindSecretBox(box, subscriberId).seal(secret),
          position: body.after ?? (await changes.last()),
          createdAt: new Date().toISOString(),
        };
        await changes.saveSubscriber(subscriber);
        return { ...toView(subscriber), secret };
      },
    }),
    call({
      method: "GET",
      path: "/subscribers",
      operationId: "listSubscribers",
      summary: "List the subscribers with their positions.",
      role: "read",
      forCustomers: true,
      answer: {
        status: 200,
        description: "The subscribers.",
        schema: z.object({ data: z.array(subscriberSchema) }),
      },
      async handle({ access: { customerIds } }) {
        const subscribers = await changes.subscribers();
        const shown = subscribers.filter(
          ({ customerId }) =>
            customerIds === null || (customerId !== null && customerIds.includes(customerId)),
        );
        return { data: shown.map(toView) };
      },
    }),
    call({
      method: "DELETE",
      path: "/subscribers/{subscriber_id}",
      operationId: "deleteSubscriber",
      summary: "Delete a subscriber.",
      role: "admin",
      params: z.object({ subscriber_id: z.string() }),
      answer: { status: 204, description: "Deleted." },
      problems: { unknown_subscriber: { status: 404, description: "No subscriber has this id." } },
      async handle({ params }) {
        if (await changes.removeSubscriber(params.subscriber_id)) return undefined;
        throw new ProblemError(404, "unknown_subscriber", "List the subscribers with GET /v1/subscribers.");
      },
    }),
  ];
}
