import { expect, test } from "vitest";
import { acceptEvent } from "../../receive/accept-event.ts";
import { statusChanged } from "../../testing/deliver.ts";
import { RECEIVED_AT } from "../../testing/domain-objects.ts";
import { packEvent, unpackEvent } from "./packed-events.ts";

const DEVICE = { device_id: "cam-1", name: "Gate", type: "camera", org_id: "org", site_id: "hq" };

test.each([
  [
    "a status",
    statusChanged({ data: { status_reason: "power_lost", last_seen_at: "2026-11-23T08:00:00Z" } }),
  ],
  ["a status that only the vendor uses", statusChanged({ data: { status: "dormant" } })],
  [
    "a record",
    statusChanged({ type: "com.convergint.device.added.v1", data: { ...DEVICE, status: "offline" } }),
  ],
  [
    "a removal",
    statusChanged({
      type: "com.convergint.device.removed.v1",
      data: { ...DEVICE, lifecycle: "removed", removed_at: "2026-11-23T08:00:00Z" },
    }),
  ],
  ["no effect", statusChanged({ type: "com.vendor.something.v1" })],
])("packing and unpacking an event with %s restores it", (_, sent) => {
  for (const byWebhook of [true, false]) {
    const { event } = acceptEvent(sent, JSON.stringify(sent), {
      integrationId: "int_a",
      receivedAt: RECEIVED_AT,
      byWebhook,
    });
    // Clones the event as sending it to a thread would.
    expect(unpackEvent(structuredClone(packEvent(event)))).toStrictEqual(event);
  }
});
