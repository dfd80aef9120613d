import { randomBytes, randomUUID } from "node:crypto";
import { deviceIdSchema, type Event, type Site } from "@convergint/schemas";
import { type CampusDevice, VENDOR_STATUS } from "../estate/initial-status.ts";
import { PRODUCTS } from "../estate/products.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { ProblemError } from "../problem.ts";
import { deviceAddedEvent, deviceRemovedEvent, deviceUpdatedEvent } from "./device-events.ts";
import type { DeviceTurns } from "./device-reports.ts";

/** The dependencies of installations. */
export interface InstallationsOptions {
  readonly inventory: Inventory;
  readonly turns: DeviceTurns;
  /** Resolves after the event is stored for every endpoint that subscribes to it. */
  readonly publish: (event: Event) => Promise<void>;
  /** Returns the id of a new device. */
  readonly createId?: () => string;
}

/** Creates a locally administered address, which no manufacturer uses. */
const createMacAddress = (): string => `02${randomBytes(5).toString("hex")}`.replace(/..(?!$)/g, "$&:");

/** Adds, moves and removes devices. The inventory shows a change only after its event is stored. */
export class Installations {
  readonly #options: InstallationsOptions;

  constructor(options: InstallationsOptions) {
    this.#options = options;
  }

  /** Adds a device. @throws {ProblemError} `invalid_body` for a type that this cloud does not have */
  async add(
    { org_id, site_id }: Site,
    { type, name }: { readonly type: string; readonly name: string },
  ): Promise<CampusDevice> {
    if (!Object.hasOwn(PRODUCTS, type))
      throw new ProblemError("invalid_body", `/type: Send one of ${Object.keys(PRODUCTS).join(", ")}.`);
    const device_id = deviceIdSchema.parse((this.#options.createId ?? randomUUID)());
    const moment = this.#options.turns.moment({ device_id });
    const time = moment.toISOString();
    const device: CampusDevice = {
      device_id,
      org_id,
      site_id,
      name,
      type,
      vendor_type: type,
      status: "online",
      status_reason: null,
      vendor_status: VENDOR_STATUS.online,
      status_observed_at: time,
      status_changed_at: time,
      last_seen_at: time,
      lifecycle: "active",
      admin_state: "enabled",
      updated_at: time,
      mac_addresses: [createMacAddress()],
      parent_device_id: null,
    };
    await this.#options.publish(deviceAddedEvent(device, this.#options.turns.occurrence(device, moment)));
    this.#options.inventory.add(device);
    return device;
  }

  /**
   * Moves a device to another site of its org; the device loses its parent.
   *
   * @throws {ProblemError} `unknown_device`, `invalid_body`
   */
  move(of: CampusDevice, { site_id, org_id }: Site): Promise<CampusDevice> {
    if (org_id !== of.org_id)
      throw new ProblemError("invalid_body", "/site_id: Send a site of the device's own org.");
    return this.#change(of, { site_id, parent_device_id: null });
  }

  /** Gives a device another name. @throws {ProblemError} `unknown_device` */
  rename(of: CampusDevice, name: string): Promise<CampusDevice> {
    return this.#change(of, { name });
  }

  /** Removes a device; its children lose their parent. @throws {ProblemError} `unknown_device` */
  async remove(of: CampusDevice): Promise<void> {
    const { inventory, turns, publish } = this.#options;
    for (const child of inventory.childrenOf(of)) await this.#change(child, { parent_device_id: null });
    await turns.take(of, async (device) => {
      const moment = turns.moment(device);
      const removedAt = moment.toISOString();
      await publish(deviceRemovedEvent(device, removedAt, turns.occurrence(device, moment)));
      inventory.remove(device, removedAt);
    });
  }

  #change(
    of: CampusDevice,
    change: Partial<Pick<CampusDevice, "site_id" | "parent_device_id" | "name">>,
  ): Promise<CampusDevice> {
    const { inventory, turns, publish } = this.#options;
    return turns.take(of, async (device) => {
      const moment = turns.moment(device);
      const changed = { ...device, ...change, updated_at: moment.toISOString() };
      const members = (["site_id", "parent_device_id", "name"] as const).filter(
        (name) => changed[name] !== device[name],
      );
      if (members.length === 0) return device;
      await publish(deviceUpdatedEvent(changed, device, members, turns.occurrence(device, moment)));
      inventory.replace(changed);
      return changed;
    });
  }
}
