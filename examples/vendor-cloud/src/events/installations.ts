import { randomBytes, randomUUID } from "node:crypto";
import { deviceIdSchema, type Event, type Site } from "@convergint/schemas";
import { type CampusDevice, VENDOR_STATUS } from "../estate/initial-status.ts";
import { PRODUCTS } from "../estate/products.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { ProblemError } from "../problem.ts";
import { deviceAddedEvent, deviceRemovedEvent, deviceUpdatedEvent } from "./device-events.ts";
import type { DeviceTurns } from "./device-turns.ts";

/** Where installations are told: into inventory and out to the endpoints. */
export interface InstallationsOptions {
  readonly inventory: Inventory;
  readonly turns: DeviceTurns;
  /** Resolves when the event is kept for every endpoint that wants it. */
  readonly publish: (event: Event) => Promise<void>;
  readonly now: () => Date;
}

/** A locally administered address: it can be no real manufacturer's. */
const macAddress = (): string => `02${randomBytes(5).toString("hex")}`.replace(/..(?!$)/g, "$&:");

/** What people do to devices: put them up, carry them elsewhere, take them down. Inventory shows it when its event is kept. */
export class Installations {
  readonly #options: InstallationsOptions;

  constructor(options: InstallationsOptions) {
    this.#options = options;
  }

  /** @throws {ProblemError} `invalid_body` for a type that this cloud does not have */
  async add(
    { org_id, site_id }: Site,
    { type, name }: { readonly type: string; readonly name: string },
  ): Promise<CampusDevice> {
    if (!Object.hasOwn(PRODUCTS, type))
      throw new ProblemError("invalid_body", `/type: Send one of ${Object.keys(PRODUCTS).join(", ")}.`);
    const moment = this.#options.now();
    const time = moment.toISOString();
    const device: CampusDevice = {
      device_id: deviceIdSchema.parse(randomUUID()),
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
      mac_addresses: [macAddress()],
      parent_device_id: null,
    };
    await this.#options.publish(deviceAddedEvent(device, this.#options.turns.occurrence(device, moment)));
    this.#options.inventory.add(device);
    return device;
  }

  /** It is at another site of its org, and hangs on nothing there. @throws {ProblemError} `unknown_device`, `invalid_body` */
  move(of: CampusDevice, { site_id, org_id }: Site): Promise<CampusDevice> {
    if (org_id !== of.org_id)
      throw new ProblemError("invalid_body", "/site_id: Send a site of the device's own org.");
    return this.#change(of, { site_id, parent_device_id: null });
  }

  /** It is gone; what hung on it hangs on nothing. @throws {ProblemError} `unknown_device` */
  async remove(of: CampusDevice): Promise<void> {
    const { inventory, turns, publish, now } = this.#options;
    for (const child of inventory.childrenOf(of)) await this.#change(child, { parent_device_id: null });
    await turns.take(of, async (device) => {
      const moment = now();
      const removedAt = moment.toISOString();
      await publish(deviceRemovedEvent(device, removedAt, turns.occurrence(device, moment)));
      inventory.remove(device, removedAt);
    });
  }

  #change(
    of: CampusDevice,
    change: Partial<Pick<CampusDevice, "site_id" | "parent_device_id">>,
  ): Promise<CampusDevice> {
    const { inventory, turns, publish, now } = this.#options;
    return turns.take(of, async (device) => {
      const moment = now();
      const changed = { ...device, ...change, updated_at: moment.toISOString() };
      const members = (["site_id", "parent_device_id"] as const).filter(
        (name) => changed[name] !== device[name],
      );
      if (members.length === 0) return device;
      await publish(deviceUpdatedEvent(changed, device, members, turns.occurrence(device, moment)));
      inventory.replace(changed);
      return changed;
    });
  }
}
