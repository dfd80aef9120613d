import type { DeviceChange, DeviceId, Org, OrgId, Site, SiteId, SystemId } from "@convergint/schemas";
import type { Credential } from "../credentials.ts";
import type { Estate } from "../estate/estate.ts";
import type { CampusDevice } from "../estate/initial-status.ts";
import { ProblemError } from "../problem.ts";
import { idOrder, PLAIN } from "../variation/variation.ts";
import { ChangeLog } from "./change-log.ts";
import type { Filters } from "./list-query.ts";

/**
 * The current inventory as each credential sees it. What a credential may not see does not exist for that
 * credential.
 */
export class Inventory {
  readonly #orgs: readonly Org[];
  readonly #sites: readonly Site[];
  /** The devices, sorted by id, so that changes do not reorder them. Records are replaced, never mutated. */
  readonly #devices: Map<DeviceId, CampusDevice>;
  readonly #log: ChangeLog;
  readonly #compare: (one: string, other: string) => number;
  readonly #followers: ((change: (replica: Inventory) => void) => void)[] = [];

  /** @param compare the order of ids in listings */
  constructor(estate: Estate, compare: (one: string, other: string) => number = idOrder(PLAIN)) {
    this.#compare = compare;
    this.#orgs = estate.orgs.toSorted((one, other) => compare(one.org_id, other.org_id));
    this.#sites = estate.sites.toSorted((one, other) => compare(one.site_id, other.site_id));
    const devices = estate.devices.toSorted(this.#byDeviceId);
    this.#devices = new Map(devices.map((device) => [device.device_id, device]));
    this.#log = new ChangeLog(devices);
  }

  readonly #byDeviceId = (one: { device_id: string }, other: { device_id: string }): number =>
    this.#compare(one.device_id, other.device_id);

  /** The number of the current state, for listings of changes. */
  get state(): number {
    return this.#log.changes;
  }

  orgs(credential: Credential): Org[] {
    return this.#orgs.filter(({ org_id }) => credential.sees(org_id));
  }

  /** @throws {ProblemError} `unknown_org` */
  sites(credential: Credential, { org_id }: Filters): Site[] {
    if (org_id !== undefined) this.requireOrg(credential, org_id);
    return this.#sites.filter(
      (site) => credential.sees(site.org_id) && (org_id === undefined || site.org_id === org_id),
    );
  }

  /** @throws {ProblemError} `unknown_org`, `unknown_site` or `unknown_system`, instead of an empty listing */
  devices(credential: Credential, { org_id, site_id, system_id }: Filters): CampusDevice[] {
    if (org_id !== undefined) this.requireOrg(credential, org_id);
    if (site_id !== undefined) {
      const site = this.#requireSite(credential, site_id);
      if (org_id !== undefined && site.org_id !== org_id)
        throw new ProblemError("unknown_site", "This org has no site with this id.");
    }
    if (system_id !== undefined) this.#requireSystem(credential, system_id);
    return [...this.#devices.values()].filter(
      (device) =>
        credential.sees(device.org_id) &&
        (org_id === undefined || device.org_id === org_id) &&
        (site_id === undefined || device.site_id === site_id) &&
        (system_id === undefined || device.system_id === system_id),
    );
  }

  /**
   * Lists the changes since a state: tombstones, and current devices, even if a device no longer matches the
   * filters.
   *
   * @throws {ProblemError} `unknown_org`, `unknown_site`, `unknown_system`
   */
  changes(credential: Credential, filters: Filters, state: number): DeviceChange[] {
    // Refuses an unknown org, site or system even if nothing changed.
    this.devices(credential, filters);
    return this.#log
      .changedSince(state)
      .filter((id) => [state, this.state].some((each) => this.#log.wasWithin(id, filters, each)))
      .flatMap((id): DeviceChange[] => {
        const change = this.#devices.get(id) ?? this.#log.tombstone(id);
        return change && credential.sees(change.org_id) ? [change] : [];
      })
      .toSorted(this.#byDeviceId);
  }

  /** @throws {ProblemError} `unknown_device` */
  device(credential: Credential, deviceId: string): CampusDevice {
    const device = this.#devices.get(deviceId as DeviceId);
    if (device === undefined || !credential.sees(device.org_id))
      throw new ProblemError("unknown_device", "You have no device with this id.");
    return device;
  }

  /**
   * Returns the current record of a device.
   *
   * @throws {ProblemError} `unknown_device` if the device was removed
   */
  current({ device_id }: CampusDevice): CampusDevice {
    const device = this.#devices.get(device_id);
    if (device === undefined) throw new ProblemError("unknown_device", "This device was removed.");
    return device;
  }

  /** Every device of every org. */
  all(): CampusDevice[] {
    return [...this.#devices.values()];
  }

  /** Every site of an org. */
  sitesOf(orgId: OrgId): Site[] {
    return this.#sites.filter(({ org_id }) => org_id === orgId);
  }

  /** Returns the parent of a device, if any. */
  parentOf({ parent_device_id }: CampusDevice): CampusDevice | undefined {
    return this.#devices.get(parent_device_id as DeviceId);
  }

  /** Returns the children of a device. */
  childrenOf({ device_id }: CampusDevice): CampusDevice[] {
    return [...this.#devices.values()].filter(({ parent_device_id }) => parent_device_id === device_id);
  }

  /** Replaces the record of a device. */
  replace(device: CampusDevice): void {
    this.#devices.set(device.device_id, device);
    this.#log.changed(device);
    this.#announce((replica) => replica.replace(device));
  }

  /** Adds a device. */
  add(device: CampusDevice): void {
    const devices = [...this.#devices.values(), device].toSorted(this.#byDeviceId);
    this.#devices.clear();
    for (const each of devices) this.#devices.set(each.device_id, each);
    this.#log.changed(device);
    this.#announce((replica) => replica.add(device));
  }

  /** Removes a device and keeps its tombstone. */
  remove(device: CampusDevice, removedAt: string): void {
    this.#devices.delete(device.device_id);
    this.#log.removed(device, removedAt);
    this.#announce((replica) => replica.remove(device, removedAt));
  }

  /** Passes each change to a follower, which applies it to a replica. */
  follow(follower: (change: (replica: Inventory) => void) => void): void {
    this.#followers.push(follower);
  }

  #announce(change: (replica: Inventory) => void): void {
    for (const follower of this.#followers) follower(change);
  }

  /** @throws {ProblemError} `unknown_site` */
  site(credential: Credential, siteId: SiteId): Site {
    return this.#requireSite(credential, siteId);
  }

  /** @throws {ProblemError} `unknown_org` */
  requireOrg(credential: Credential, orgId: OrgId): void {
    if (!credential.sees(orgId) || !this.#orgs.some(({ org_id }) => org_id === orgId))
      throw new ProblemError("unknown_org", "You have no org with this id.");
  }

  #requireSite(credential: Credential, siteId: SiteId): Site {
    const site = this.#sites.find(({ site_id }) => site_id === siteId);
    if (site === undefined || !credential.sees(site.org_id))
      throw new ProblemError("unknown_site", "You have no site with this id.");
    return site;
  }

  /** A system exists while it has a device or the tombstone of one. @throws {ProblemError} `unknown_system` */
  #requireSystem(credential: Credential, systemId: SystemId): void {
    const sees = (orgId: OrgId) => credential.sees(orgId);
    const exists = this.all().some(({ system_id, org_id }) => system_id === systemId && sees(org_id));
    if (!exists && !this.#log.hadSystem(systemId, sees))
      throw new ProblemError("unknown_system", "You have no device of a system with this id.");
  }
}
