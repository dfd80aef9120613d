import type { DeviceChange, DeviceId, Org, OrgId, Site, SiteId } from "@convergint/schemas";
import type { Credential } from "../credentials.ts";
import type { Estate } from "../estate/estate.ts";
import type { CampusDevice } from "../estate/initial-status.ts";
import { ProblemError } from "../problem.ts";
import { ChangeLog } from "./change-log.ts";
import type { Filters } from "./filters.ts";

const byId =
  <Item>(idOf: (item: Item) => string) =>
  (one: Item, other: Item): number =>
    idOf(one) < idOf(other) ? -1 : 1;

/** The estate as it stands now, seen through a credential: what it may not see does not exist. */
export class Inventory {
  readonly #orgs: readonly Org[];
  readonly #sites: readonly Site[];
  /** In the order of ids, which no change to a device disturbs; records are replaced, never altered. */
  readonly #devices: Map<DeviceId, CampusDevice>;
  readonly #log: ChangeLog;

  constructor(estate: Estate) {
    this.#orgs = estate.orgs.toSorted(byId((org) => org.org_id));
    this.#sites = estate.sites.toSorted(byId((site) => site.site_id));
    const devices = estate.devices.toSorted(byId((device) => device.device_id));
    this.#devices = new Map(devices.map((device) => [device.device_id, device]));
    this.#log = new ChangeLog(devices);
  }

  /** The number of the state it is in; what has changed since can be listed by it. */
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

  /** @throws {ProblemError} `unknown_org` or `unknown_site`: never to be taken for "has no devices" */
  devices(credential: Credential, { org_id, site_id }: Filters): CampusDevice[] {
    if (org_id !== undefined) this.requireOrg(credential, org_id);
    if (site_id !== undefined) this.#requireSite(credential, site_id);
    return [...this.#devices.values()].filter(
      (device) =>
        credential.sees(device.org_id) &&
        (org_id === undefined || device.org_id === org_id) &&
        (site_id === undefined || device.site_id === site_id),
    );
  }

  /**
   * What has changed since a state: devices as they are now, those included that have left the filters, and tombstones.
   *
   * @throws {ProblemError} `unknown_org`, `unknown_site`
   */
  changes(credential: Credential, filters: Filters, state: number): DeviceChange[] {
    // An org or a site that is not there is told of, whatever has changed.
    this.devices(credential, filters);
    return this.#log
      .changedSince(state)
      .filter((id) => [state, this.state].some((each) => this.#log.wasWithin(id, filters, each)))
      .flatMap((id): DeviceChange[] => {
        const change = this.#devices.get(id) ?? this.#log.tombstone(id);
        return change && credential.sees(change.org_id) ? [change] : [];
      })
      .toSorted(byId((change) => change.device_id));
  }

  /** @throws {ProblemError} `unknown_device` */
  device(credential: Credential, deviceId: string): CampusDevice {
    const device = this.#devices.get(deviceId as DeviceId);
    if (device === undefined || !credential.sees(device.org_id))
      throw new ProblemError("unknown_device", "No device of yours has this id.");
    return device;
  }

  /** The record that stands in the place of this one by now. @throws {ProblemError} `unknown_device` where it is gone */
  current({ device_id }: CampusDevice): CampusDevice {
    const device = this.#devices.get(device_id);
    if (device === undefined) throw new ProblemError("unknown_device", "This device was removed.");
    return device;
  }

  /** What a device hangs on, where anything. */
  parentOf({ parent_device_id }: CampusDevice): CampusDevice | undefined {
    return this.#devices.get(parent_device_id as DeviceId);
  }

  /** What hangs on a device. */
  childrenOf({ device_id }: CampusDevice): CampusDevice[] {
    return [...this.#devices.values()].filter(({ parent_device_id }) => parent_device_id === device_id);
  }

  /** Puts a newer record of a device in the place of the one it had. */
  replace(device: CampusDevice): void {
    this.#devices.set(device.device_id, device);
    this.#log.changed(device);
  }

  /** Puts a device where there was none. */
  add(device: CampusDevice): void {
    const devices = [...this.#devices.values(), device].toSorted(byId(({ device_id }) => device_id));
    this.#devices.clear();
    for (const each of devices) this.#devices.set(each.device_id, each);
    this.#log.changed(device);
  }

  /** Takes a device out, and keeps its tombstone. */
  remove(device: CampusDevice, removedAt: string): void {
    this.#devices.delete(device.device_id);
    this.#log.removed(device, removedAt);
  }

  /** @throws {ProblemError} `unknown_site` */
  site(credential: Credential, siteId: SiteId): Site {
    return this.#requireSite(credential, siteId);
  }

  /** @throws {ProblemError} `unknown_org` */
  requireOrg(credential: Credential, orgId: OrgId): void {
    if (!credential.sees(orgId) || !this.#orgs.some(({ org_id }) => org_id === orgId))
      throw new ProblemError("unknown_org", "No org of yours has this id.");
  }

  #requireSite(credential: Credential, siteId: SiteId): Site {
    const site = this.#sites.find(({ site_id }) => site_id === siteId);
    if (site === undefined || !credential.sees(site.org_id))
      throw new ProblemError("unknown_site", "No site of yours has this id.");
    return site;
  }
}
