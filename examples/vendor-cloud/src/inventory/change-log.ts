import type { Device, DeviceId, OrgId, RemovedDevice, SiteId, SystemId } from "@convergint/schemas";
import type { CampusDevice } from "../estate/initial-status.ts";
import type { Filters } from "./list-query.ts";

/** The site and system of a device, starting with a certain change. */
interface Place {
  /** The number of the change that moved the device to this site; 0 for the initial site. */
  readonly since: number;
  readonly org_id: OrgId;
  readonly site_id: SiteId;
  readonly system_id: Device["system_id"];
}

/**
 * Numbers the changes. A number identifies a state of the inventory, so that the changes since that state can
 * be listed. Keeps the former sites of devices that moved or were removed.
 */
export class ChangeLog {
  #changes = 0;
  readonly #changedAt = new Map<DeviceId, number>();
  readonly #places = new Map<DeviceId, Place[]>();
  readonly #tombstones = new Map<DeviceId, RemovedDevice>();

  constructor(devices: readonly CampusDevice[]) {
    for (const { device_id, org_id, site_id, system_id } of devices)
      this.#places.set(device_id, [{ since: 0, org_id, site_id, system_id }]);
  }

  /** The number of the current state: the count of all changes. */
  get changes(): number {
    return this.#changes;
  }

  /** Records an added or changed device. */
  changed({ device_id, org_id, site_id, system_id }: CampusDevice): void {
    this.#changes += 1;
    this.#changedAt.set(device_id, this.#changes);
    this.#tombstones.delete(device_id);
    const places = this.#places.get(device_id) ?? [];
    if (places.at(-1)?.site_id === site_id) return;
    this.#places.set(device_id, [...places, { since: this.#changes, org_id, site_id, system_id }]);
  }

  /** Records a removed device. */
  removed({ device_id, org_id, site_id }: CampusDevice, removed_at: string): void {
    this.#changes += 1;
    this.#changedAt.set(device_id, this.#changes);
    this.#tombstones.set(device_id, { device_id, org_id, site_id, lifecycle: "removed", removed_at });
  }

  /** Returns the ids of devices that changed since a state, in no particular order. */
  changedSince(state: number): DeviceId[] {
    return [...this.#changedAt].filter(([, change]) => change > state).map(([id]) => id);
  }

  tombstone(deviceId: DeviceId): RemovedDevice | undefined {
    return this.#tombstones.get(deviceId);
  }

  /** Whether a device matched the filters in an earlier state. */
  wasWithin(deviceId: DeviceId, { org_id, site_id, system_id }: Filters, state: number): boolean {
    const place = this.#places.get(deviceId)?.findLast(({ since }) => since <= state);
    return (
      place !== undefined &&
      (org_id === undefined || place.org_id === org_id) &&
      (site_id === undefined || place.site_id === site_id) &&
      (system_id === undefined || place.system_id === system_id)
    );
  }

  /** Whether one of these orgs had a device of the system that was removed. */
  hadSystem(systemId: SystemId, sees: (orgId: OrgId) => boolean): boolean {
    return [...this.#tombstones].some(
      ([id, { org_id }]) => sees(org_id) && this.#places.get(id)?.at(-1)?.system_id === systemId,
    );
  }
}
