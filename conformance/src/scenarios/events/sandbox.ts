import { objectOf, textOf } from "../../evidence/read.ts";
import { apiUrl, segment } from "../api.ts";
import { CannotDriveError, scenario } from "../scenario.ts";
import { devicesToChange, sandboxUrl } from "./sandbox-device.ts";

/** Tries sandbox control without a credential, and on an unknown device. */
export const sandbox = scenario(
  "sandbox",
  "Try sandbox control without a credential",
  ["discovery", "devices"],
  async ({ discovery, devices }, { recorder, chance, afterwards }) => {
    const [{ deviceId, course }] = devicesToChange(discovery, devices, chance);
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
    if (textOf(objectOf(recorded.deviceAfter), "status") === changed.status) {
      const restore = { purpose: "restore the device", method: "POST", url: command } as const;
      afterwards((cleaner) => cleaner.call({ ...restore, json: asFound }));
    }
    return recorded;
  },
);
