import { createGroupCommit } from "@convergint/internal/group-commit";
import type { FastifyBaseLogger } from "fastify";
import type { Clock } from "../clock.ts";
import type { Integration } from "../integrations/integration.ts";
import type { RefusedDelivery } from "../store/event-store.ts";
import type { Store } from "../store/store.ts";
import type { Delivery } from "./accept.ts";
import { createExplainer } from "./diagnose-refusal.ts";
import { COMMIT_LIMITS } from "./event-writer.ts";
import type { DeliveryRefusedError } from "./refusal.ts";
import { getCurrentSecrets } from "./verifiers.ts";

/** How many characters of a refused body are stored. */
const MAX_BODY_CHARACTERS = 4096;

type Refusal = Pick<DeliveryRefusedError, "code" | "message" | "status" | "signed">;

/** Records refused deliveries for the operator. */
export interface RefusedDeliveries {
  /**
   * Records a delivery that the vendor signed. Resolves once the record is durable, because nothing that a
   * vendor signed may disappear.
   */
  record(delivery: Delivery, refusal: Refusal): Promise<void>;
  /**
   * Records a delivery that did not verify, with a diagnosis. Runs in the background, because anyone can send
   * such a delivery.
   */
  diagnose(delivery: Delivery, refusal: Refusal, integration: Integration): void;
  drained(): Promise<void>;
}

const toRefusedDelivery = (
  { integrationId, receivedAt, body }: Delivery,
  { code, message, status, signed }: Refusal,
  diagnosis: string | null,
): RefusedDelivery => ({
  integrationId,
  receivedAt: receivedAt.toISOString(),
  status,
  code,
  detail: message,
  diagnosis,
  signed,
  body: new TextDecoder().decode(body.subarray(0, 4 * MAX_BODY_CHARACTERS)).slice(0, MAX_BODY_CHARACTERS),
});

/**
 * Creates the record of refused deliveries.
 *
 * @param isFatal whether an error would fail every other batch too
 */
export function createRefusedDeliveries(
  { refused }: Pick<Store, "refused">,
  isFatal: (error: unknown) => boolean,
  log: FastifyBaseLogger,
  clock: Clock,
): RefusedDeliveries {
  const group = createGroupCommit<RefusedDelivery, null>({
    async commit(rows) {
      await refused.keep(rows);
      return rows.map(() => null);
    },
    isFatal,
    ...COMMIT_LIMITS,
  });
  const explainer = createExplainer(clock);
  const pending = new Set<Promise<void>>();

  return {
    async record(delivery, refusal) {
      await group.submit(toRefusedDelivery(delivery, refusal, null), delivery.body.length);
    },
    diagnose(delivery, refusal, integration) {
      const recorded = explainer
        .explain(delivery, getCurrentSecrets(integration, delivery.receivedAt.getTime()))
        .then(async (diagnosis) => {
          if (diagnosis === null) return;
          await group.submit(toRefusedDelivery(delivery, refusal, diagnosis), delivery.body.length);
        })
        .catch((error: unknown) => log.error({ err: error }, "a refused delivery could not be recorded"))
        .then(() => {
          pending.delete(recorded);
        });
      pending.add(recorded);
    },
    async drained() {
      await explainer.close();
      await Promise.all(pending);
      await group.drained();
    },
  };
}
