import { randomInt } from "node:crypto";
import { DEVICE_HEARTBEAT } from "@convergint/schemas";
import type { Evidence } from "../../evidence/evidence.ts";
import { readPostedTypes } from "../../evidence/manifest.ts";
import { eventsOf, listOf, objectOf } from "../../evidence/read.ts";
import { sleep } from "../../harness/clock.ts";
import { type Drive, requireWebhooks, scenario } from "../scenario.ts";
import { register } from "./endpoints.ts";
import { onlineDevices, sandboxUrl, takesCommand } from "./sandbox-device.ts";
import { publicationSecondsOf, watchSeconds } from "./status-change.ts";

/**
 * Chooses a device that publishes heartbeats. The choice is not seeded: a device that published one in an
 * earlier run, or earlier in this run, may have to stay silent for 5 minutes.
 */
function chooseDevice(
  { discovery, devices, catalogue }: Pick<Evidence, "discovery" | "devices" | "catalogue">,
  { chance }: Drive,
): URL | null {
  if (!takesCommand(discovery, "events") || !readPostedTypes(discovery.manifest).includes(DEVICE_HEARTBEAT))
    return null;
  const types = listOf(objectOf(catalogue.exchange), "data").flatMap(({ type, device_types }) =>
    type === DEVICE_HEARTBEAT && Array.isArray(device_types) ? device_types : [],
  );
  const chosen = onlineDevices(devices, chance).filter(({ type }) => types.includes(type));
  const device = chosen.length > 0 ? chosen[randomInt(chosen.length)] : undefined;
  return device ? sandboxUrl(discovery, device.deviceId, "events") : null;
}

/** Makes a device publish two heartbeats in quick succession; the vendor must post only the first. */
export const heartbeats = scenario(
  "heartbeats",
  "Make a device publish two heartbeats",
  ["discovery", "devices", "catalogue", "health"],
  async (seen, drive) => {
    requireWebhooks(seen.health);
    const { recorder, receiver, signal, clock } = drive;
    const url = chooseDevice(seen, drive);
    if (url === null) return { commands: [], deliveries: [] };
    const destination = receiver.destination();
    await register(seen.discovery, destination, drive);
    const publish = () =>
      recorder.call({
        purpose: "make a device publish a heartbeat",
        method: "POST",
        url,
        json: { type: DEVICE_HEARTBEAT },
      });
    const seconds = publicationSecondsOf(seen.discovery);
    const commands = [await publish()];
    const started = clock.now();
    // The endpoint is new, and an earlier heartbeat of any device still shows that heartbeats arrive here.
    const hasArrived = () =>
      receiver
        .deliveriesTo(destination)
        .some((delivery) => eventsOf(delivery).some(({ type }) => type === DEVICE_HEARTBEAT));
    await receiver.waitUntil(destination, hasArrived, { seconds, signal });
    const waitedSeconds = (clock.now() - started) / 1000;
    commands.push(await publish());
    await sleep(clock, watchSeconds(seconds, [{ waitedSeconds }]) * 1000, signal);
    return { commands, deliveries: [...receiver.deliveriesTo(destination)] };
  },
);
