import type { FastifyInstance } from "fastify";
import type { Integrations } from "../binding/integrations.ts";
import { ProblemError } from "../problem.ts";
import type { AcceptedEvent, StoreWriter } from "../store/store.ts";
import { StoreWriteError } from "../store/store-write-error.ts";
import { acceptDelivery, type Delivery, DeliveryRefusedError } from "./accept.ts";
import { createGroupCommit, QueueFullError } from "./group-commit.ts";

/** The largest delivery that is taken. */
const MOST_BYTES = 256 * 1024;
/** How much of a refused body is kept for people to see. */
const KEPT_CHARACTERS = 4096;
const RETRY_AFTER_SECONDS = 5;

const mediaTypeOf = (header: string | undefined): string =>
  (header ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";

/** Adds the one route that vendors post to. @returns what to wait for before the store is closed */
export function webhookRoutes(
  app: FastifyInstance,
  { integrations, writer }: { readonly integrations: Integrations; readonly writer: StoreWriter },
): { readonly drained: () => Promise<void> } {
  const isHopeless = (error: unknown) => error instanceof StoreWriteError && error.code === "writer_gone";
  const group = createGroupCommit<AcceptedEvent>((events) => writer.commitEvents(events), isHopeless);

  async function keep(delivery: Delivery, { code, message }: DeliveryRefusedError): Promise<void> {
    const body = new TextDecoder().decode(delivery.body).slice(0, KEPT_CHARACTERS);
    const { integrationId, receivedAt } = delivery;
    await writer.keepRefused({
      integrationId,
      receivedAt: receivedAt.toISOString(),
      code,
      detail: message,
      body,
    });
  }

  /** Takes a delivery in, or keeps what was signed and is refused all the same. */
  async function receive(delivery: Delivery, secrets: readonly string[]): Promise<void> {
    try {
      const event = await acceptDelivery(delivery, secrets);
      await group.submit(event, delivery.body.length);
    } catch (error) {
      if (error instanceof DeliveryRefusedError && error.signed) await keep(delivery, error);
      throw error;
    }
  }

  function asProblem(error: unknown): unknown {
    if (error instanceof DeliveryRefusedError)
      return new ProblemError(error.status, error.code, error.message);
    if (error instanceof QueueFullError) {
      return new ProblemError(503, error.code, error.message, RETRY_AFTER_SECONDS);
    }
    if (error instanceof StoreWriteError) {
      app.log.error({ err: error }, "a delivery could not be stored");
      const detail = "The delivery could not be stored. Send it again in a moment.";
      return new ProblemError(503, "not_stored", detail, RETRY_AFTER_SECONDS);
    }
    return error;
  }

  app.register(async (scope) => {
    // The signature is over bytes, so no parser may touch them.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: MOST_BYTES }, (_request, body, done) => {
      done(null, body);
    });
    scope.post<{ Params: { integrationId: string } }>("/webhooks/:integrationId", async (request, reply) => {
      const { integrationId } = request.params;
      const integration = integrations.get(integrationId);
      if (!integration)
        throw new ProblemError(
          404,
          "unknown_integration",
          "No vendor posts here. Check the destination's URL.",
        );
      if (integration.webhookSecrets.length === 0) {
        throw new ProblemError(
          401,
          "wrong_signature",
          "This integration has no webhook secret yet, so nothing can be verified.",
        );
      }
      const delivery = {
        integrationId,
        headers: request.headers,
        mediaType: mediaTypeOf(request.headers["content-type"]),
        body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
        receivedAt: new Date(),
      };
      await receive(delivery, integration.webhookSecrets).catch((error: unknown) => {
        throw asProblem(error);
      });
      return reply.code(204).send();
    });
  });
  return { drained: () => group.drained() };
}
