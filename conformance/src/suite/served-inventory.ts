import { type Clock, systemClock } from "../harness/clock.ts";
import { startInventory } from "../inventory/inventory-server.ts";
import { devicesFor } from "../scenarios/receiver/polled-inventory.ts";
import type { PolledInventory, ReceiverDrive } from "../scenarios/receiver/receiver-drive.ts";

/** The inventory that a run serves for the consumer to poll. */
export interface ServedInventory {
  /** Port to listen on; 0 takes a free one. */
  readonly port: number;
  /** How the consumer reaches it, where that is not loopback. */
  readonly publicUrl?: string;
  /** The key that the consumer's integration was given. */
  readonly apiKey: string;
  /** How often the consumer's integration was set up to poll. */
  readonly pollSeconds: number;
  /** Told where it is served. */
  readonly onServing?: (baseUrl: string) => void;
}

/** What rests is older than every event of a run, so that it takes nothing away that an event has told of. */
const RESTING_AGE_MS = 3_600_000;

/** Serves the suite's inventory. @param place the org and site that all of it is in */
export async function serveInventory(
  { port, publicUrl, apiKey, pollSeconds, onServing }: ServedInventory,
  place: ReceiverDrive["place"],
  clock: Clock = systemClock,
): Promise<PolledInventory> {
  const devices = devicesFor(place);
  const resting = { devices, asOf: new Date(clock.now() - RESTING_AGE_MS), fault: null };
  const reached = publicUrl === undefined ? {} : { publicUrl };
  const server = await startInventory({ port, ...reached, apiKey, place, resting, clock });
  onServing?.(server.baseUrl);
  return { server, pollSeconds, devices };
}
