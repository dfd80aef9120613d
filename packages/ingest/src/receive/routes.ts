import { QueueFullError } from "@convergint/internal/group-commit";
import { mediaTypeOf } from "@convergint/internal/media-type";
import type { FastifyInstance } from "fastify";
import type { Clock } from "../clock.ts";
import type { Integration } from "../integrations/integration.ts";
import type { Integrations } from "../integrations/integrations.ts";
import type { Metrics } from "../observe/metrics.ts";
import { ProblemError } from "../problem.ts";
import { StoreError } from "../store/store.ts";
import type { Delivery } from "./accept.ts";
import type { Receiver } from "./receiver.ts";
import { DeliveryRefusedError } from "./refusal.ts";

const RETRY_AFTER_SECONDS = 5;

/** The largest accepted delivery. */
const MAX_DELIVERY_BYTES = 256 * 1024;

const COMPRESSED = new DeliveryRefusedError(
  "unsupported_media_type",
  "Send the body uncompressed, without content-encoding. The body must be the bytes that were signed.",
);

interface Parts {
  readonly integrations: Integrations;
  readonly receiver: Receiver;
  readonly metrics: Metrics;
  readonly clock: Pick<Clock, "now">;
}

/** Adds the route that vendors post to. */
export function webhookRoutes(app: FastifyInstance, { integrations, receiver, metrics, clock }: Parts): void {
  async function find(integrationId: string): Promise<Integration> {
    const integration = await integrations.refresh(integrationId);
    if (integration) return integration;
    throw new ProblemError(404, "unknown_integration", "Unknown integration. Check the destination's URL.");
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
      app.log.error({ err: error }, "a delivery could not be stored");
      const detail =
        "The server could not store the delivery. Send the delivery again after the time in Retry-After.";
      return new ProblemError(503, "not_stored", detail, RETRY_AFTER_SECONDS);
    }
    return error;
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
      const receivedAt = new Date(clock.now());
      try {
        const { headers, params, body } = request;
        const integration =
          integrations.getCached(params.integrationId) ?? (await find(params.integrationId));
        const encoding = headers["content-encoding"]?.trim().toLowerCase() || "identity";
        if (encoding !== "identity") {
          reply.header("accept-encoding", "identity");
          throw COMPRESSED;
        }
        const delivery: Delivery = {
          integrationId: integration.integrationId,
          headers,
          mediaType: mediaTypeOf(headers["content-type"]),
          body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
          receivedAt,
        };
        const answer = await receiver.receive(delivery, integration);
        return answer === null ? reply.code(204).send() : reply.code(200).send(answer);
      } catch (error) {
        throw toProblem(error);
      }
    });
  });
}
