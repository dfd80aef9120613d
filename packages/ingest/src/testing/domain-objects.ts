import { type Device, deviceSchema } from "@convergint/schemas";
import type { AcceptedEvent } from "../domain/event.ts";
import type { StagedDevice } from "../domain/inventory.ts";
import { observeSnapshot, toOrderTime } from "../domain/observation.ts";
import { acceptEvent } from "../receive/accept-event.ts";
import { toDeviceRecord } from "../store/digest.ts";
import { statusChanged } from "./deliver.ts";

/** The time at which a test's events are received, unless the test sets another. */
export const RECEIVED_AT = new Date("2026-11-23T09:00:00Z");

/** Creates an event in the form in which the receive path passes it to the store. */
export function toAcceptedEvent(
  integrationId: string,
  event: Parameters<typeof statusChanged>[0],
  { receivedAt = RECEIVED_AT, byWebhook = true } = {},
): AcceptedEvent {
  const whole = statusChanged(event);
  return acceptEvent(whole, JSON.stringify(whole), { integrationId, receivedAt, byWebhook }).event;
}

/** Creates a listed device in the form in which a sync stages it. */
export function toStagedDevice(
  device: Readonly<Record<string, unknown>>,
  asOf = "2026-11-23T08:50:00Z",
  receivedAt = RECEIVED_AT,
): StagedDevice {
  const parsed: Device = deviceSchema.parse({
    org_id: "org",
    site_id: "hq",
    name: "a device",
    type: "camera",
    ...device,
  });
  const { status } = parsed;
  return {
    record: toDeviceRecord(parsed, toOrderTime(asOf, receivedAt)),
    observation: status ? observeSnapshot({ ...parsed, status }, asOf, receivedAt) : null,
  };
}
