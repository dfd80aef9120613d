import type { Device, Org, RemovedDevice, Site } from "@convergint/schemas";
import { Refusal } from "../problem.ts";
import type { Campus } from "./campus.ts";

/** What a listing may be narrowed to. */
export interface Filters {
  readonly org_id?: string | undefined;
  readonly site_id?: string | undefined;
}

/** The latest of a device, and the number of the change that made it so. */
type Kept =
  | { readonly change: number; readonly device: Device; readonly tombstone: null }
  | { readonly change: number; readonly device: null; readonly tombstone: RemovedDevice };

const matches = ({ org_id, site_id }: Filters, record: Device | RemovedDevice): boolean =>
  (org_id === undefined || record.org_id === org_id) && (site_id === undefined || record.site_id === site_id);

/** What the cloud knows now. Records are replaced, never altered, so a listing that was begun keeps what it had. */
export class Inventory {
  readonly orgs: readonly Org[];
  readonly #sites: readonly Site[];
  readonly #devices: Map<string, Kept>;
  #changes = 0;

  constructor({ orgs, sites, devices }: Campus) {
    this.orgs = orgs;
    this.#sites = sites;
    this.#devices = new Map(
      devices.map((device) => [device.device_id, { change: 0, device, tombstone: null }]),
    );
  }

  /** How often anything has changed. */
  get changes(): number {
    return this.#changes;
  }

  /** @throws {Refusal} `unknown_org` */
  sites({ org_id }: Filters = {}): readonly Site[] {
    this.#requireOrg(org_id);
    return this.#sites.filter((site) => org_id === undefined || site.org_id === org_id);
  }

  /** @throws {Refusal} `unknown_org`, `unknown_site`: never to be taken for "has no devices" */
  devices(filters: Filters = {}): readonly Device[] {
    this.#requireOrg(filters.org_id);
    this.#requireSite(filters.site_id);
    return [...this.#devices.values()].flatMap(({ device }) =>
      device !== null && matches(filters, device) ? [device] : [],
    );
  }

  device(deviceId: string): Device | undefined {
    return this.#devices.get(deviceId)?.device ?? undefined;
  }

  /**
   * What has changed: each device as it is now, or what is left of it.
   *
   * @param since the number of the last change that is known already
   * @param members the ids that were in the listing then: one that has left the filter is listed too
   */
  changed(
    since: number,
    filters: Filters,
    members: ReadonlySet<string>,
  ): readonly (Device | RemovedDevice)[] {
    return [...this.#devices].flatMap(([id, { change, device, tombstone }]) => {
      const record = device ?? tombstone;
      return change > since && (members.has(id) || matches(filters, record)) ? [record] : [];
    });
  }

  /** Adds a device, or puts a newer record in the place of the one it had. */
  put(device: Device): void {
    this.#changes += 1;
    // Deleted first: what comes back after its removal is added at the end, as a vendor would list it.
    if (this.device(device.device_id) === undefined) this.#devices.delete(device.device_id);
    this.#devices.set(device.device_id, { change: this.#changes, device, tombstone: null });
  }

  remove({ device_id, org_id, site_id }: Device, removedAt: string): RemovedDevice {
    this.#changes += 1;
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
      throw new Refusal("unknown_org", "No org of yours has this id. List the orgs with GET /v1/orgs.");
  }

  /** @throws {Refusal} `unknown_site` */
  #requireSite(siteId: string | undefined): void {
    if (siteId !== undefined && !this.#sites.some(({ site_id }) => site_id === siteId))
      throw new Refusal("unknown_site", "No site of yours has this id. List the sites with GET /v1/sites.");
  }
}
