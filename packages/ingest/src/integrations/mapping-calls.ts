import { DEVICE_TYPES, deviceStatusSchema } from "@convergint/schemas";
import { z } from "zod";
import { type Call, call } from "../api/call.ts";
import { NO_MAPPING } from "../domain/mapping.ts";
import type { Store } from "../store/store.ts";
import { integrationParams, UNKNOWN_INTEGRATION } from "./integration-calls.ts";
import { createUnknownIntegrationError, type Integrations } from "./integrations.ts";

/**
 * The maximum number of terms, which is far more than any vendor uses. The limit matters because the mapping
 * is read for every device.
 */
const MAX_WORDS = 2000;

const wordSchema = z.string().min(1).max(256);
const isSmallEnough = (table: Readonly<Record<string, unknown>>) => Object.keys(table).length <= MAX_WORDS;
/** The maximum number of systems with their own mapping. */
const MAX_SYSTEMS = 100;

const termsSchema = z.object({
  types: z
    .record(wordSchema, z.enum(DEVICE_TYPES))
    .refine(isSmallEnough, `A mapping has at most ${MAX_WORDS} terms.`)
    .default({})
    .meta({
      description: "Maps the vendor's device types to the contract's.",
      examples: [{ ipcam: "camera" }],
    }),
  statuses: z
    .record(wordSchema, deviceStatusSchema)
    .refine(isSmallEnough, `A mapping has at most ${MAX_WORDS} terms.`)
    .default({})
    .meta({
      description: "Maps the vendor's statuses to the contract's.",
      examples: [{ Alerting: "degraded" }],
    }),
});

const mappingSchema = termsSchema
  .extend({
    systems: z
      .record(z.string().min(1).max(128), termsSchema)
      .refine(
        (systems) => Object.keys(systems).length <= MAX_SYSTEMS,
        `A mapping has at most ${MAX_SYSTEMS} systems.`,
      )
      .default({})
      .meta({
        description:
          "Terms of single systems, by `system_id`, if two systems of the vendor use the same word differently. They take precedence.",
        examples: [{ "sys-2": { types: { panel: "alarm_panel" }, statuses: {} } }],
      }),
  })
  .meta({ id: "Mapping" });

/** The API calls about vendor terms. */
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
      summary: "Get an integration's mapping. This mapping takes precedence over the default mapping.",
      role: "read",
      params: integrationParams,
      answer: { status: 200, description: "The mapping.", schema: mappingSchema },
      problems: UNKNOWN_INTEGRATION,
      async handle({ params }) {
        await requireKnown(params.integration_id);
        return { systems: {}, ...((await store.mappings.get(params.integration_id)) ?? NO_MAPPING) };
      },
    }),
    call({
      method: "PUT",
      path: "/integrations/{integration_id}/mapping",
      operationId: "setMapping",
      summary: "Set an integration's mapping. The mapping also applies to stored devices.",
      role: "admin",
      params: integrationParams,
      body: mappingSchema,
      answer: {
        status: 200,
        description: "The mapping, and how many devices changed type or status.",
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
      summary:
        "List vendor terms without a mapping, most frequent first. A term that is mapped only for some systems is listed too.",
      role: "read",
      query: z.object({
        integration_id: z.string().optional(),
        limit: z.coerce.number().int().min(1).max(1000).default(100),
      }),
      answer: {
        status: 200,
        description: "The terms.",
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
