import {
  CONNECTOR_DISCONNECTED,
  CONNECTOR_RECONNECTED,
  DEVICE_HEARTBEAT,
  DEVICE_STATUS_CHANGED,
  type Event,
  type EventId,
  eventSchemaOf,
  type SandboxStatusCommand,
} from "@convergint/schemas";
import { type CampusDevice, isReachable, VENDOR_STATUS } from "../estate/initial-status.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { ProblemError } from "../problem.ts";
import { readBody } from "../request-body.ts";
import { publishes } from "./catalogue.ts";
import { familyEvent, heartbeatEvent, statusChangedEvent } from "./device-events.ts";
import type { DeviceTurns } from "./device-turns.ts";
import { FamilyEventData } from "./family-events.ts";

type Members = Readonly<Record<string, unknown>>;
type Decide = (device: CampusDevice) => SandboxStatusCommand;

/** What came of a report. */
interface Taken {
  readonly observed: CampusDevice;
  /** Id of the event that told of a connector lost or regained; `null` where none was. */
  readonly connectionId: EventId | null;
}

const PARENT_UNREACHABLE = "parent_unreachable";

/** Where reports go: into inventory and out to the endpoints. */
export interface DeviceReportsOptions {
  readonly inventory: Inventory;
  readonly turns: DeviceTurns;
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
  /** How devices that are cut off stood before, by device id. */
  readonly #before = new Map<string, SandboxStatusCommand>();
  readonly #families = new FamilyEventData();

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
    const { observed } = await this.#observe(of, () => command);
    return observed;
  }

  async #observe(of: CampusDevice, decide: Decide, given: Members = {}): Promise<Taken> {
    const taken = await this.#take(
      of,
      (device) => {
        const parent = this.#options.inventory.parentOf(device);
        if (parent === undefined || isReachable(parent.status)) return decide(device);
        throw new ProblemError(
          "device_unreachable",
          `What this device hangs on is ${parent.status}, so nothing is heard of it; make that online first.`,
        );
      },
      given,
    );
    await this.#followParent(taken.observed);
    return taken;
  }

  /** The cloud cannot see past a dead parent; and what is heard of again is as it was. */
  async #followParent(parent: CampusDevice): Promise<void> {
    for (const child of this.#options.inventory.childrenOf(parent)) {
      const isCutOff = child.status_reason === PARENT_UNREACHABLE;
      if (isReachable(parent.status) === !isCutOff) continue;
      const { observed } = await this.#take(child, (device) => {
        if (isCutOff) return this.#before.get(device.device_id) ?? { status: "online" };
        this.#before.set(device.device_id, {
          status: device.status,
          ...(device.status_reason && { status_reason: device.status_reason }),
        });
        return { status: "unknown", status_reason: PARENT_UNREACHABLE };
      });
      await this.#followParent(observed);
    }
  }

  /** Takes one device's status as observed, whatever it hangs on. @param given what a connector's event is to say */
  #take(of: CampusDevice, decide: Decide, given: Members = {}): Promise<Taken> {
    return this.#options.turns.take(of, async (device) => {
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
      if (changed && publishes(device.type, DEVICE_STATUS_CHANGED))
        await this.#options.publish(
          statusChangedEvent(observed, device.status, this.#options.turns.occurrence(observed, moment)),
        );
      const type = isReachable(status) ? CONNECTOR_RECONNECTED : CONNECTOR_DISCONNECTED;
      const isConnection = isReachable(status) !== isReachable(device.status) && publishes(device.type, type);
      const connectionId = isConnection ? await this.#tell(observed, type, given, moment) : null;
      this.#options.inventory.replace(observed);
      return { observed, connectionId };
    });
  }

  /**
   * Publishes an event of a catalogued type as the device stands, or has the device do what the event tells of.
   *
   * @param given members that the event's data is to have
   * @returns the event's id
   * @throws {ProblemError} `unknown_event_type`, `device_unreachable`, `invalid_body`
   */
  async report(of: CampusDevice, eventType: string, given: Members = {}): Promise<EventId> {
    if (!publishes(of.type, eventType))
      throw new ProblemError(
        "unknown_event_type",
        "The event catalogue lists no such event for this device's type.",
      );
    switch (eventType) {
      case DEVICE_HEARTBEAT:
        return this.#options.turns.take(of, (device) => this.#hear(device));
      case DEVICE_STATUS_CHANGED:
        return this.#options.turns.take(of, (device) => this.#repeat(device));
      case CONNECTOR_DISCONNECTED:
      case CONNECTOR_RECONNECTED:
        return this.#connect(of, eventType, given);
      default:
        return this.#options.turns.take(of, (device) =>
          this.#tell(device, eventType, given, this.#options.now()),
        );
    }
  }

  async #hear(device: CampusDevice): Promise<EventId> {
    const moment = this.#options.now();
    const shown = heard(device, moment);
    const event = heartbeatEvent(shown, this.#options.turns.occurrence(device, moment));
    await this.#options.publish(event);
    this.#options.inventory.replace(shown);
    return event.id;
  }

  async #repeat(device: CampusDevice): Promise<EventId> {
    const event = statusChangedEvent(
      device,
      null,
      this.#options.turns.occurrence(device, this.#options.now()),
    );
    await this.#options.publish(event);
    return event.id;
  }

  /** A connector that is lost takes along what hangs on it. */
  async #connect(of: CampusDevice, eventType: string, given: Members): Promise<EventId> {
    const isLost = eventType === CONNECTOR_DISCONNECTED;
    const refuse = (status: string) =>
      new ProblemError("device_unreachable", `This connector is ${status} already.`);
    const { connectionId } = await this.#observe(
      of,
      ({ status }) => {
        if (isReachable(status) !== isLost) throw refuse(status);
        return { status: isLost ? "offline" : "online" };
      },
      given,
    );
    if (connectionId === null) throw refuse(of.status);
    return connectionId;
  }

  /** @throws {ProblemError} `invalid_body` where the members given make no event of the type */
  async #tell(device: CampusDevice, type: string, given: Members, moment: Date): Promise<EventId> {
    const members = this.#families.describe(device, type, given);
    const event = familyEvent(type, device, members, this.#options.turns.occurrence(device, moment));
    readBody(eventSchemaOf(type), event);
    await this.#options.publish(event);
    return event.id;
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
