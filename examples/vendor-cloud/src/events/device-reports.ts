import {
  CONNECTOR_DISCONNECTED,
  CONNECTOR_RECONNECTED,
  DEVICE_ADDED,
  DEVICE_HEARTBEAT,
  DEVICE_REMOVED,
  DEVICE_STATUS_CHANGED,
  DEVICE_UPDATED,
  type Event,
  type EventId,
  eventSchemaOf,
  type SandboxStatusCommand,
} from "@convergint/schemas";
import { type CampusDevice, isReachable, VENDOR_STATUS } from "../estate/initial-status.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { ProblemError, readBody } from "../problem.ts";
import { PLAIN, type Variation } from "../variation/variation.ts";
import { publishes } from "./catalogue.ts";
import {
  type DeviceOccurrence,
  familyEvent,
  heartbeatEvent,
  newOccurrence,
  statusChangedEvent,
} from "./device-events.ts";
import { FamilyEventData } from "./family-events.ts";

/** Serializes the changes of each device. */
export class DeviceTurns {
  readonly #inventory: Inventory;
  readonly #now: () => Date;
  /** How many events each device has published, by device id. */
  readonly #sequences = new Map<string, number>();
  /** A promise for the latest change of each device, by device id; settles when that change is complete. */
  readonly #turns = new Map<string, Promise<unknown>>();
  /** The moment of each device's last change, in Unix milliseconds, by device id. */
  readonly #moments = new Map<string, number>();

  constructor(inventory: Inventory, now: () => Date) {
    this.#inventory = inventory;
    this.#now = now;
  }

  /**
   * Returns the time of a device's next change. This time is never before the device's previous change, which
   * a replica with another clock may have made.
   */
  moment({ device_id }: Pick<CampusDevice, "device_id">): Date {
    const previous = this.#moments.get(device_id) ?? 0;
    const moment = Math.max(previous, this.#now().getTime());
    this.#moments.set(device_id, moment);
    return new Date(moment);
  }

  /**
   * Runs a change of a device after all earlier changes of that device.
   *
   * @throws {ProblemError} `unknown_device` if the device was removed meanwhile
   */
  take<Result>(of: CampusDevice, happen: (device: CampusDevice) => Promise<Result>): Promise<Result> {
    const next = () => happen(this.#inventory.current(of));
    const before = this.#turns.get(of.device_id) ?? Promise.resolve();
    const turn = before.then(next, next);
    this.#turns.set(of.device_id, turn);
    return turn;
  }

  /** Returns the id, time and sequence of the next event of a device. */
  occurrence({ device_id }: Pick<CampusDevice, "device_id">, moment: Date): DeviceOccurrence {
    const sequence = (this.#sequences.get(device_id) ?? 0) + 1;
    this.#sequences.set(device_id, sequence);
    return { ...newOccurrence(moment), sequence };
  }
}

type Members = Readonly<Record<string, unknown>>;
type Decide = (device: CampusDevice) => SandboxStatusCommand;

/** The result of a report. */
interface Applied {
  readonly observed: CampusDevice;
  /** Id of the connector event that was published, or `null`. */
  readonly connectionId: EventId | null;
}

const PARENT_UNREACHABLE = "parent_unreachable";
const HEARTBEAT_INTERVAL_MS = 5 * 60_000;

/** The dependencies of device reports. */
export interface DeviceReportsOptions {
  readonly inventory: Inventory;
  readonly turns: DeviceTurns;
  /** Resolves after the event is stored for every endpoint that subscribes to it. */
  readonly publish: (event: Event) => Promise<void>;
  /** Which devices are connectors, and how the devices behind them follow. */
  readonly variation?: Pick<Variation, "notConnectors" | "childrenFirst" | "backOnline">;
}

/**
 * Applies what devices report. A change becomes visible in the inventory when its event is stored for
 * delivery. So the inventory and the events cannot disagree, and every visible change has its event.
 */
export class DeviceReports {
  readonly #options: DeviceReportsOptions;
  /** The status of unreachable devices before they were cut off, by device id. */
  readonly #before = new Map<string, SandboxStatusCommand>();
  readonly #families = new FamilyEventData();
  /** The last posted heartbeat, by device id. */
  readonly #heartbeats = new Map<string, { readonly at: number; readonly eventId: EventId }>();

  constructor(options: DeviceReportsOptions) {
    this.#options = options;
  }

  /**
   * Applies an observed status. Publishes an event if the status or its reason changed, and one event for each device
   * behind this device that becomes unreachable or reachable.
   *
   * @throws {ProblemError} `device_unreachable` if the device itself is unreachable
   */
  async observe(of: CampusDevice, command: SandboxStatusCommand): Promise<CampusDevice> {
    const { observed } = await this.#observe(of, () => command);
    return observed;
  }

  async #observe(of: CampusDevice, decide: Decide, given: Members = {}): Promise<Applied> {
    const { inventory } = this.#options;
    const decideIfReachable: Decide = (device) => {
      const connector = this.#connectorOf(device);
      if (connector === undefined || isReachable(connector.status)) return decide(device);
      throw new ProblemError(
        "device_unreachable",
        `The parent of this device is ${connector.status}, so the device is unreachable. Set the parent to online first.`,
      );
    };
    if (this.#variation.childrenFirst) {
      const device = inventory.current(of);
      await this.#followConnector({ ...device, ...decideIfReachable(device) });
    }
    const applied = await this.#apply(of, decideIfReachable, given);
    await this.#followConnector(applied.observed);
    return applied;
  }

  get #variation() {
    return this.#options.variation ?? PLAIN;
  }

  /** Returns the connector through which the cloud hears from a device, if any. */
  #connectorOf(device: CampusDevice): CampusDevice | undefined {
    const parent = this.#options.inventory.parentOf(device);
    return parent && this.#variation.notConnectors.includes(parent.type) ? undefined : parent;
  }

