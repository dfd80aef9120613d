import { createGroupCommit } from "@convergint/internal/group-commit";
import type { FastifyBaseLogger } from "fastify";
import type { Integration } from "../integrations/integration.ts";
import type { RefusedDelivery } from "../store/refused-delivery-store.ts";
import type { Store } from "../store/store.ts";
import type { Delivery } from "./accept.ts";
import { COMMIT_LIMITS } from "./commit-limits.ts";
import { createExplainer } from "./explain-refusal.ts";
import type { DeliveryRefusedError } from "./refusal.ts";
import { currentSecrets } from "./verifiers.ts";

/** How much of a refused body is kept for people to see. */
const KEPT_CHARACTERS = 4096;

type Refusal = Pick<DeliveryRefusedError, "code" | "message" | "status" | "signed">;

/** Keeps what was refused, for people to see. */
export interface RefusedDeliveries {
  /** Keeps what a vendor had signed. Resolves when it is on disk: nothing that a vendor signed disappears. */
  keep(delivery: Delivery, refusal: Refusal): Promise<void>;
  /** Keeps what did not verify with the reason, in the background: whoever sent it, it must not cost much. */
  explain(delivery: Delivery, refusal: Refusal, integration: Integration): void;
  drained(): Promise<void>;
}

const kept = (
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
  body: new TextDecoder().decode(body.subarray(0, 4 * KEPT_CHARACTERS)).slice(0, KEPT_CHARACTERS),
});

export function refusedDeliveries(
  { refused }: Pick<Store, "refused">,
  isFatal: (error: unknown) => boolean,
  log: FastifyBaseLogger,
): RefusedDeliveries {
  const group = createGroupCommit<RefusedDelivery, null>({
    async commit(rows) {
      await refused.keep(rows);
      return rows.map(() => null);
    },
    isFatal,
    ...COMMIT_LIMITS,
  });
  const explain = createExplainer();
  const explaining = new Set<Promise<void>>();

  return {
    async keep(delivery, refusal) {
      await group.submit(kept(delivery, refusal, null), delivery.body.length);
    },
    explain(delivery, refusal, integration) {
      const explained = explain(delivery, currentSecrets(integration, delivery.receivedAt.getTime()))
        .then(async (diagnosis) => {
          if (diagnosis === null) return;
          await group.submit(kept(delivery, refusal, diagnosis), delivery.body.length);
        })
        .catch((error: unknown) => log.error({ err: error }, "a refused delivery could not be kept"))
        .then(() => {
          explaining.delete(explained);
        });
      explaining.add(explained);
    },
    async drained() {
      await Promise.all(explaining);
      await group.drained();
    },
  };
}
