import type { Evidence } from "../../evidence/evidence.ts";
import type { PolledListing } from "../../evidence/polling-evidence.ts";
import { type ListedDevice, type ListingContent, PAGE_SIZE } from "../../polled-vendor/listing-pages.ts";
import { CannotDriveError } from "../scenario.ts";
import type { PolledInventory, ReceiverDrive } from "./receiver-drive.ts";

/** Maximum wait for a listing, in poll intervals: consumers back off after failed listings. */
const INTERVALS = 10;
const MIN_SECONDS = 10;
/**
 * How far a listing's `as_of` is in the past: `as_of` is the time at which the vendor started to build the
 * listing.
 */
export const AGE_MS = 10_000;

/** Creates a listed device. */
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
 * Returns devices for three pages. The devices are the same in every run, since a consumer may hold back the
 * removal of many devices that vanish together.
 */
export const devicesFor = (place: ReceiverDrive["place"]): readonly ListedDevice[] =>
  Array.from({ length: 2 * PAGE_SIZE + 5 }, (_, index) =>
    listedDevice(place, `conformance-listed-${index + 1}`),
  );

/** Returns the inventory that the consumer polls. @throws {CannotDriveError} if the run serves none */
export function inventoryOf({ inventory }: ReceiverDrive): PolledInventory {
  if (inventory) return inventory;
  throw new CannotDriveError("the suite serves no inventory for the consumer to poll; pass --inventory-port");
}

/**
 * Serves one listing and waits until the consumer has processed it.
 *
 * @throws {CannotDriveError} if the consumer starts no listing at all
 */
export async function showListing(
  drive: ReceiverDrive,
  devices: readonly ListedDevice[],
  {
    fault = null,
    asOf = new Date(drive.clock.now() - AGE_MS),
    minSeconds = MIN_SECONDS,
  }: Partial<Pick<ListingContent, "fault" | "asOf">> & { readonly minSeconds?: number } = {},
): Promise<PolledListing> {
  const { server, pollSeconds } = inventoryOf(drive);
  const seconds = Math.max(minSeconds, INTERVALS * pollSeconds);
  const listing = await server.show({ devices, asOf, fault }, { seconds, signal: drive.signal });
  if (server.lastRequest()) return listing;
  throw new CannotDriveError(
    `the consumer did not list devices within ${seconds} s; configure its integration with the base URL ${server.baseUrl}, the key of --inventory-key and a poll interval of ${pollSeconds} s (--poll-seconds)`,
  );
}

/** Requires that the consumer polls repeatedly. @throws {CannotDriveError} */
export function requirePolling({ listing: { followedAt, waitedSeconds } }: Evidence["polling"]): void {
  if (followedAt === null)
    throw new CannotDriveError(
      `the consumer started no second listing within ${waitedSeconds} s; see RCV-018`,
    );
}
