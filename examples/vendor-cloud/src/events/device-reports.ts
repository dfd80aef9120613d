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

const PARENT_UNREACHABLE = "parent_unreachable";

/** Where reports go: into inventory and out to the endpoints. */
export interface DeviceReportsOptions {
  readonly inventory: Inventory;
  /** Resolves when the event is kept for every endpoint that wants it. */
  readonly publish: (event: Event) => Promise<void>;
  readonly now: () => Date;
}

/**
 * What devices tell this cloud. Inventory shows a change when its event is kept for delivery, and in the same moment: pull
 * and push cannot disagree, and a change that was seen cannot be lost on its way out.
 */
export class DeviceReports {
  readonly #options: DeviceReportsOptions;
  /** How many events each device has published, by device id. */
  readonly #sequences = new Map<string, number>();
  /** How devices that are cut off stood before, by device id. */
  readonly #before = new Map<string, SandboxStatusCommand>();
  /** Ends with the last report of each device, by device id. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: DeviceReportsOptions) {
    this.#options = options;
  }

  /**
   * A device's status is observed to be this. Publishes an event when it was another one before, and one for each device
   * behind it that is cut off by that, or is heard from again.
   *
   * @throws {ProblemError} `device_unreachable` where the device is cut off itself
   */
  async observe(of: CampusDevice, command: SandboxStatusCommand): Promise<CampusDevice> {
    const observed = await this.#take(of, (device) => {
      const parent = this.#options.inventory.parentOf(device);
      if (parent === undefined || isReachable(parent.status)) return command;
      throw new ProblemError(
        "device_unreachable",
        `What this device hangs on is ${parent.status}, so nothing is heard of it; make that online first.`,
      );
    });
    await this.#followParent(observed);
    return observed;
  }

  /** The cloud cannot see past a dead parent; and what is heard of again is as it was. */
  async #followParent(parent: CampusDevice): Promise<void> {
    for (const child of this.#options.inventory.childrenOf(parent)) {
      const isCutOff = child.status_reason === PARENT_UNREACHABLE;
      if (isReachable(parent.status) === !isCutOff) continue;
      const followed = await this.#take(child, (device) => {
        if (isCutOff) return this.#before.get(device.device_id) ?? { status: "online" };
        this.#before.set(device.device_id, {
          status: device.status,
          ...(device.status_reason && { status_reason: device.status_reason }),
        });
        return { status: "unknown", status_reason: PARENT_UNREACHABLE };
      });
      await this.#followParent(followed);
    }
  }

  /** Takes one device's status as observed, whatever it hangs on. */
  #take(of: CampusDevice, decide: (device: CampusDevice) => SandboxStatusCommand): Promise<CampusDevice> {
    return this.#inTurn(of, async (device) => {
      const { status, status_reason } = decide(device);
      const moment = this.#options.now();
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
      const event =
        changed && publishes(device.type, DEVICE_STATUS_CHANGED)
          ? statusChangedEvent(observed, device.status, this.#occurrence(observed, moment))
          : null;
      if (event) await this.#options.publish(event);
      this.#options.inventory.replace(observed);
      return observed;
    });
  }

  /**
   * Publishes an event of a catalogued type as the device stands.
   *
   * @throws {ProblemError} `unknown_event_type`, `device_unreachable`
   */
  report(of: CampusDevice, eventType: string): Promise<EventId> {
    return this.#inTurn(of, async (device) => {
      const moment = this.#options.now();
      if (!publishes(device.type, eventType))
        throw new ProblemError(
          "unknown_event_type",
          "The event catalogue lists no such event for this device's type.",
        );
      const shown = eventType === DEVICE_HEARTBEAT ? heard(device, moment) : device;
      const occurrence = this.#occurrence(device, moment);
      const event =
        eventType === DEVICE_HEARTBEAT
          ? heartbeatEvent(shown, occurrence)
          : statusChangedEvent(shown, null, occurrence);
      await this.#options.publish(event);
      this.#options.inventory.replace(shown);
      return event.id;
    });
  }

  /** Takes a device's reports one after the other, each on top of the one before it. */
  #inTurn<Result>(of: CampusDevice, take: (device: CampusDevice) => Promise<Result>): Promise<Result> {
    const next = () => take(this.#options.inventory.current(of));
    const before = this.#turns.get(of.device_id) ?? Promise.resolve();
    const turn = before.then(next, next);
    this.#turns.set(of.device_id, turn);
    return turn;
  }

  #occurrence({ device_id }: CampusDevice, moment: Date): DeviceOccurrence {
    const sequence = (this.#sequences.get(device_id) ?? 0) + 1;
    this.#sequences.set(device_id, sequence);
    return { ...newOccurrence(moment), sequence };
  }
}

/** @throws {ProblemError} `device_unreachable` */
function heard(device: CampusDevice, moment: Date): CampusDevice {
  if (!isReachable(device.status))
    throw new ProblemError(
      "device_unreachable",
      `A device that is ${device.status} sends no heartbeat; make it online first.`,
    );
  const time = moment.toISOString();
  return { ...device, status_observed_at: time, last_seen_at: time, updated_at: time };
}
