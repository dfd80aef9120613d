import { type Clock, systemClock } from "../harness/clock.ts";
import { startPolledVendor } from "../polled-vendor/polled-vendor.ts";
import { devicesFor } from "../scenarios/receiver/polled-inventory.ts";
import type { PolledInventory, ReceiverDrive } from "../scenarios/receiver/receiver-drive.ts";

/** How to serve the inventory that the consumer polls during a run. */
export interface ServedInventory {
  /** Port to listen on; 0 picks a free one. */
  readonly port: number;
  /** The URL at which the consumer reaches the inventory. Default: a loopback URL. */
  readonly publicUrl?: string;
  /** The API key configured in the consumer's integration. */
  readonly apiKey: string;
  /** The poll interval configured in the consumer's integration. */
  readonly pollSeconds: number;
  /** Receives the base URL once the inventory is served. */
  readonly onServing?: (baseUrl: string) => void;
}

/** The resting inventory is older than every event of a run, so it does not override any event. */
const RESTING_AGE_MS = 3_600_000;

/** Starts the polled vendor with its resting inventory. @param place the org and site of every device */
export async function serveInventory(
  { port, publicUrl, apiKey, pollSeconds, onServing }: ServedInventory,
  place: ReceiverDrive["place"],
  clock: Clock = systemClock,
): Promise<PolledInventory> {
  const devices = devicesFor(place);
  const resting = { devices, asOf: new Date(clock.now() - RESTING_AGE_MS), fault: null };
  const reached = publicUrl === undefined ? {} : { publicUrl };
  const server = await startPolledVendor({ port, ...reached, apiKey, place, resting, clock });
  onServing?.(server.baseUrl);
  return { server, pollSeconds, devices };
}
