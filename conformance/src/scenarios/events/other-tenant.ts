import type { StatusChange } from "../../evidence/evidence.ts";
import { declares } from "../../evidence/manifest.ts";
import { idsOf, objectOf } from "../../evidence/read.ts";
import { sleep } from "../../harness/clock.ts";
import { asTenant, CannotDriveError, scenario } from "../scenario.ts";
import { managesEndpoints } from "./acquire-endpoint.ts";
import { endpointUrl, register } from "./endpoints.ts";
import { devicesToChange } from "./sandbox-device.ts";
import { changeStatus, inSteps, latencyOf, leaveAsFound, watchSeconds } from "./status-change.ts";

/** Registers an endpoint for each of two tenants, and changes a device of each. */
export const otherTenant = scenario(
  "otherTenant",
  "Change devices of two tenants",
  ["discovery", "devices", "isolation"],
  async ({ discovery, devices, isolation }, drive) => {
    const { second } = drive.bearers;
    if (second === undefined) throw new CannotDriveError("no credential of another tenant was given");
    const manifest = objectOf(discovery.manifest);
    if (!declares(manifest, "webhooks")) return null;
    if (!declares(manifest, "webhooks.endpoint_management")) {
      throw new CannotDriveError("the manifest does not declare webhooks.endpoint_management");
    }
    const other = asTenant(drive, second);
    const [ofFirst, ofOther] = [devices.listing, isolation.devices].map(
      (listing) => new Set(idsOf(listing, "device_id")),
    ) as [Set<string>, Set<string>];
    // A device that both tenants see proves nothing here; SEC-005 reports such a device.
    const [device] = devicesToChange(discovery, devices, drive, (id) => !ofOther.has(id));
    const [own] = devicesToChange(discovery, { listing: isolation.devices }, drive, (id) => !ofFirst.has(id));
    const areBack = [leaveAsFound(discovery, [device], drive), leaveAsFound(discovery, [own], other)];

    const [otherDestination, destination] = [drive.receiver.destination(), drive.receiver.destination()];
    const otherCreated = await register(discovery, otherDestination, drive);
    const created = await register(discovery, destination, other);
    if ([otherCreated, created].some((each) => endpointUrl(discovery, each) === null)) {
      throw new CannotDriveError(
        "the vendor did not register a webhook endpoint for each of the two tenants; see SEC-002",
      );
    }
    const theirs: StatusChange[] = [];
    const ours: StatusChange[] = [];
    const both = [
      { changed: device, to: otherDestination, by: drive, list: theirs },
      { changed: own, to: destination, by: other, list: ours },
    ];
    for (const [{ changed, to, by, list }, step] of inSteps(both, drive))
      list.push(await changeStatus(discovery, to, changed.deviceId, changed.course[step], by));
    for (const isBack of areBack) isBack();
    await sleep(drive.clock, watchSeconds(latencyOf(discovery), theirs) * 1000, drive.signal);
    return {
      created,
      changes: theirs,
      ownChanges: ours,
      otherDeliveries: [...drive.receiver.deliveriesTo(otherDestination)],
      deliveries: [...drive.receiver.deliveriesTo(destination)],
      destinations: { deliveries: destination, otherDeliveries: otherDestination },
    };
  },
  { byHand: ({ discovery }) => (managesEndpoints(discovery) ? 4 : 0) },
);
