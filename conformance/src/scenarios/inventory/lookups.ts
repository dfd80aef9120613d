import { isObject, itemsOf, textOf } from "../../evidence/read.ts";
import { apiUrl, segment } from "../api.ts";
import { scenario } from "../scenario.ts";

/** Looks up one device of each type, and an unknown device. */
export const lookups = scenario(
  "lookups",
  "Look up single devices",
  ["discovery", "devices"],
  async ({ discovery, devices }, { recorder, chance }) => {
    const oneOfEachType = new Map<string | null, string>();
    const found = itemsOf(devices.listing).flatMap(({ value }) => {
      const device = isObject(value) ? value : null;
      const id = textOf(device, "device_id");
      return id === null ? [] : [{ device, id }];
    });
    for (const { device, id } of chance.shuffle(found, ({ id }) => id)) {
      if (!oneOfEachType.has(textOf(device, "type"))) oneOfEachType.set(textOf(device, "type"), id);
    }
    const lookUp = (purpose: string, deviceId: string) =>
      recorder.call({ purpose, url: apiUrl(discovery, `/v1/devices/${segment(deviceId)}`) });
    return {
      devices: await Promise.all(
        [...oneOfEachType.values()].map(async (deviceId) => ({
          deviceId,
          exchange: await lookUp("look up a device", deviceId),
        })),
      ),
      unknownDevice: await lookUp("look up a device that does not exist", chance.uuid("device")),
    };
  },
);
