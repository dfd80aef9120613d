import { z } from "zod";
import { type Call, call } from "../api/call.ts";
import type { Store } from "../store/store.ts";
import { integrationParams, UNKNOWN_INTEGRATION } from "./integration-calls.ts";
import { createUnknownIntegrationError, type Integrations } from "./integrations.ts";

/** The calls about devices that vanished too many at once. */
export function heldRemovalCalls({
  store,
  integrations,
}: {
  readonly store: Store;
  readonly integrations: Integrations;
}): readonly Call[] {
  async function requireKnown(integrationId: string): Promise<void> {
    if (!(await integrations.refresh(integrationId))) throw createUnknownIntegrationError();
  }

  return [
    call({
      method: "GET",
      path: "/integrations/{integration_id}/held-removals",
      operationId: "listHeldRemovals",
      summary: "The devices that a listing lacked, too many at once to be believed.",
      role: "read",
      params: integrationParams,
      query: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) }),
      answer: {
        status: 200,
        description: "The devices. They are kept until somebody decides, or they are back.",
        schema: z.object({
          data: z.array(
            z.object({ device_id: z.string(), held_since: z.iso.datetime() }).meta({ id: "HeldRemoval" }),
          ),
        }),
      },
      problems: UNKNOWN_INTEGRATION,
      async handle({ params, query }) {
        await requireKnown(params.integration_id);
        const held = await store.inventory.heldRemovals(params.integration_id, query.limit);
        return {
          data: held.map(({ deviceId, heldSince }) => ({ device_id: deviceId, held_since: heldSince })),
        };
      },
    }),
    call({
      method: "POST",
      path: "/integrations/{integration_id}/held-removals",
      operationId: "decideHeldRemovals",
      summary: "Decide what becomes of them: remove them, or keep them until the next listing without them.",
      role: "admin",
      params: integrationParams,
      body: z.object({ decision: z.enum(["remove", "keep"]) }),
      answer: {
        status: 200,
        description: "How many devices it was about.",
        schema: z.object({ devices: z.int() }),
      },
      problems: UNKNOWN_INTEGRATION,
      async handle({ params, body }) {
        await requireKnown(params.integration_id);
        return store.inventory.decideHeld(params.integration_id, body.decision, new Date().toISOString());
      },
    }),
  ];
}
