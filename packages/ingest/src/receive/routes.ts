import type { IncomingHttpHeaders } from "node:http";
import { QueueFullError } from "@convergint/internal/group-commit";
import { mediaTypeOf } from "@convergint/internal/media-type";
import type { HandshakeAnswer } from "@convergint/profiles";
import type { BatchAnswer } from "@convergint/schemas";
import type { FastifyInstance, FastifyReply } from "fastify";
import { type Clock, createTimeLimit } from "../clock.ts";
import type { Integration } from "../integrations/integration.ts";
import type { Integrations } from "../integrations/integrations.ts";
import type { Report } from "../maintain/database-state.ts";
import type { Metrics } from "../observe/metrics.ts";
import { ProblemError } from "../problem.ts";
import { StoreError } from "../store/store.ts";
import type { Delivery } from "./accept.ts";
import { findHandshake, sendHandshake } from "./handshakes.ts";
import type { Receiver } from "./receiver.ts";
import { DeliveryRefusedError } from "./refusal.ts";

const RETRY_AFTER_SECONDS = 5;
/** A delivery that is not stored by then is answered with 503, because senders wait for 15 s. */
const ANSWER_MS = 8000;

/** The largest accepted delivery. */
const MAX_DELIVERY_BYTES = 256 * 1024;

const COMPRESSED = new DeliveryRefusedError(
  "unsupported_media_type",
  "Send the body uncompressed, without content-encoding. The body must be the bytes that were signed.",
);

const createUnknownError = (detail: string) => new ProblemError(404, "unknown_integration", detail);

interface Parts {
  readonly integrations: Integrations;
  readonly receiver: Receiver;
  readonly metrics: Metrics;
  readonly report: Report;
  readonly clock: Clock;
  /** Aborted after every delivery has been answered. */
  readonly answered: AbortSignal;
}

interface WebhookRequest {
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly params: { readonly integrationId: string };
  readonly body: unknown;
}

/** What a request of a vendor was: a handshake, or a delivery with the answer to a batch. */
interface Received {
  readonly handshake: HandshakeAnswer | null;
  readonly stored: BatchAnswer | null;
}

/** Adds the route that vendors post to. */
export function webhookRoutes(
  app: FastifyInstance,
  { integrations, receiver, metrics, report, clock, answered }: Parts,
): void {
  const limit = createTimeLimit(
    clock,
    ANSWER_MS,
    () => new StoreError("unavailable", `A delivery was not stored within ${ANSWER_MS} ms.`),
    answered,
  );

  async function find(integrationId: string): Promise<Integration> {
    const integration = await integrations.refresh(integrationId);
    if (integration) return integration;
    throw createUnknownError("Unknown integration. Check the destination's URL.");
  }

  /** Caches counters: looking up a counter by its labels costs as much as parsing an event. */
  const counters = new Map<string, { inc(): void }>();
  function getCounter(integration_id: string, status: number): { inc(): void } {
    const key = `${status} ${integration_id}`;
    const counter =
      counters.get(key) ?? metrics.deliveries.labels({ integration_id, result: String(status) });
    counters.set(key, counter);
    return counter;
  }

  function toProblem(error: unknown): unknown {
    if (error instanceof DeliveryRefusedError) {
      return new ProblemError(error.status, error.code, error.message);
    }
    if (error instanceof QueueFullError) {
      return new ProblemError(503, error.code, error.message, RETRY_AFTER_SECONDS);
    }
    if (error instanceof StoreError) {
      report(error, "a delivery could not be stored");
      const detail =
        "The server could not store the delivery. Send the delivery again after the time in Retry-After.";
      return new ProblemError(503, "not_stored", detail, RETRY_AFTER_SECONDS);
    }
    return error;
  }

  async function receive(
    { url: target, headers, params, body }: WebhookRequest,
    reply: FastifyReply,
  ): Promise<Received> {
    const receivedAt = new Date(clock.now());
    const integration = integrations.getCached(params.integrationId) ?? (await find(params.integrationId));
    if (integration.disabledAt !== null) throw createUnknownError("The receiver disabled this integration.");
    const encoding = headers["content-encoding"]?.trim().toLowerCase() || "identity";
    if (encoding !== "identity") {
      reply.header("accept-encoding", "identity");
      throw COMPRESSED;
    }
    const { integrationId } = integration;
    const query = target.indexOf("?");
    const delivery: Delivery = {
      integrationId,
      url: `${integrations.webhookUrl(integrationId)}${query === -1 ? "" : target.slice(query)}`,
      headers,
      mediaType: mediaTypeOf(headers["content-type"]),
      body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
      receivedAt,
    };
    const handshake = findHandshake(integration, { method: "POST", ...delivery });
    return { handshake, stored: handshake ? null : await receiver.receive(delivery, integration) };
  }

  app.register(async (scope) => {
    // Bodies must stay unparsed, because the signature covers the raw bytes.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      "*",
      { parseAs: "buffer", bodyLimit: MAX_DELIVERY_BYTES },
      (_request, body, done) => done(null, body),
    );
    scope.addHook("onResponse", ({ params }, { statusCode, elapsedTime }, done) => {
      const { integrationId } = params as { readonly integrationId: string };
      // An id that a caller made up must not become a label of a metric.
      const integration_id = integrations.getCached(integrationId) ? integrationId : "unknown";
      getCounter(integration_id, statusCode).inc();
      if (statusCode < 300) metrics.acknowledgeSeconds.observe(elapsedTime / 1000);
      done();
    });
    scope.post<{ Params: { integrationId: string } }>("/webhooks/:integrationId", async (request, reply) => {
      try {
        const { handshake, stored } = await limit.apply(receive(request, reply));
        if (handshake) return sendHandshake(reply, handshake);
        return stored === null ? reply.code(204).send() : reply.code(200).send(stored);
      } catch (error) {
        throw toProblem(error);
      }
    });
  });
}
