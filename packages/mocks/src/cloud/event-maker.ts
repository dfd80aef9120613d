import type { SeededRandom } from "@convergint/internal/seeded-random";
import {
  DEVICE_ADDED,
  DEVICE_REMOVED,
  DEVICE_STATUS_CHANGED,
  type Device,
  type DeviceAddedEvent,
  type DeviceRemovedEvent,
  type DeviceStatus,
  type DeviceStatusChangedEvent,
  deviceAddedEventSchema,
  deviceRemovedEventSchema,
  deviceStatusChangedEventSchema,
  type RemovedDevice,
  WEBHOOK_PING,
  type WebhookPingEvent,
  webhookPingEventSchema,
} from "@convergint/schemas";

/** The values of a ping event. */
export interface Ping {
  readonly org_id: string;
  readonly site_id: string;
  readonly endpoint_id: string;
}

/** Builds the events of a vendor's cloud. @see spec/1.0/contract.md#event-families */
export class EventMaker {
  readonly #random: SeededRandom;
  #made = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  statusChanged(
    device: Device,
    previous: DeviceStatus | null | undefined,
    at: Date,
  ): DeviceStatusChangedEvent {
    const { org_id, site_id, device_id, status, status_observed_at, status_changed_at, last_seen_at } =
      device;
    return deviceStatusChangedEventSchema.parse({
      ...this.#envelope(DEVICE_STATUS_CHANGED, org_id, at),
      subject: device_id,
      data: {
        org_id,
        site_id,
        device_id,
        status,
        ...(previous && { previous_status: previous }),
        ...(status_observed_at && { status_observed_at }),
        ...(status_changed_at && { status_changed_at }),
        ...(last_seen_at && { last_seen_at }),
      },
    });
  }

  added(device: Device, at: Date): DeviceAddedEvent {
    return deviceAddedEventSchema.parse({
      ...this.#envelope(DEVICE_ADDED, device.org_id, at),
      subject: device.device_id,
      data: device,
    });
  }

  removed(tombstone: RemovedDevice, at: Date): DeviceRemovedEvent {
    return deviceRemovedEventSchema.parse({
      ...this.#envelope(DEVICE_REMOVED, tombstone.org_id, at),
      subject: tombstone.device_id,
      data: tombstone,
    });
  }

  ping(data: Ping, at: Date): WebhookPingEvent {
    return webhookPingEventSchema.parse({ ...this.#envelope(WEBHOOK_PING, data.org_id, at), data });
  }

  #envelope(type: string, orgId: string, at: Date) {
    this.#made += 1;
    return {
      specversion: "1.0",
      id: `evt_${this.#random.hex(`event/${this.#made}`, 24)}`,
      source: `urn:mock-vendor:org:${encodeURIComponent(orgId)}`,
      type,
      time: at.toISOString(),
      datacontenttype: "application/json",
      sequence: String(this.#made).padStart(12, "0"),
    };
  }
}
