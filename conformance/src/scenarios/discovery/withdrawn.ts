import { declares } from "../../evidence/manifest.ts";
import { isObject, itemsOf, objectOf, textOf } from "../../evidence/read.ts";
import { apiUrl, segment } from "../api.ts";
import { register } from "../events/endpoints.ts";
import { sandboxUrl } from "../events/sandbox-device.ts";
import { asTenant, CannotDriveError, scenario } from "../scenario.ts";

/** Makes a call of every kind with a revoked or expired credential. */
export const withdrawn = scenario(
  "withdrawal",
  "Call with a withdrawn credential",
  ["discovery", "orgs", "devices"],
  async ({ discovery, devices }, drive) => {
    const { withdrawnApiKey } = drive.credentials;
    if (withdrawnApiKey === undefined) throw new CannotDriveError("no withdrawn credential was given");
    const holder = asTenant(drive, withdrawnApiKey);
    const device = itemsOf(devices.listing)
      .map(({ value }) => value)
      .find(isObject);
    const deviceId = textOf(device ?? null, "device_id") ?? drive.chance.uuid("device");
    const manages = declares(objectOf(discovery.manifest), "webhooks.endpoint_management");
    const paths = [
      ...(["/v1/orgs", "/v1/sites", "/v1/devices", `/v1/devices/${segment(deviceId)}`] as const),
      "/v1/event-catalog" as const,
      ...(manages ? (["/v1/webhook-endpoints"] as const) : []),
    ];
    const calls = [];
    for (const path of paths) {
      calls.push(
        await holder.recorder.call({
          purpose: `${path} with a withdrawn credential`,
          url: apiUrl(discovery, path),
        }),
      );
    }
    if (manages) calls.push(await register(discovery, drive.receiver.destination(), holder));
    const control = sandboxUrl(discovery, deviceId);
    const [status, status_reason] = ["status", "status_reason"].map((name) => textOf(device ?? null, name));
    if (control !== null && status !== null) {
      calls.push(
        await holder.recorder.call({
          purpose: "sandbox control with a withdrawn credential",
          method: "POST",
          url: control,
          // Send the current status, so that nothing changes if the vendor executes the command.
          json: { status, ...(status_reason !== null && { status_reason }) },
        }),
      );
    }
    return { calls };
  },
);
