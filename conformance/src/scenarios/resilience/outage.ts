import { findAttempts } from "../../evidence/match-deliveries.ts";
import { eventsOf } from "../../evidence/read.ts";
import { maxRetryWaitSeconds } from "../../evidence/resilience-evidence.ts";
import { readListing } from "../../harness/listing.ts";
import { takeAll } from "../../harness/programmed-answer.ts";
import { apiUrl } from "../api.ts";
import { register } from "../events/endpoints.ts";
import { devicesApart } from "../events/sandbox-device.ts";
import { latencyOf, leaveAsFound } from "../events/status-change.ts";
import { CannotDriveError, scenario } from "../scenario.ts";
import { changeAtOnce } from "./change-at-once.ts";
import { remove } from "./retries.ts";

/** A vendor may leave an endpoint that failed again and again alone for a while. */
const CALM_SECONDS = 60;

/** Has many devices change at once while a receiver is down, and waits until it has been told of all of them. */
export const outage = scenario(
  "outage",
  "Change many devices at once while a receiver is down",
  ["discovery", "devices", "retries"],
  async ({ discovery, devices, retries }, drive) => {
    const { recorder, receiver, signal, clock, progress, burst } = drive;
    const latencySeconds = latencyOf(discovery);
    const chosen = devicesApart(discovery, devices, burst, drive.chance);
    if (chosen.length === 0)
      throw new CannotDriveError("the inventory has no device that is online and has none behind it");
    // Down for the first attempt at each delivery: however fast or slow the vendor is, it has to come a second time.
    const downAt = receiver.destination((attempt) => (attempt === 1 ? { kind: "reset" } : takeAll()));
    const healthyAt = receiver.destination();
    const downCreated = await register(discovery, downAt, drive);
    const healthyCreated = await register(discovery, healthyAt, drive);
    const url = apiUrl(discovery, "/v1/devices");

    const areBack = leaveAsFound(discovery, chosen, drive);
    progress(`${chosen.length} devices change at once while a receiver is down`);
    const changes = await changeAtOnce(discovery, chosen, 0, drive);
    const started = clock.now();
    const isTold = (destination: string, attempts: number) => () => {
      const deliveries = receiver.deliveriesTo(destination);
      // Counted first: to match every delivery with every change takes its time.
      return (
        deliveries.reduce((events, delivery) => events + eventsOf(delivery).length, 0) >=
          changes.length * attempts &&
        changes.every((change) => findAttempts(change, deliveries).length >= attempts)
      );
    };
    const seconds = maxRetryWaitSeconds(retries.scheduleSeconds[0] ?? 0) + CALM_SECONDS;
    progress(`waiting up to ${Math.ceil(seconds)} s for what the receiver missed`);
    await receiver.waitUntil(healthyAt, isTold(healthyAt, 1), { seconds: latencySeconds, signal });
    await receiver.waitUntil(downAt, isTold(downAt, 2), { seconds, signal });
    const waitedSeconds = (clock.now() - started) / 1000;
    const listingAfter = await readListing(recorder, {
      purpose: "list the devices after so many changes",
      url,
      limit: 500,
    });
    const watched = (created: typeof downCreated, destination: string) => ({
      created,
      deliveries: [...receiver.deliveriesTo(destination)],
    });
    const [down, healthy] = [watched(downCreated, downAt), watched(healthyCreated, healthyAt)];
    await remove(discovery, downCreated, drive);
    await remove(discovery, healthyCreated, drive);
    await changeAtOnce(discovery, chosen, 1, drive);
    areBack();
    return { latencySeconds, changes, down, healthy, waitedSeconds, listingAfter };
  },
);
