import type { Evidence } from "../../evidence/evidence.ts";
import type { PolledListing } from "../../evidence/polling-evidence.ts";
import { type ListedDevice, type ListingContent, PAGE_SIZE } from "../../polled-vendor/listing-pages.ts";
import { CannotDriveError } from "../scenario.ts";
import type { PolledInventory, ReceiverDrive } from "./receiver-drive.ts";

/** How long is waited for a listing, in intervals: consumers back off after listings that failed. */
const INTERVALS = 10;
const LEAST_SECONDS = 10;
/** A listing tells of the moment at which it was begun to be made, a little before it is read. */
export const AGE_MS = 10_000;

/** A device as it is listed. */
export const listedDevice = (
  { orgId, siteId }: ReceiverDrive["place"],
  deviceId: string,
  more: object = {},
): ListedDevice => ({
  device_id: deviceId,
  org_id: orgId,
  site_id: siteId,
  name: `Camera ${deviceId.slice(-4)}`,
  type: "camera",
  status: "online",
  ...more,
});

/**
 * Devices enough for three pages. The same in every run: a consumer may hold back what is gone all at once, as it would
 * be if each run listed others.
 */
export const devicesFor = (place: ReceiverDrive["place"]): readonly ListedDevice[] =>
  Array.from({ length: 2 * PAGE_SIZE + 5 }, (_, index) =>
    listedDevice(place, `conformance-listed-${index + 1}`),
  );

/** The inventory that the consumer polls. @throws {CannotDriveError} where the run serves none */
export function inventoryOf({ inventory }: ReceiverDrive): PolledInventory {
  if (inventory) return inventory;
  throw new CannotDriveError("it takes an inventory that the consumer polls: give --inventory-port");
}

/**
 * Shows one listing to the consumer and waits until it is done with it.
 *
 * @throws {CannotDriveError} where it begins no listing at all
 */
export async function showListing(
  drive: ReceiverDrive,
  devices: readonly ListedDevice[],
  {
    fault = null,
    asOf = new Date(drive.clock.now() - AGE_MS),
  }: Partial<Pick<ListingContent, "fault" | "asOf">> = {},
): Promise<PolledListing> {
  const { server, pollSeconds } = inventoryOf(drive);
  const seconds = Math.max(LEAST_SECONDS, INTERVALS * pollSeconds);
  const listing = await server.show({ devices, asOf, fault }, { seconds, signal: drive.signal });
  if (server.lastRequest()) return listing;
  throw new CannotDriveError(
    `the consumer asked for no devices within ${seconds} s: set its integration up with the base URL ${server.baseUrl}, the key of --inventory-key, and a poll every ${pollSeconds} s (--poll-seconds)`,
  );
}

/** Where the consumer begins no second listing, there is nothing to wait for. @throws {CannotDriveError} */
export function requirePolling({ listing: { followedAt, waitedSeconds } }: Evidence["polling"]): void {
  if (followedAt === null)
    throw new CannotDriveError(`the consumer began no other listing within ${waitedSeconds} s; see RCV-018`);
}
