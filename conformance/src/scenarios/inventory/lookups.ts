import type { Evidence } from "../../evidence/evidence.ts";
import type { Listing } from "../../evidence/exchange.ts";
import { declares } from "../../evidence/manifest.ts";
import { entriesOf, identityOf, isObject, itemsOf, objectOf, textOf } from "../../evidence/read.ts";
import { LONG_PAUSE_SECONDS, readListing, readUntilShown } from "../../harness/listing.ts";
import type { Call } from "../../harness/recorder.ts";
import { apiUrl, segment } from "../api.ts";
import { permits, scenario } from "../scenario.ts";

/** Looks up one device of each type, and an unknown device. */
export const lookups = scenario(
  "lookups",
  "Look up single devices",
  ["discovery", "devices"],
  async ({ discovery, devices }, drive) => {
    const { recorder, chance, mayChange } = drive;
    const oneOfEachType = new Map<string | null, string>();
    const found = itemsOf(devices.listing).flatMap(({ value }) => {
      const device = isObject(value) ? value : null;
      const id = textOf(device, "device_id");
      return id === null ? [] : [{ device, id }];
    });
    // Ids with characters that must be encoded in a path come first. If lookups fail for any id, they fail
    // for these.
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
    const refused = [await refuse("call a path that does not exist", `/v1/${chance.uuid("path")}`, {})];
    // A defective vendor could accept these calls.
    const mayPost = permits(mayChange, "devices");
    if (mayPost)
      refused.push(
        await refuse("call a path with a method that it does not have", "/v1/event-catalog", {
          method: "POST",
        }),
      );
    if (mayPost && declares(objectOf(discovery.manifest), "webhooks.endpoint_management")) {
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
    const lookedUp = await Promise.all(
      [...oneOfEachType.values()].map(async (deviceId) => ({
        deviceId,
        exchange: await lookUp("look up a device", deviceId),
      })),
    );
    const unknownDevice = await lookUp("look up a device that does not exist", chance.uuid("device"));
    const otherThanListed = (listing: Listing) => {
      const listed = new Set(entriesOf(listing).map(({ value }) => identityOf(value)));
      return lookedUp.filter(({ exchange }) => !listed.has(identityOf(objectOf(exchange) ?? {})));
    };
    const agree = ({ listing }: Evidence["devices"]) => otherThanListed(listing).length === 0;
    const last = lookedUp.at(-1)?.exchange;
    if (last === undefined || agree(devices)) return { refused, devices: lookedUp, unknownDevice };
    // Another user of the tenant may have renamed, moved or removed a device since it was listed.
    const { limit } = devices.listing;
    const listAgain = () =>
      readListing(recorder, {
        purpose: "list all devices again",
        url: apiUrl(discovery, "/v1/devices"),
        ...(limit !== null && { limit }),
      });
    const isShown = (listing: Listing) => agree({ listing });
    const listedAgain = await readUntilShown(last, drive, listAgain, isShown, LONG_PAUSE_SECONDS);
    // If a device was moved only during its lookup, both listings show it in its old place, and only another lookup
    // agrees with them.
    const lookedUpAgain = await Promise.all(
      otherThanListed(listedAgain).map(async ({ deviceId }) => ({
        deviceId,
        exchange: await lookUp("look up a device again", deviceId),
      })),
    );
    return { refused, devices: lookedUp, unknownDevice, listedAgain, lookedUpAgain };
  },
  { changes: "nothing" },
);
