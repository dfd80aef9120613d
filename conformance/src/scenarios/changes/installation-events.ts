import { DEVICE_ADDED, DEVICE_REMOVED, DEVICE_UPDATED } from "@convergint/schemas";
import type { InstallationStep } from "../../evidence/change-evidence.ts";
import type { Exchange } from "../../evidence/exchange.ts";
import { readPostedTypes } from "../../evidence/manifest.ts";
import { isPublished } from "../../evidence/match-deliveries.ts";
import { register } from "../events/endpoints.ts";
import { publicationSecondsOf } from "../events/status-change.ts";
import { CannotDriveError, requireWebhooks, scenario } from "../scenario.ts";
import { CANNOT_ADD, sandboxEstate } from "./estate.ts";

/** Adds, moves and removes a device, and records the events. */
export const installationEvents = scenario(
  "installationEvents",
  "Add, move and remove a device, and wait for the events",
  ["discovery", "sites", "devices", "health"],
  async (seen, drive) => {
    requireWebhooks(seen.health);
    const { receiver, signal, clock } = drive;
    const estate = sandboxEstate(seen, drive);
    if (!estate) throw new CannotDriveError(CANNOT_ADD);
    const declared = readPostedTypes(seen.discovery.manifest);
    const waitSeconds = publicationSecondsOf(seen.discovery);
    const destination = receiver.destination();
    await register(seen.discovery, destination, drive);
    const deliveries = receiver.deliveriesTo(destination);
    const steps: InstallationStep[] = [];

    async function step(
      type: string,
      siteId: string,
      act: () => Promise<{ command: Exchange; deviceId: string }>,
    ) {
      const from = deliveries.length;
      const { command, deviceId } = await act();
      const commanded = clock.now();
      // The device is new, and each of its events has another type, so no older event can be taken for this one.
      const hasArrived = () => isPublished({ type, deviceId, from, command }, deliveries);
      if (declared.includes(type))
        await receiver.waitUntil(destination, hasArrived, { seconds: waitSeconds, signal });
      const [waitedSeconds, to] = [(clock.now() - commanded) / 1000, deliveries.length];
      const lookedUp = await estate?.lookUp(deviceId);
      if (lookedUp && declared.includes(type)) {
        steps.push({ type, siteId, deviceId, command, lookedUp, waitedSeconds, from, to });
      }
      return deviceId;
    }
    const { siteId, otherSiteId, takes } = estate;
    const deviceId = await step(DEVICE_ADDED, siteId, () => estate.add());
    if (takes.move && otherSiteId !== null) {
      await step(DEVICE_UPDATED, otherSiteId, async () => ({
        command: await estate.move(deviceId, otherSiteId),
        deviceId,
      }));
    }
    if (takes.remove) {
      const last = takes.move && otherSiteId !== null ? otherSiteId : siteId;
      await step(DEVICE_REMOVED, last, async () => ({ command: await estate.remove(deviceId), deviceId }));
    }
    return { waitSeconds, steps, deliveries: [...deliveries] };
  },
);
