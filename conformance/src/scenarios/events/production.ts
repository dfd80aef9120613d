import { deviceStatusSchema } from "@convergint/schemas";
import { declares } from "../../evidence/manifest.ts";
import { isSuccess, listOf, objectOf, textOf } from "../../evidence/read.ts";
import { apiUrl, segment } from "../api.ts";
import { asTenant, CannotDriveError, type Drive, scenario } from "../scenario.ts";
import { devicesToChange, type StatusCommand, sandboxUrl } from "./sandbox-device.ts";
import { leaveAsFound, patienceOf } from "./status-change.ts";

/** Tries sandbox control as a production tenant: on a sandbox device and on a production device. */
export const production = scenario(
  "production",
  "Try sandbox control with a production credential",
  ["discovery", "devices"],
  async ({ discovery, devices }, drive) => {
    const credential = drive.bearers.production;
    if (credential === undefined) throw new CannotDriveError("no production credential was given");
    const tenant = asTenant(drive, credential);
    const [device] = devicesToChange(discovery, devices, drive);
    const isBack = leaveAsFound(discovery, [device], drive);
    const [changed, asFound] = device.course;
    const command = (purpose: string, { recorder }: Drive, deviceId: string, json: StatusCommand) => {
      const url = sandboxUrl(discovery, deviceId);
      if (url === null) throw new CannotDriveError("the manifest declares no sandbox");
      return recorder.call({ purpose, method: "POST", url, json });
    };
    const lookUp = (purpose: string) =>
      drive.recorder.call({ purpose, url: apiUrl(discovery, `/v1/devices/${segment(device.deviceId)}`) });
    /**
     * Commands one of the production tenant's devices to take the status that it already has. Records no
     * other production data.
     */
    const commandItsOwn = async () => {
      const page = await tenant.recorder.call({
        purpose: "find a device of the production tenant",
        url: apiUrl(discovery, "/v1/devices", { limit: "20" }),
      });
      for (const own of listOf(objectOf(page), "data")) {
        const deviceId = textOf(own, "device_id");
        const { data: status } = deviceStatusSchema.safeParse(own["status"]);
        if (deviceId === null || deviceId === device.deviceId || status === undefined) continue;
        const status_reason = textOf(own, "status_reason");
        const json = { status, ...(status_reason !== null && { status_reason }) };
        return [
          await command(
            "sandbox control of a production device, with the production credential",
            tenant,
            deviceId,
            json,
          ),
        ];
      }
      return [];
    };

    const deviceBefore = await lookUp("look up a sandbox device");
    const ofTheSandbox = await command(
      "sandbox control of a sandbox device, with a production credential",
      tenant,
      device.deviceId,
      changed,
    );
    const deviceAfter = await lookUp("look up the sandbox device again");
    const commands = [ofTheSandbox, ...(await commandItsOwn())];
    // The command that was refused above must change the device when the sandbox tenant sends it.
    const watch = drive.reports.watch();
    const control = await command(
      "sandbox control of the same sandbox device, with the sandbox credential",
      drive,
      device.deviceId,
      changed,
    );
    const deviceControlled = await lookUp("look up the device that was changed");
    // The webhooks of both commands must have arrived before the next scenario begins.
    const patience = declares(objectOf(discovery.manifest), "webhooks") ? patienceOf(discovery) : 0;
    if (isSuccess(control))
      await watch.all([{ deviceId: device.deviceId, status: changed.status }], patience);
    const laterWatch = drive.reports.watch();
    await command("restore the device", drive, device.deviceId, asFound);
    isBack();
    if (isSuccess(control))
      await laterWatch.all([{ deviceId: device.deviceId, status: asFound.status }], patience);
    return { commands, deviceBefore, deviceAfter, control, deviceControlled, commanded: changed.status };
  },
);
