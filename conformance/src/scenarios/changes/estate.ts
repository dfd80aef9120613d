import { randomBytes } from "node:crypto";
import type { Evidence } from "../../evidence/evidence.ts";
import type { Exchange } from "../../evidence/exchange.ts";
import { declaredDeviceTypes } from "../../evidence/manifest.ts";
import { isObject, itemsOf, type JsonObject, objectOf, textOf } from "../../evidence/read.ts";
import { apiUrl, segment } from "../api.ts";
import { controlUrl, takesCommand } from "../events/sandbox-device.ts";
import { CannotDriveError, type Drive } from "../scenario.ts";

type Seen = Pick<Evidence, "discovery" | "sites" | "devices">;

/** Puts devices up, moves them and takes them down, as far as the sandbox takes commands for that. */
export interface SandboxEstate {
  /** Where devices are put up. */
  readonly siteId: string;
  /** Another site of the same org; `null` where it has none. */
  readonly otherSiteId: string | null;
  /**
   * @returns the answer, and the new device's id, `null` where the answer has none; it is taken down again when the run is
   *   over, whatever its end
   */
  tryToAdd(): Promise<{ readonly command: Exchange; readonly deviceId: string | null }>;
  /** The same, for who builds upon it. @throws {CannotDriveError} where the sandbox did not put it up */
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

/** The type to put up: one that there is, and that is reached by a network of its own at best. */
function typeToAdd({ discovery }: Seen): string {
  const types = [...declaredDeviceTypes(discovery.manifest).keys()];
  const type = types.find((each) => each === "camera") ?? types[0];
  if (type === undefined) throw new CannotDriveError("the manifest declares no device type; see MAN-001");
  return type;
}

/** Why nothing is put up where the sandbox does not offer that. */
export const CANNOT_ADD =
  "nothing can put a device up unattended: the manifest's sandbox does not offer the command add_device";

/** Prepares to change the estate; `null` where the sandbox does not offer that. */
export function sandboxEstate(seen: Seen, { recorder, afterwards }: Drive): SandboxEstate | null {
  const { discovery } = seen;
  const devicesUrl = controlUrl(discovery, "/devices");
  if (!devicesUrl || !takesCommand(discovery, "add_device")) return null;
  const [siteId, otherSiteId = null] =
    [...siteIdsByOrg(seen).values()].toSorted((one, other) => other.length - one.length)[0] ?? [];
  if (siteId === undefined) throw new CannotDriveError("no site was listed; see SITE-001");
  const type = typeToAdd(seen);
  const urlOf = (deviceId: string, action = "") =>
    controlUrl(discovery, `/devices/${segment(deviceId)}${action}`) ?? devicesUrl;
  const takes = {
    move: takesCommand(discovery, "move_device"),
    remove: takesCommand(discovery, "remove_device"),
  };
  const tryToAdd = async () => {
    const name = `Conformance ${randomBytes(4).toString("hex")}`;
    const json = { site_id: siteId, type, name };
    const command = await recorder.call({
      purpose: "put a device up",
      method: "POST",
      url: devicesUrl,
      json,
    });
    const made = textOf(objectOf(command), "device_id");
    // However it was answered: what was put up does not stay.
    if (made !== null && takes.remove) {
      const call = { purpose: "take the device down", method: "DELETE", url: urlOf(made) } as const;
      afterwards((cleaner) => cleaner.call(call));
    }
    return { command, deviceId: command.response?.status === 201 ? made : null };
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
        "the sandbox did not answer add_device with 201 and the device; see SBX-006",
      );
    },
    move: (deviceId, to) =>
      recorder.call({
        purpose: "move a device to another site",
        method: "POST",
        url: urlOf(deviceId, "/move"),
        json: { site_id: to },
      }),
    remove: (deviceId) =>
      recorder.call({ purpose: "take a device down", method: "DELETE", url: urlOf(deviceId) }),
    lookUp: (deviceId) =>
      recorder.call({
        purpose: "look up a device that was put up",
        url: apiUrl(discovery, `/v1/devices/${segment(deviceId)}`),
      }),
  };
}
