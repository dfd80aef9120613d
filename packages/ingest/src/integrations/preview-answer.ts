import { DEVICE_TYPES, deviceStatusSchema, problemSchema } from "@convergint/schemas";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { toLateProblem } from "../problem.ts";
import { faultsSchema, toFaultsView } from "./integration-view.ts";
import type { Onboarding } from "./onboard.ts";
import { MAX_LISTED, type Preview, type PreviewProgress } from "./preview.ts";

const countSchema = z.int().min(0);

/** How the vendor learns the URL of its webhooks. */
export const registrationSchema = z.enum(["by_api", "by_hand", "none"]).meta({
  description:
    "How the vendor learns the URL of its webhooks. `by_api`: the server registers it at the vendor. `by_hand`: a person enters it in the vendor's console. `none`: the vendor has no webhooks.",
});

/** The first of the listed items. */
const firstOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    count: countSchema,
    first: z.array(item).meta({ description: `The first ${MAX_LISTED}.` }),
  });

/** A preview, as the API shows it. */
export const previewViewSchema = z
  .object({
    base_url: z.string(),
    orgs: firstOf(z.object({ org_id: z.string(), name: z.string() })).meta({
      description: "The account: the orgs of the credential.",
    }),
    sites: firstOf(
      z.object({ site_id: z.string(), org_id: z.string(), name: z.string(), devices: countSchema }),
    ),
    devices: z.object({
      count: countSchema,
      counts: z.array(
        z.object({
          type: z.enum(DEVICE_TYPES),
          status: deviceStatusSchema
            .nullable()
            .meta({ description: "`null`: the inventory has no status of these devices." }),
          devices: countSchema,
        }),
      ),
    }),
    systems: firstOf(
      z.object({ system_id: z.string(), system_name: z.string().nullable(), devices: countSchema }),
    ).meta({ description: "The systems that devices name, if the vendor has several." }),
    unmapped_words: z
      .array(z.object({ kind: z.enum(["type", "status"]), word: z.string(), count: countSchema }))
      .meta({ description: "Vendor terms without a default mapping." }),
    faults: faultsSchema.meta({ description: "What is wrong with the vendor's records." }),
    manifest: z.looseObject({}).meta({ description: "The vendor's manifest, as read." }),
    would: z
      .object({
        webhook_registration: registrationSchema,
        webhook_url: z
          .string()
          .nullable()
          .meta({ description: "URL that the vendor would post to; `null` if it has no webhooks." }),
        create_webhook_secret: z.boolean().meta({
          description: "Whether the server would create a secret to be entered in the vendor's console.",
        }),
        poll_seconds: z.int(),
        fast_poll_seconds: z.int(),
        silence_seconds: z.int().nullable(),
        fetch_missed_events: z.boolean(),
        customer_id: z
          .string()
          .nullable()
          .meta({ description: "Customer of every org; `null`: everything would be quarantined." }),
      })
      .meta({ description: "What the onboarding would do." }),
  })
  .meta({ id: "IntegrationPreview" });

export const toPreviewView = (
  { baseUrl, pollSeconds, fastPollSeconds, silenceSeconds, customerId }: Onboarding,
  { manifest, orgs, sites, devices, systems, unmappedWords, faults, registration, createsSecret }: Preview,
  webhookUrl: string,
): z.output<typeof previewViewSchema> => ({
  base_url: baseUrl,
  orgs: { count: orgs.count, first: orgs.first.map(({ org_id, name }) => ({ org_id, name })) },
  sites: {
    count: sites.count,
    first: sites.first.map(({ site: { site_id, org_id, name }, devices }) => ({
      site_id,
      org_id,
      name,
      devices,
    })),
  },
  devices: { count: devices.count, counts: [...devices.counts] },
  systems: {
    count: systems.count,
    first: systems.first.map(({ systemId, systemName, devices }) => ({
      system_id: systemId,
      system_name: systemName,
      devices,
    })),
  },
  unmapped_words: [...unmappedWords],
  faults: toFaultsView(faults),
  manifest,
  would: {
    webhook_registration: registration,
    webhook_url: registration === "none" ? null : webhookUrl,
    create_webhook_secret: createsSecret,
    poll_seconds: pollSeconds,
    fast_poll_seconds: fastPollSeconds,
    silence_seconds: registration === "none" ? null : silenceSeconds,
    fetch_missed_events: Boolean(manifest.backfill),
    customer_id: customerId ?? null,
  },
});

const LINES = "application/x-ndjson";
/** The longest time between two lines of an answer. Without a line, clients and proxies would give up on a slow vendor. */
const KEEP_ALIVE_MS = 15_000;

/** One line of a preview that is streamed. */
export const previewLineSchema = z
  .union([
    z.object({
      progress: z
        .object({
          listing: z.enum(["orgs", "sites", "devices"]),
          read: countSchema,
          total: countSchema.nullable().meta({ description: "`null` if the vendor does not say." }),
        })
        // Some code generators leave out an object without a name inside a union.
        .meta({ id: "PreviewProgress" }),
    }),
    z.object({ preview: previewViewSchema }),
    z.object({ problem: problemSchema }),
  ])
  .meta({ id: "PreviewLine" });
type PreviewLine = z.output<typeof previewLineSchema>;

/** Whether a request accepts the progress of a preview, line by line. */
export const acceptsProgress = ({ headers }: FastifyRequest): boolean =>
  headers.accept?.includes(LINES) === true;

/** How a preview reports its progress to the waiting caller, and when it must stop. */
export interface Waiting {
  readonly onProgress: (progress: PreviewProgress) => void;
  /** Aborted when the caller disconnects or the server closes. */
  readonly signal: AbortSignal;
}

/** Returns a signal that is aborted when the caller disconnects or the server closes. */
export function whileWaiting({ raw }: FastifyReply, closing: AbortSignal): AbortSignal {
  const gone = new AbortController();
  raw.once("close", () => gone.abort());
  return AbortSignal.any([closing, gone.signal]);
}

/** Answers with the progress of a preview, and at the end with the preview or a problem. */
export async function streamPreview(
  preview: (waiting: Waiting) => Promise<z.output<typeof previewViewSchema>>,
  {
    request,
    reply,
    closing,
    clock,
  }: {
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
    readonly closing: AbortSignal;
    readonly clock: Clock;
  },
): Promise<FastifyReply> {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, { "content-type": LINES, "cache-control": "no-store", "x-accel-buffering": "no" });
  const signal = whileWaiting(reply, closing);
  const ended = new AbortController();
  let progress: PreviewLine = { progress: { listing: "orgs", read: 0, total: null } };
  const send = (line: PreviewLine) => void raw.write(`${JSON.stringify(line)}\n`);
  const keepAlive = async () => {
    while (!ended.signal.aborted) {
      send(progress);
      await clock.sleep(KEEP_ALIVE_MS, ended.signal);
    }
  };
  const alive = keepAlive();
  try {
    const onProgress: Waiting["onProgress"] = ({ listing, items, total }) => {
      progress = { progress: { listing, read: items, total } };
      send(progress);
    };
    send({ preview: await preview({ onProgress, signal }) });
  } catch (error) {
    send({ problem: toLateProblem(error, request) });
  } finally {
    ended.abort();
    await alive;
    raw.end();
  }
  return reply;
}
