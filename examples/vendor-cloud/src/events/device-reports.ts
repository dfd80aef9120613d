import {
  DEVICE_HEARTBEAT,
  DEVICE_STATUS_CHANGED,
  type Event,
  type EventId,
  type SandboxStatusCommand,
} from "@convergint/schemas";
import { type CampusDevice, isReachable, VENDOR_STATUS } from "../estate/initial-status.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { ProblemError } from "../problem.ts";
import { publishes } from "./catalogue.ts";
import { type DeviceOccurrence, heartbeatEvent, statusChangedEvent } from "./device-events.ts";
import { newOccurrence } from "./occurrence.ts";

/** Where reports go: into inventory and out to the endpoints. */
export interface DeviceReportsOptions {
  readonly inventory: Inventory;
  readonly publish: (event: Event) => void;
  readonly now: () => Date;
}

/**
 * What devices tell this cloud. A report is in inventory and on its way as an event in the same moment, so that pull
 * and push cannot disagree.
 */
export class DeviceReports {
  readonly #options: DeviceReportsOptions;
  /** How many events each device has published, by device id. */
  readonly #sequences = new Map<string, number>();

  constructor(options: DeviceReportsOptions) {
    this.#options = options;
  }

  /** A device's status is observed to be this. Publishes an event when it was another one before. */
  observe(device: CampusDevice, { status, status_reason }: SandboxStatusCommand): CampusDevice {
    const { inventory, publish, now } = this.#options;
    const moment = now();
    const time = moment.toISOString();
    const changed = status !== device.status;
    const observed: CampusDevice = {
      ...device,
      status,
      status_reason: status_reason ?? (changed ? null : device.status_reason),
      vendor_status: VENDOR_STATUS[status],
      status_observed_at: time,
      status_changed_at: changed ? time : device.status_changed_at,
      last_seen_at: isReachable(status) ? time : device.last_seen_at,
      updated_at: time,
    };
    inventory.replace(observed);
    if (changed && publishes(device.type, DEVICE_STATUS_CHANGED))
      publish(statusChangedEvent(observed, device.status, this.#occurrence(observed, moment)));
    return observed;
  }

  /**
   * Publishes an event of a catalogued type as the device stands.
   *
   * @throws {ProblemError} `unknown_event_type`, `device_unreachable`
   */
  report(device: CampusDevice, eventType: string): EventId {
    const moment = this.#options.now();
    if (!publishes(device.type, eventType))
      throw new ProblemError(
        "unknown_event_type",
        "The event catalogue lists no such event for this device's type.",
      );
    const event =
      eventType === DEVICE_HEARTBEAT
        ? this.#heartbeat(device, moment)
        : statusChangedEvent(device, null, this.#occurrence(device, moment));
    this.#options.publish(event);
    return event.id;
  }

  #heartbeat(device: CampusDevice, moment: Date) {
    if (!isReachable(device.status))
      throw new ProblemError(
        "device_unreachable",
        `A device that is ${device.status} sends no heartbeat; make it online first.`,
      );
    const time = moment.toISOString();
    const heard: CampusDevice = { ...device, status_observed_at: time, last_seen_at: time, updated_at: time };
    this.#options.inventory.replace(heard);
    return heartbeatEvent(heard, this.#occurrence(heard, moment));
  }

  #occurrence({ device_id }: CampusDevice, moment: Date): DeviceOccurrence {
    const sequence = (this.#sequences.get(device_id) ?? 0) + 1;
    this.#sequences.set(device_id, sequence);
    return { ...newOccurrence(moment), sequence };
  }
}
