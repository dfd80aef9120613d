import { timestampSchema } from "@convergint/schemas";
import type { Evidence } from "../../evidence/evidence.ts";
import type { Delivery, Listing } from "../../evidence/exchange.ts";
import { declares } from "../../evidence/manifest.ts";
import { findAttempts } from "../../evidence/match-deliveries.ts";
import { entriesOf, idsOf, memberOf, objectOf, textOf } from "../../evidence/read.ts";
import { maxRetryWaitSeconds, type TriggeredChange } from "../../evidence/resilience-evidence.ts";
import { readListing } from "../../harness/listing.ts";
import { status } from "../../harness/programmed-answer.ts";
import { apiUrl } from "../api.ts";
import { acquireEndpoint, releaseEndpoint, usesHandRegistered } from "../events/acquire-endpoint.ts";
import { devicesApart } from "../events/sandbox-device.ts";
import { leaveAsFound, patienceOf } from "../events/status-change.ts";
import { CannotDriveError, type Drive, scenario } from "../scenario.ts";
import { changeAtOnce } from "./change-at-once.ts";
import { PAUSE_SECONDS } from "./receiver-behaviours.ts";

const MAX_ORGS = 5;
/** The number of events that is enough to tell a rule from a coincidence of rounded times. */
const MOMENTS = 5;
const MOMENT_LIMIT = 10;
const SMALL_PAGES = 4;
const HOUR_MS = 3_600_000;
const LONG_AGO = "2000-01-01T00:00:00Z";

/** Returns the time of the run's first listing, according to the vendor's clock. */
function startOf({ listing }: Evidence["devices"]): string {
  const [page] = listing.pages;
  const asOf = textOf(memberOf(page ? objectOf(page) : null, "snapshot"), "as_of");
  if (timestampSchema.safeParse(asOf).success && asOf !== null) return asOf;
  throw new CannotDriveError("the listing of devices has no valid as_of to start from; see PAGE-002");
}

/** Chooses events whose time differs from that of their neighbours, from the whole listing. */
function chooseMoments(listing: Listing): readonly { readonly id: string; readonly time: string }[] {
  const events = entriesOf(listing).flatMap(({ value }) => {
    const [id, time] = [textOf(value, "id"), textOf(value, "time")];
    return id !== null && time !== null && timestampSchema.safeParse(time).success ? [{ id, time }] : [];
  });
  const unique = events.filter(({ time }) => events.filter((other) => other.time === time).length === 1);
  const step = Math.max(1, Math.floor(unique.length / MOMENTS));
  return unique.filter((_, index) => index % step === 0).slice(0, MOMENTS);
}

/**
 * Changes a device while every endpoint refuses, and lists the events before any endpoint has accepted the
 * event of the change.
 */
async function listUndelivered(
  { discovery, devices, retries }: Pick<Evidence, "discovery" | "devices" | "retries">,
  list: () => Promise<Listing>,
  drive: Drive,
) {
  const { receiver, signal } = drive;
  const chosen = devicesApart(discovery, devices, 1, drive);
  const acquired = await acquireEndpoint(discovery, drive, { lend: "first" });
  const { destination } = acquired;
  // All endpoints that were registered by hand refuse, and must recover.
  const second = usesHandRegistered(discovery, drive)
    ? await acquireEndpoint(discovery, drive, { lend: "second" })
    : acquired;
  const areBack = leaveAsFound(discovery, chosen, drive);
  const deliveries = receiver.deliveriesTo(destination);
  // The endpoint is new, and all earlier events have arrived elsewhere, so each attempt is about this change.
  const hasAttempts =
    (changes: readonly TriggeredChange[], isWanted: (each: Delivery) => boolean, list = deliveries) =>
    () =>
      changes.every((change) => findAttempts(change, list).some(isWanted));
  receiver.override(status(503));
  let changes: readonly TriggeredChange[];
  let undelivered: readonly Delivery[];
  let listing: Listing;
  try {
    changes = await changeAtOnce(discovery, chosen, 0, drive);
    const seconds = patienceOf(discovery);
    await receiver.waitUntil(
      destination,
      hasAttempts(changes, () => true),
      { seconds, signal },
    );
    // Events that are published from now on need not be listed.
    undelivered = [...deliveries];
    listing = await list();
  } finally {
    receiver.override(null);
  }
  // Later scenarios need endpoints that have recovered.
  const seconds = maxRetryWaitSeconds(retries.scheduleSeconds[0] ?? 0) + PAUSE_SECONDS;
  const isAccepted = ({ answeredStatus }: Delivery) => answeredStatus === 204;
  const areAccepted = (at: string) => hasAttempts(changes, isAccepted, receiver.deliveriesTo(at));
  for (const at of undelivered.length > 0 ? [destination, second.destination] : [])
    await receiver.waitUntil(at, areAccepted(at), { seconds, signal });
  for (const each of new Set([acquired, second])) await releaseEndpoint(discovery, each, drive);
  await changeAtOnce(discovery, chosen, 1, drive);
  areBack();
  return { listing, undelivered };
}

