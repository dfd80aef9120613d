import type { BatchAnswer } from "@convergint/schemas";
import { createVerifier, type Verifier } from "@convergint/webhooks";
import type { FastifyInstance } from "fastify";
import type { Integration, Integrations } from "../binding/integrations.ts";
import { ProblemError } from "../problem.ts";
import type { AcceptedEvent, StoreWriter } from "../store/store.ts";
import { StoreWriteError } from "../store/store-write-error.ts";
import { acceptDelivery, type Delivery, DeliveryRefusedError } from "./accept.ts";
import { createExplainer } from "./explain-refusal.ts";
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

  /** Keys are made ready once for each integration, and not at every delivery. */
  const verifiers = new WeakMap<Integration, Verifier>();
  function verifierOf(integration: Integration): Verifier {
    const made = verifiers.get(integration) ?? createVerifier({ keys: integration.webhookSecrets });
    verifiers.set(integration, made);
    return made;
  }

  async function keep(
    { integrationId, receivedAt, body: bytes }: Delivery,
    { code, message }: { readonly code: string; readonly message: string },
  ): Promise<void> {
    const body = new TextDecoder().decode(bytes).slice(0, KEPT_CHARACTERS);
    await writer.keepRefused({
      integrationId,
      receivedAt: receivedAt.toISOString(),
      code,
      detail: message,
      body,
    });
  }

  const explain = createExplainer();
  const explaining = new Set<Promise<void>>();
  /** What did not verify is kept with the reason, in the background: whoever sent it, it must not cost much. */
  function keepExplained(
    delivery: Delivery,
    refusal: DeliveryRefusedError,
    secrets: readonly string[],
  ): void {
    const kept = explain(delivery, refusal, secrets)
      .then((explained) => explained && keep(delivery, explained))
      .catch((error: unknown) => app.log.error({ err: error }, "a refused delivery could not be kept"))
      .then(() => {
        explaining.delete(kept);
      });
    explaining.add(kept);
  }

  /**
   * Takes a delivery in, or keeps what was signed and is refused all the same.
   *
   * @returns what a batch is answered with
   */
  async function receive(delivery: Delivery, integration: Integration): Promise<BatchAnswer | null> {
    try {
      const accepted = await acceptDelivery(delivery, verifierOf(integration));
      if (accepted.kind === "event") {
        await group.submit(accepted.event, delivery.body.length);
        return null;
      }
      const { events, refused } = accepted;
      await Promise.all(events.map((event) => group.submit(event, event.body.length)));
      const [first] = refused;
      if (first) {
        const message = `${refused.length} of the batch's events were refused; number ${first.index}: ${first.detail}`;
        await keep(delivery, { code: "invalid_event", message });
      }
      return { accepted: events.length, refused };
    } catch (error) {
      if (!(error instanceof DeliveryRefusedError)) throw error;
      if (error.signed) await keep(delivery, error);
      else keepExplained(delivery, error, integration.webhookSecrets);
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
      const answer = await receive(delivery, integration).catch((error: unknown) => {
        throw asProblem(error);
      });
      return answer === null ? reply.code(204).send() : reply.code(200).send(answer);
    });
  });
  return {
    drained: async () => {
      await Promise.all([group.drained(), ...explaining]);
    },
  };
}
