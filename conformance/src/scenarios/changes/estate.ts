import { randomBytes } from "node:crypto";
import type { Evidence } from "../../evidence/evidence.ts";
import type { Exchange } from "../../evidence/exchange.ts";
import { readDeviceTypes } from "../../evidence/manifest.ts";
import { isObject, itemsOf, type JsonObject, objectOf, textOf } from "../../evidence/read.ts";
import { apiUrl, segment } from "../api.ts";
import { controlUrl, takesCommand } from "../events/sandbox-device.ts";
import { CannotDriveError, type Drive, permits } from "../scenario.ts";

type Seen = Pick<Evidence, "discovery" | "sites" | "devices">;

/** Adds, moves and removes devices, as far as the sandbox offers these commands. */
export interface SandboxEstate {
  /** The site to which devices are added. */
  readonly siteId: string;
  /** Another site of the same org, or `null`. */
  readonly otherSiteId: string | null;
  /**
   * Adds a device and removes it at the end of the run.
   *
   * @param instead the type and the site, if they matter
   * @returns the response and the id of the new device; `null` if the response has none
   */
  tryToAdd(instead?: {
    readonly type?: string;
    readonly siteId?: string;
  }): Promise<{ readonly command: Exchange; readonly deviceId: string | null }>;
  /** Adds a device that the scenario needs. @throws {CannotDriveError} if the sandbox did not add it */
  add(): Promise<{ readonly command: Exchange; readonly deviceId: string }>;
  move(deviceId: string, siteId: string): Promise<Exchange>;
  remove(deviceId: string): Promise<Exchange>;
  lookUp(deviceId: string): Promise<Exchange>;
  readonly takes: { readonly move: boolean; readonly remove: boolean };
}

const siteIdsByOrg = ({ sites }: Seen): Map<string | null, string[]> => {
  const byOrg = new Map<string | null, string[]>();
  for (const { value } of itemsOf(sites.listing)) {
    const site: JsonObject | null = isObject(value) ? value : null;
    const siteId = textOf(site, "site_id");
    const orgId = textOf(site, "org_id");
    if (siteId !== null) byOrg.set(orgId, [...(byOrg.get(orgId) ?? []), siteId]);
  }
  return byOrg;
};

/**
 * Types that need no other device; a door, for example, may need a controller. The first type is the most
 * common.
 */
const NETWORKED = [
  "camera",
  "intercom",
  "network_switch",
  "access_point",
  "router",
  "gateway",
  "recorder",
  "server",
];
/** Maximum number of types to try to add. */
const MAX_TYPES = 4;

/** Returns the device types that the suite can add, in the order to try them. */
function typesToAdd({ discovery }: Seen): readonly [string, ...string[]] {
  const types = [...readDeviceTypes(discovery.manifest).keys()];
  const networked = NETWORKED.filter((type) => types.includes(type));
  const [first, ...others] = [...networked, ...types.filter((type) => !networked.includes(type))];
  if (first === undefined) throw new CannotDriveError("the manifest declares no device type; see MAN-001");
  return [first, ...others.slice(0, MAX_TYPES - 1)];
}

/** Reason given if the sandbox does not offer to add devices. */
export const CANNOT_ADD = "cannot add a device: the manifest does not declare the sandbox command add_device";

/** Returns the URL at which devices are added, or `null` if the sandbox does not offer it or the run may not use it. */
const urlToAddAt = ({ discovery }: Pick<Seen, "discovery">, { mayChange }: Pick<Drive, "mayChange">) =>
  takesCommand(discovery, "add_device") && permits(mayChange, "devices")
    ? controlUrl(discovery, "/devices")
    : null;

/** Whether a run can add devices and remove them again. */
export const canRemoveDevices = (seen: Pick<Seen, "discovery">, drive: Pick<Drive, "mayChange">): boolean =>
  urlToAddAt(seen, drive) !== null && takesCommand(seen.discovery, "remove_device");

/**
 * Returns the commands that change the estate, or `null` if the sandbox does not offer them.
 *
 * @throws {CannotDriveError} if the inventory has no site or the manifest no device type
 */
export function sandboxEstate(seen: Seen, drive: Drive): SandboxEstate | null {
  const { discovery } = seen;
  const { recorder, afterwards } = drive;
  const devicesUrl = urlToAddAt(seen, drive);
  if (!devicesUrl) return null;
  const [siteId, otherSiteId = null] =
    [...siteIdsByOrg(seen).values()].toSorted((one, other) => other.length - one.length)[0] ?? [];
  if (siteId === undefined) throw new CannotDriveError("no site was listed; see SITE-001");
  let types = typesToAdd(seen);
  const urlOf = (deviceId: string, action = "") =>
    controlUrl(discovery, `/devices/${segment(deviceId)}${action}`) ?? devicesUrl;
  const takes = {
    move: takesCommand(discovery, "move_device"),
    remove: takesCommand(discovery, "remove_device"),
  };
  const addOne = async (type: string, at = siteId) => {
    const name = `Conformance ${randomBytes(4).toString("hex")}`;
    const json = { site_id: at, type, name };
    const command = await recorder.call({
      purpose: "add a device",
      method: "POST",
      url: devicesUrl,
      json,
    });
    const made = textOf(objectOf(command), "device_id");
    // From now on, the suite first tries the type that the sandbox accepted.
    if (made !== null && takes.remove) {
      const call = { purpose: "remove the device", method: "DELETE", url: urlOf(made) } as const;
      afterwards((cleaner) => cleaner.call(call));
    }
    return { command, deviceId: command.response?.status === 201 ? made : null };
  };
  const tryToAdd: SandboxEstate["tryToAdd"] = async (instead = {}) => {
    if (instead.type !== undefined) return addOne(instead.type, instead.siteId);
    const [first, ...others] = types;
    let added = await addOne(first, instead.siteId);
    for (const type of others) {
      if (added.command.response?.status !== 400) break;
      added = await addOne(type, instead.siteId);
      // Later calls begin with the type that the sandbox accepts.
      if (added.deviceId !== null) types = [type];
    }
    return added;
  };
  return {
    siteId,
    otherSiteId,
    takes,
    tryToAdd,
    async add() {
      const { command, deviceId } = await tryToAdd();
      if (deviceId !== null) return { command, deviceId };
      throw new CannotDriveError(
        "the sandbox did not respond to add_device with 201 and the device; see SBX-006",
      );
    },
    move: (deviceId, to) =>
      recorder.call({
        purpose: "move a device to another site",
        method: "POST",
        repeatable: true,
        url: urlOf(deviceId, "/move"),
        json: { site_id: to },
      }),
    remove: (deviceId) =>
      recorder.call({ purpose: "remove a device", method: "DELETE", url: urlOf(deviceId) }),
    lookUp: (deviceId) =>
      recorder.call({
        purpose: "look up an added device",
        url: apiUrl(discovery, `/v1/devices/${segment(deviceId)}`),
      }),
  };
}
