import { DEVICE_STATUS_CHANGED } from "@convergint/schemas";
import type { StatusChange, SubscribedEndpoint } from "../../evidence/evidence.ts";
import type { Exchange } from "../../evidence/exchange.ts";
import { readPostedTypes } from "../../evidence/manifest.ts";
import { isReported, isSubscribed } from "../../evidence/match-deliveries.ts";
import { isObject, itemsOf, textOf } from "../../evidence/read.ts";
import { sleep } from "../../harness/clock.ts";
import { requireWebhooks, scenario } from "../scenario.ts";
import { register } from "./endpoints.ts";
import { devicesToChange, type SandboxDevice } from "./sandbox-device.ts";
import { changeStatus, latencyOf, leaveAsFound, watchSeconds } from "./status-change.ts";

/** A device to change, with its org. */
interface DeviceOfOrg {
  readonly orgId: string;
  readonly device: SandboxDevice;
}

/** Registers endpoints for one org and for some event types, and changes one device in each of two orgs. */
export const subscriptions = scenario(
  "subscriptions",
  "Register endpoints for one org and for some event types",
  ["discovery", "devices", "endpoints", "health"],
  async ({ discovery, devices, health }, drive) => {
    requireWebhooks(health);
    const { receiver, signal, clock } = drive;
    const orgOf = new Map(
      itemsOf(devices.listing).map(({ value }) => {
        const device = isObject(value) ? value : null;
        return [textOf(device, "device_id"), textOf(device, "org_id")] as const;
      }),
    );
    const [device] = devicesToChange(discovery, devices, drive.chance);
    const orgId = orgOf.get(device.deviceId) ?? "";
    const isOfAnotherOrg = (id: string) => (orgOf.get(id) ?? orgId) !== orgId;
    const changing: DeviceOfOrg[] = [{ orgId, device }];
    if ([...orgOf.keys()].some((id) => id !== null && isOfAnotherOrg(id))) {
      const [other] = devicesToChange(discovery, devices, drive.chance, isOfAnotherOrg);
      changing.push({ orgId: orgOf.get(other.deviceId) ?? "", device: other });
    }
    const otherType = readPostedTypes(discovery.manifest).find((type) => type !== DEVICE_STATUS_CHANGED);

    const everything = receiver.destination();
    await register(discovery, everything, drive);
    const watched = [
      ...changing.map((each) => ({ org_id: each.orgId })),
      { event_types: [DEVICE_STATUS_CHANGED] },
      ...(otherType === undefined ? [] : [{ event_types: [otherType] }]),
    ].map((subscription) => ({ subscription, destination: receiver.destination() }));
    const created: Exchange[] = [];
    for (const { destination, subscription } of watched) {
      created.push(await register(discovery, destination, drive, subscription));
    }

    const areBack = changing.map((each) => leaveAsFound(discovery, [each.device], drive));
    const changes: (StatusChange & { orgId: string })[] = [];
    for (const step of [0, 1] as const) {
      for (const each of changing) {
        const { deviceId, course } = each.device;
        changes.push({
          ...(await changeStatus(discovery, everything, deviceId, course[step], drive)),
          orgId: each.orgId,
        });
      }
    }
    for (const isBack of areBack) isBack();
    const seconds = latencyOf(discovery);
    for (const { destination, subscription } of watched) {
      const wanted = changes.filter((change) => isSubscribed(subscription, change.orgId));
      const isTold = () => wanted.every((change) => isReported(change, receiver.deliveriesTo(destination)));
      await receiver.waitUntil(destination, isTold, { seconds, signal });
    }
    await sleep(clock, watchSeconds(seconds, changes) * 1000, signal);
    const endpoints = watched.map(
      ({ destination, subscription }, index): SubscribedEndpoint => ({
        created: created[index] as Exchange,
        subscription,
        deliveries: [...receiver.deliveriesTo(destination)],
      }),
    );
    return { changes, deliveries: [...receiver.deliveriesTo(everything)], endpoints };
  },
);
