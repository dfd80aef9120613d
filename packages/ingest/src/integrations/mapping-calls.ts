import { DEVICE_TYPES, deviceStatusSchema } from "@convergint/schemas";
import { z } from "zod";
import { type Call, call } from "../api/call.ts";
import { NO_MAPPING } from "../domain/mapping.ts";
import type { Store } from "../store/store.ts";
import { integrationParams, UNKNOWN_INTEGRATION } from "./integration-calls.ts";
import { createUnknownIntegrationError, type Integrations } from "./integrations.ts";

/** Nobody has more words than this; the table is looked into for every device. */
const MOST_WORDS = 2000;

const word = z.string().min(1).max(256);
const atMost = (table: Readonly<Record<string, unknown>>) => Object.keys(table).length <= MOST_WORDS;

const mappingSchema = z
  .object({
    types: z
      .record(word, z.enum(DEVICE_TYPES))
      .refine(atMost, `At most ${MOST_WORDS} words.`)
      .default({})
      .meta({
        description: "The vendor's words for device types, in ours.",
        examples: [{ ipcam: "camera" }],
      }),
    statuses: z
      .record(word, deviceStatusSchema)
      .refine(atMost, `At most ${MOST_WORDS} words.`)
      .default({})
      .meta({
        description: "The vendor's words for statuses, in ours.",
        examples: [{ Alerting: "degraded" }],
      }),
  })
  .meta({ id: "Mapping" });

/** The calls about a vendor's words. */
export function mappingCalls({
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
      path: "/integrations/{integration_id}/mapping",
      operationId: "getMapping",
      summary: "The mapping that was set for an integration; the defaults apply beside it.",
      role: "read",
      params: integrationParams,
      answer: { status: 200, description: "The mapping.", schema: mappingSchema },
      problems: UNKNOWN_INTEGRATION,
      async handle({ params }) {
        await requireKnown(params.integration_id);
        return (await store.mappings.get(params.integration_id)) ?? NO_MAPPING;
      },
    }),
    call({
      method: "PUT",
      path: "/integrations/{integration_id}/mapping",
      operationId: "setMapping",
      summary: "Set the mapping. What is stored is as though it had always been so.",
      role: "admin",
      params: integrationParams,
      body: mappingSchema,
      answer: {
        status: 200,
        description: "The mapping, and how many devices have another type or status now.",
        schema: mappingSchema.extend({ changed_devices: z.int() }).meta({ id: "MappingSet" }),
      },
      problems: UNKNOWN_INTEGRATION,
      async handle({ params, body }) {
        await requireKnown(params.integration_id);
        const { devices } = await store.mappings.set(params.integration_id, body, new Date().toISOString());
        return { ...body, changed_devices: devices };
      },
    }),
    call({
      method: "GET",
      path: "/unmapped-words",
      operationId: "listUnmappedWords",
      summary: "The vendors' words that no table knows, the most frequent first.",
      role: "read",
      query: z.object({
        integration_id: z.string().optional(),
        limit: z.coerce.number().int().min(1).max(1000).default(100),
      }),
      answer: {
        status: 200,
        description: "The words.",
        schema: z.object({
          data: z.array(
            z
              .object({
                integration_id: z.string(),
                kind: z.enum(["type", "status"]),
                word: z.string(),
                count: z.int(),
                last_seen_at: z.iso.datetime(),
              })
              .meta({ id: "UnmappedWord" }),
          ),
        }),
      },
      async handle({ query }) {
        const words = await store.mappings.unmapped(query.integration_id ?? null, query.limit);
        return {
          data: words.map(({ integrationId, lastSeenAt, ...rest }) => ({
            integration_id: integrationId,
            ...rest,
            last_seen_at: lastSeenAt,
          })),
        };
      },
    }),
  ];
}
