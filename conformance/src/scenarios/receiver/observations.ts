import { scenario } from "../scenario.ts";
import { AGE_MS, inventoryOf, listedDevice, requirePolling, showListing } from "./polled-inventory.ts";
import { freshDevice, postEvent, type ReceiverDrive, statusChanged } from "./receiver-drive.ts";

const MINUTE_MS = 60_000;

/** What an event and a listing say about one device; milliseconds are relative to the listing's `as_of`. */
interface Case {
  readonly sources: string;
  readonly event: { readonly status: "online" | "offline"; readonly atMs: number };
  readonly listed: { readonly status: "online" | "offline"; readonly observedAtMs: number | null };
  readonly expected: string;
}

const CASES: readonly Case[] = [
  {
    sources: "an event and a listing with an earlier status_observed_at",
    event: { status: "offline", atMs: -MINUTE_MS },
    listed: { status: "online", observedAtMs: -2 * MINUTE_MS },
    expected: "offline",
  },
  {
    sources: "an event and a listing with a later status_observed_at",
    event: { status: "offline", atMs: -2 * MINUTE_MS },
    listed: { status: "online", observedAtMs: -MINUTE_MS },
    expected: "online",
  },
  {
    sources: "an event and a listing with an earlier as_of and no status_observed_at",
    event: { status: "offline", atMs: AGE_MS / 2 },
    listed: { status: "online", observedAtMs: null },
    expected: "offline",
  },
  {
    sources: "an event and a listing with a later as_of and no status_observed_at",
    event: { status: "offline", atMs: -MINUTE_MS },
    listed: { status: "online", observedAtMs: null },
    expected: "online",
  },
];

/**
 * Reports the status of devices by events and by a listing; for some devices the event is later, for others
 * the listing is later.
 */
export const observations = scenario(
  "observations",
  "Report a device by an event and by a listing, in either order",
  ["polling"],
  async ({ polling }, drive: ReceiverDrive) => {
    requirePolling(polling);
    const { devices } = inventoryOf(drive);
    const asOf = new Date(drive.clock.now() - AGE_MS);
    const from = (ms: number) => new Date(asOf.getTime() + ms);
    const cases = CASES.map((each) => ({ ...each, deviceId: freshDevice() }));
    const events = [];
    for (const { deviceId, event, sources } of cases) {
      const change = statusChanged(drive, deviceId, event.status, { time: from(event.atMs) });
      events.push(await postEvent(drive, `the event about a device that is reported by ${sources}`, change));
    }
    const listed = cases.map(({ deviceId, listed: { status, observedAtMs } }) =>
      listedDevice(drive.place, deviceId, {
        status,
        ...(observedAtMs === null ? {} : { status_observed_at: from(observedAtMs).toISOString() }),
      }),
    );
    // Put these devices on the first page, so that even a consumer that reads only that page sees them.
    const listing = await showListing(drive, [...listed, ...devices.slice(1)], { asOf });
    const read = [];
    for (const { sources, expected, deviceId } of cases) {
      read.push({ sources, expected, reading: (await drive.probe?.read(deviceId, expected)) ?? null });
    }
    return { events, listing, devices: read };
  },
);
