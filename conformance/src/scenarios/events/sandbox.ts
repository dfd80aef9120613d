import { readPostedTypes } from "../../evidence/manifest.ts";
import { idsOf, objectOf, textOf } from "../../evidence/read.ts";
import type { Call } from "../../harness/recorder.ts";
import { apiUrl, segment } from "../api.ts";
import { CannotDriveError, scenario } from "../scenario.ts";
import { controlUrl, devicesToChange, sandboxUrl, takesCommand } from "./sandbox-device.ts";

/** Tries sandbox control without a credential, and on an unknown device. */
export const sandbox = scenario(
  "sandbox",
  "Try sandbox control without a credential",
  ["discovery", "devices"],
  async ({ discovery, devices }, { recorder, chance, person, afterwards }) => {
    const [{ deviceId, course }] = devicesToChange(discovery, devices, { chance, person });
    const [changed, asFound] = course;
    const command = sandboxUrl(discovery, deviceId);
    const unknown = sandboxUrl(discovery, chance.uuid("device"));
    if (!command || !unknown) throw new CannotDriveError("the manifest declares no sandbox");
    const device = apiUrl(discovery, `/v1/devices/${segment(deviceId)}`);
    const json = changed;
    const recorded = {
      deviceId,
      deviceBefore: await recorder.call({ purpose: "look up a sandbox device", url: device }),
      withoutCredential: await recorder.call({
        purpose: "sandbox control without a credential",
        method: "POST",
        url: command,
        credential: null,
        json,
      }),
      deviceAfter: await recorder.call({ purpose: "look up the sandbox device again", url: device }),
      unknownDevice: await recorder.call({
        purpose: "sandbox control of a device that does not exist",
        method: "POST",
        url: unknown,
        json,
      }),
    };
    const ask = (purpose: string, path: string, call: Partial<Call>) =>
      recorder.call({ purpose, url: controlUrl(discovery, path) ?? command, method: "POST", ...call });
    const { manifest } = discovery;
    const [type = "com.convergint.device.status_changed.v1"] = readPostedTypes(manifest);
    const [site_id = ""] = idsOf(devices.listing, "site_id");
    const known = `/devices/${segment(deviceId)}`;
    const missing = `/devices/${segment(chance.uuid("another device"))}`;
    const withoutCredential = [];
    const forUnknownDevice = [];
    // A body or id with which the command cannot succeed, so that even a vendor without authentication is not
    // changed.
    const others = [
      { name: "events", action: "/events", broken: {}, json: { type } },
      { name: "move_device", action: "/move", broken: {}, json: { site_id } },
    ];
    for (const { name, action, broken, json: whole } of others) {
      if (!takesCommand(discovery, name)) continue;
      withoutCredential.push(
        await ask(`sandbox command ${name} without a credential`, known + action, {
          credential: null,
          json: broken,
        }),
      );
      forUnknownDevice.push(
        await ask(`sandbox command ${name} for a device that does not exist`, missing + action, {
          json: whole,
        }),
      );
    }
    if (takesCommand(discovery, "add_device"))
      withoutCredential.push(
        await ask("sandbox command add_device without a credential", "/devices", {
          credential: null,
          json: {},
        }),
      );
    if (takesCommand(discovery, "remove_device")) {
      const remove = { method: "DELETE" } as const;
      withoutCredential.push(
        await ask("sandbox command remove_device without a credential", missing, {
          ...remove,
          credential: null,
        }),
      );
      forUnknownDevice.push(
        await ask("sandbox command remove_device for a device that does not exist", missing, remove),
      );
    }
    if (textOf(objectOf(recorded.deviceAfter), "status") === changed.status) {
      const restore = { purpose: "restore the device", method: "POST", url: command } as const;
      afterwards((cleaner) => cleaner.call({ ...restore, json: asFound }));
    }
    return {
      ...recorded,
      othersWithoutCredential: withoutCredential,
      othersForUnknownDevice: forUnknownDevice,
    };
  },
);