  /**
   * Sets devices behind an unreachable connector to unknown, and restores their status when the connector is
   * reachable.
   */
  async #followConnector(connector: CampusDevice): Promise<void> {
    if (this.#variation.notConnectors.includes(connector.type)) return;
    for (const child of this.#options.inventory.childrenOf(connector)) {
      const isCutOff = child.status_reason === PARENT_UNREACHABLE;
      if (isReachable(connector.status) === !isCutOff) continue;
      const { observed } = await this.#apply(child, (device) => {
        if (isCutOff) {
          const before = this.#before.get(device.device_id);
          return before === undefined || this.#variation.backOnline ? { status: "online" } : before;
        }
        this.#before.set(device.device_id, {
          status: device.status,
          ...(device.status_reason && { status_reason: device.status_reason }),
        });
        return { status: "unknown", status_reason: PARENT_UNREACHABLE };
      });
      await this.#followConnector(observed);
    }
  }

  /**
   * Applies the status of one device, whatever its parent's status.
   *
   * @param given members of a connector event
   */
  #apply(of: CampusDevice, decide: Decide, given: Members = {}): Promise<Applied> {
    return this.#options.turns.take(of, async (device) => {
      const { status, status_reason } = decide(device);
      const moment = this.#options.turns.moment(device);
      const time = moment.toISOString();
      const changed = status !== device.status;
      const reason = status_reason ?? (changed ? null : device.status_reason);
      const isNews = changed || reason !== device.status_reason;
      const observed: CampusDevice = {
        ...device,
        status,
        status_reason: reason,
        vendor_status: VENDOR_STATUS[status],
        status_observed_at: time,
        status_changed_at: changed ? time : device.status_changed_at,
        last_seen_at: isReachable(status) ? time : device.last_seen_at,
        updated_at: time,
      };
      if (isNews && publishes(device.type, DEVICE_STATUS_CHANGED)) {
        const occurrence = this.#options.turns.occurrence(observed, moment);
        await this.#options.publish(statusChangedEvent(observed, changed ? device.status : null, occurrence));
      }
      const type = isReachable(status) ? CONNECTOR_RECONNECTED : CONNECTOR_DISCONNECTED;
      const isConnection =
        isReachable(status) !== isReachable(device.status) && publishes(device.type, type, this.#variation);
      const connectionId = isConnection ? await this.#publishFamily(observed, type, given, moment) : null;
      this.#options.inventory.replace(observed);
      return { observed, connectionId };
    });
  }

  /**
   * Publishes an event of a type in the catalogue. A connector event also takes the connector offline or
   * online; any other event reports the device's current state. Refuses an event that would contradict the
   * inventory.
   *
   * @param given members for the event's data
   * @returns the event's id
   * @throws {ProblemError} `unknown_event_type`, `device_unreachable`, `invalid_body`
   */
  async report(of: CampusDevice, eventType: string, given: Members = {}): Promise<EventId> {
    if (!publishes(of.type, eventType, this.#variation))
      throw new ProblemError(
        "unknown_event_type",
        "The event catalogue does not list this event type for devices of this type.",
      );
    switch (eventType) {
      case DEVICE_HEARTBEAT:
        return this.#options.turns.take(of, (device) => this.#hear(device));
      case DEVICE_STATUS_CHANGED:
        return this.#options.turns.take(of, (device) => this.#repeat(device, given));
      case DEVICE_ADDED:
      case DEVICE_UPDATED:
      case DEVICE_REMOVED:
        throw new ProblemError(
          "invalid_body",
          "/type: This event follows a change of the inventory. Send the command that adds, moves or removes a device.",
        );
      case CONNECTOR_DISCONNECTED:
      case CONNECTOR_RECONNECTED:
        return this.#connect(of, eventType, given);
      default:
        return this.#options.turns.take(of, (device) =>
          this.#publishFamily(device, eventType, given, this.#options.turns.moment(device)),
        );
    }
  }

  /** Accepts a heartbeat, but posts no second one within 5 minutes. @returns the id of the last posted event */
  async #hear(device: CampusDevice): Promise<EventId> {
    const moment = this.#options.turns.moment(device);
    const shown = withHeartbeat(device, moment);
    const before = this.#heartbeats.get(device.device_id);
    if (before && moment.getTime() < before.at + HEARTBEAT_INTERVAL_MS) {
      this.#options.inventory.replace(shown);
      return before.eventId;
    }
    const event = heartbeatEvent(shown, this.#options.turns.occurrence(device, moment));
    await this.#options.publish(event);
    this.#heartbeats.set(device.device_id, { at: moment.getTime(), eventId: event.id });
    this.#options.inventory.replace(shown);
    return event.id;
  }

  /** Reports the current status again. @throws {ProblemError} `invalid_body` for another status */
  async #repeat(device: CampusDevice, { status = device.status }: Members): Promise<EventId> {
    if (status !== device.status)
      throw new ProblemError(
        "invalid_body",
        `/data/status: This device is ${device.status}. Send the status command to change it.`,
      );
    const event = statusChangedEvent(
      device,
      null,
      this.#options.turns.occurrence(device, this.#options.turns.moment(device)),
    );
    await this.#options.publish(event);
    return event.id;
  }

  /** Disconnects or reconnects a connector, with the devices behind it. */
  async #connect(of: CampusDevice, eventType: string, given: Members): Promise<EventId> {
    const { connector_id: named = of.device_id } = given;
    if (named !== of.device_id)
      throw new ProblemError(
        "invalid_body",
        "The connector_id of this device is its device_id. Send the device_id, or omit connector_id.",
      );
    const isLost = eventType === CONNECTOR_DISCONNECTED;
    const refuse = (status: string) =>
      new ProblemError("device_unreachable", `This connector is already ${status}.`);
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

  /** @throws {ProblemError} `invalid_body` if the given members do not make a valid event */
  async #publishFamily(device: CampusDevice, type: string, given: Members, moment: Date): Promise<EventId> {
    const members = this.#families.describe(device, type, given);
    const event = familyEvent(type, device, members, this.#options.turns.occurrence(device, moment));
    readBody(eventSchemaOf(type), event);
    await this.#options.publish(event);
    return event.id;
  }
}

/** @throws {ProblemError} `device_unreachable` */
function withHeartbeat(device: CampusDevice, moment: Date): CampusDevice {
  if (!isReachable(device.status))
    throw new ProblemError(
      "device_unreachable",
      `This device is ${device.status} and sends no heartbeat. Set the device to online first.`,
    );
  const time = moment.toISOString();
  return { ...device, status_observed_at: time, last_seen_at: time, updated_at: time };
}
