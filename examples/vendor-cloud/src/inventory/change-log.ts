import type { DeviceId, OrgId, RemovedDevice, SiteId } from "@convergint/schemas";
import type { CampusDevice } from "../estate/initial-status.ts";
import type { Filters } from "./filters.ts";

/** Where a device was from some change on. */
interface Place {
  /** The number of the change that brought it there; 0 where it stood when the campus opened. */
  readonly since: number;
  readonly org_id: OrgId;
  readonly site_id: SiteId;
}

/**
 * What has changed, counted: so that a number stands for a state of the inventory, and what is different from it can be
 * listed. A device that has left a filter's site, or the estate, is remembered with where it was.
 */
export class ChangeLog {
  #changes = 0;
  readonly #changedAt = new Map<DeviceId, number>();
  readonly #places = new Map<DeviceId, Place[]>();
  readonly #tombstones = new Map<DeviceId, RemovedDevice>();

  constructor(devices: readonly CampusDevice[]) {
    for (const { device_id, org_id, site_id } of devices)
      this.#places.set(device_id, [{ since: 0, org_id, site_id }]);
  }

  /** How many changes there were: the number of the state that the inventory is in. */
  get changes(): number {
    return this.#changes;
  }

  /** A device is there anew, or is not as it was. */
  changed({ device_id, org_id, site_id }: CampusDevice): void {
    this.#changes += 1;
    this.#changedAt.set(device_id, this.#changes);
    this.#tombstones.delete(device_id);
    const places = this.#places.get(device_id) ?? [];
    if (places.at(-1)?.site_id === site_id) return;
    this.#places.set(device_id, [...places, { since: this.#changes, org_id, site_id }]);
  }

  /** A device is gone. */
  removed({ device_id, org_id, site_id }: CampusDevice, removed_at: string): void {
    this.#changes += 1;
    this.#changedAt.set(device_id, this.#changes);
    this.#tombstones.set(device_id, { device_id, org_id, site_id, lifecycle: "removed", removed_at });
  }

  /** The devices that have changed since a state, by id, in no order. */
  changedSince(state: number): DeviceId[] {
    return [...this.#changedAt].filter(([, change]) => change > state).map(([id]) => id);
  }

  tombstone(deviceId: DeviceId): RemovedDevice | undefined {
    return this.#tombstones.get(deviceId);
  }

  /** Whether a device was within the filters when the inventory was in a state. */
  wasWithin(deviceId: DeviceId, { org_id, site_id }: Filters, state: number): boolean {
    const place = this.#places.get(deviceId)?.findLast(({ since }) => since <= state);
    return (
      place !== undefined &&
      (org_id === undefined || place.org_id === org_id) &&
      (site_id === undefined || place.site_id === site_id)
    );
  }
}
