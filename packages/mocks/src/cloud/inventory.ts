import type { Device, Org, RemovedDevice, Site } from "@convergint/schemas";
import { Refusal } from "../problem.ts";
import type { Campus } from "./campus.ts";

/** The filters of a listing. */
export interface Filters {
  readonly org_id?: string | undefined;
  readonly site_id?: string | undefined;
  readonly system_id?: string | undefined;
}

/** Whether two listings have the same filters. */
export const hasSameFilters = (one: Filters, other: Filters): boolean =>
  one.org_id === other.org_id && one.site_id === other.site_id && one.system_id === other.system_id;

/** The latest record of a device, and the number of its last change. */
type Kept =
  | { readonly change: number; readonly device: Device; readonly tombstone: null }
  | { readonly change: number; readonly device: null; readonly tombstone: RemovedDevice };

type Place = Pick<Device, "org_id" | "site_id" | "system_id">;

const matches = ({ org_id, site_id, system_id }: Filters, record: Place): boolean =>
  (org_id === undefined || record.org_id === org_id) &&
  (site_id === undefined || record.site_id === site_id) &&
  (system_id === undefined || record.system_id === system_id);

/** The current inventory. Records are replaced, never modified, so a listing in progress stays consistent. */
export class Inventory {
  readonly orgs: readonly Org[];
  readonly #sites: readonly Site[];
  readonly #devices: Map<string, Kept>;
  /** The systems of removed devices: a tombstone does not name its system. */
  readonly #formerSystems = new Map<string, Device["system_id"]>();
  #changes = 0;

  constructor({ orgs, sites, devices }: Campus) {
    this.orgs = orgs;
    this.#sites = sites;
    this.#devices = new Map(
      devices.map((device) => [device.device_id, { change: 0, device, tombstone: null }]),
    );
  }

  /** Number of changes so far. */
  get changes(): number {
    return this.#changes;
  }

  /** @throws {Refusal} `unknown_org` */
  sites({ org_id }: Filters = {}): readonly Site[] {
    this.#requireOrg(org_id);
    return this.#sites.filter((site) => org_id === undefined || site.org_id === org_id);
  }

  /** @throws {Refusal} `unknown_org`, `unknown_site`, `unknown_system`: never an empty list */
  devices(filters: Filters = {}): readonly Device[] {
    this.#requireOrg(filters.org_id);
    this.#requireSite(filters.site_id);
    this.#requireSystem(filters.system_id);
    return [...this.#devices.values()].flatMap(({ device }) =>
      device !== null && matches(filters, device) ? [device] : [],
    );
  }

  device(deviceId: string): Device | undefined {
    return this.#devices.get(deviceId)?.device ?? undefined;
  }

  /**
   * Lists the changed devices. Lists a removed device as its tombstone, and every other device in its current
   * state.
   *
   * @param since number of the last known change
   * @param members ids of the devices in the earlier listing, which are listed even if they no longer match
   *   the filter
   */
  changed(
    since: number,
    filters: Filters,
    members: ReadonlySet<string>,
  ): readonly (Device | RemovedDevice)[] {
    return [...this.#devices].flatMap(([id, { change, device, tombstone }]) => {
      const record = device ?? tombstone;
      const place = device ?? { ...tombstone, system_id: this.#formerSystems.get(id) };
      return change > since && (members.has(id) || matches(filters, place)) ? [record] : [];
    });
  }

  /** Adds a device, or replaces its record with a newer one. */
  put(device: Device): void {
    this.#changes += 1;
    // Deletes the old entry first, because a device that was removed and is added again must be listed last.
    if (this.device(device.device_id) === undefined) this.#devices.delete(device.device_id);
    this.#devices.set(device.device_id, { change: this.#changes, device, tombstone: null });
  }

  remove({ device_id, org_id, site_id, system_id }: Device, removedAt: string): RemovedDevice {
    this.#changes += 1;
    this.#formerSystems.set(device_id, system_id);
    const tombstone: RemovedDevice = {
      device_id,
      org_id,
      site_id,
      lifecycle: "removed",
      removed_at: removedAt,
    };
    this.#devices.set(device_id, { change: this.#changes, device: null, tombstone });
    return tombstone;
  }

  /** @throws {Refusal} `unknown_org` */
  #requireOrg(orgId: string | undefined): void {
    if (orgId !== undefined && !this.orgs.some(({ org_id }) => org_id === orgId))
      throw new Refusal(
        "unknown_org",
        "No org with this id is visible to this credential. List the orgs with GET /v1/orgs.",
      );
  }

  /** @throws {Refusal} `unknown_site` */
  #requireSite(siteId: string | undefined): void {
    if (siteId !== undefined && !this.#sites.some(({ site_id }) => site_id === siteId))
      throw new Refusal(
        "unknown_site",
        "No site with this id is visible to this credential. List the sites with GET /v1/sites.",
      );
  }

  /** A system exists while it has a device or the tombstone of one. @throws {Refusal} `unknown_system` */
  #requireSystem(systemId: string | undefined): void {
    if (systemId === undefined) return;
    const exists = [...this.#devices].some(
      ([id, { device }]) => (device ? device.system_id : this.#formerSystems.get(id)) === systemId,
    );
    if (!exists)
      throw new Refusal(
        "unknown_system",
        "No system with this id is visible to this credential. Take the system_id of a device that GET /v1/devices lists.",
      );
  }
}
