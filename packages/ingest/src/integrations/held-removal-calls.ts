import { z } from "zod";
import { type Call, call } from "../api/call.ts";
import type { Store } from "../store/store.ts";
import { integrationParams, UNKNOWN_INTEGRATION } from "./integration-calls.ts";
import { createUnknownIntegrationError, type Integrations } from "./integrations.ts";

/** The API calls that list and decide removals on hold. */
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
      summary:
        "List the devices whose removal is on hold, because too many devices were missing from one listing.",
      role: "read",
      params: integrationParams,
      query: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) }),
      answer: {
        status: 200,
        description:
          "The devices. Each device is kept until a person decides or the vendor lists the device again.",
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
      summary: "Remove the devices on hold, or keep them until another listing does not contain them.",
      role: "admin",
      params: integrationParams,
      body: z.object({ decision: z.enum(["remove", "keep"]) }),
      answer: {
        status: 200,
        description: "How many devices were removed or kept.",
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
