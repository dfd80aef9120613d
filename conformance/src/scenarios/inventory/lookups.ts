import { declares } from "../../evidence/manifest.ts";
import { isObject, itemsOf, objectOf, textOf } from "../../evidence/read.ts";
import type { Call } from "../../harness/recorder.ts";
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
    // Ids with characters that a path encodes first: lookups fail on these, if on any.
    const isPlain = ({ id }: { readonly id: string }) => /^[\w.~-]+$/.test(id);
    const shuffled = chance.shuffle(found, ({ id }) => id);
    for (const { device, id } of shuffled.toSorted(
      (one, other) => Number(isPlain(one)) - Number(isPlain(other)),
    )) {
      if (!oneOfEachType.has(textOf(device, "type"))) oneOfEachType.set(textOf(device, "type"), id);
    }
    const lookUp = (purpose: string, deviceId: string) =>
      recorder.call({ purpose, url: apiUrl(discovery, `/v1/devices/${segment(deviceId)}`) });
    const refuse = (purpose: string, path: `/v1/${string}`, more: Partial<Call>) =>
      recorder.call({ purpose, url: apiUrl(discovery, path), ...more });
    const refused = [
      await refuse("call a path that does not exist", `/v1/${chance.uuid("path")}`, {}),
      await refuse("call a path with a method that it does not have", "/v1/event-catalog", {
        method: "POST",
      }),
    ];
    if (declares(objectOf(discovery.manifest), "webhooks.endpoint_management")) {
      const post = { method: "POST" } as const;
      refused.push(
        await refuse("register an endpoint with broken JSON", "/v1/webhook-endpoints", {
          ...post,
          text: '{"url": ',
        }),
        await refuse("register an endpoint with a form", "/v1/webhook-endpoints", {
          ...post,
          form: { a: "b" },
        }),
      );
    }
    return {
      refused,
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