/**
 * Lists the events of all orgs and of single orgs since the start of the run. Also lists the events since
 * long before the run.
 */
export const backfill = scenario(
  "backfill",
  "List the published events",
  ["discovery", "orgs", "devices", "health", "retries", "outage"],
  async ({ discovery, orgs, devices, retries }, drive) => {
    const { recorder, chance } = drive;
    if (!declares(objectOf(discovery.manifest), "backfill"))
      throw new CannotDriveError("the manifest does not declare backfill");
    const after = startOf(devices);
    const depthHours = memberOf(objectOf(discovery.manifest), "backfill")?.["depth_hours"];
    const beyond =
      typeof depthHours === "number"
        ? new Date(Date.parse(after) - (depthHours + 24) * HOUR_MS).toISOString()
        : null;
    const ask = (query: Record<string, string>) => apiUrl(discovery, "/v1/events", query);
    const list = (purpose: string, query: Record<string, string>, limit = 500) =>
      readListing(recorder, { purpose, url: ask(query), limit });
    const { listing: sinceTheBeginning, undelivered } = await listUndelivered(
      { discovery, devices, retries },
      () => list("list the events since the run began", { after }),
      drive,
    );
    const smallLimit = Math.max(1, Math.ceil(entriesOf(sinceTheBeginning).length / SMALL_PAGES));
    const moments = [];
    for (const { id, time } of chooseMoments(sinceTheBeginning)) {
      const page = (moment: string) =>
        recorder.call({
          purpose: "list the events since an event",
          url: ask({ after: moment, limit: String(MOMENT_LIMIT) }),
        });
      const shortlyBefore = new Date(Date.parse(time) - 1).toISOString();
      moments.push({ id, time, before: await page(shortlyBefore), at: await page(time) });
    }
    const byOrg = [];
    for (const orgId of [...new Set(idsOf(orgs.listing, "org_id"))].slice(0, MAX_ORGS)) {
      byOrg.push({
        orgId,
        listing: await list("list one org's events in small pages", { after, org_id: orgId }, smallLimit),
      });
    }
    return {
      sinceTheBeginning,
      undelivered,
      inSmallPages: await list("list the events in small pages", { after }, smallLimit),
      moments,
      byOrg,
      unknownOrg: await recorder.call({
        purpose: "list the events of an org that does not exist",
        url: ask({ org_id: chance.uuid("org") }),
      }),
      longAgo: await recorder.call({
        purpose: "list the events since long ago",
        url: ask({ after: LONG_AGO }),
      }),
      ...(beyond !== null && {
        beyondDepth: await recorder.call({
          purpose: "list the events since a day before depth_hours",
          url: ask({ after: beyond }),
        }),
      }),
    };
  },
  {
    byHand: ({ discovery }) =>
      discovery !== undefined && declares(objectOf(discovery.manifest), "backfill") ? 2 : 0,
  },
);
