import { DEVICE_STATUS_CHANGED, WEBHOOK_PING } from "@convergint/schemas";
import type { Evidence, StatusChange, SubscribedEndpoint } from "../../evidence/evidence.ts";
import type { Exchange } from "../../evidence/exchange.ts";
import { readPostedTypes } from "../../evidence/manifest.ts";
import { isPublished, isReported, isSubscribed } from "../../evidence/match-deliveries.ts";
import { idsOf, isObject, itemsOf, textOf } from "../../evidence/read.ts";
import { sleep } from "../../harness/clock.ts";
import { requireWebhooks, scenario } from "../scenario.ts";
import { managesEndpoints, releaseEndpoint, requireManaged } from "./acquire-endpoint.ts";
import { register, type Subscription } from "./endpoints.ts";
import { findPublishable } from "./family-chains.ts";
import { devicesToChange, type SandboxDevice, sandboxUrl } from "./sandbox-device.ts";
import {
  changeStatus,
  inSteps,
  latencyOf,
  leaveAsFound,
  patienceOf,
  publicationSecondsOf,
  watchSeconds,
} from "./status-change.ts";

/** A device to change, with its org. */
interface DeviceOfOrg {
  readonly orgId: string;
  readonly device: SandboxDevice;
}

/** Registers endpoints for one org and for some event types, and changes one device in each of two orgs. */
export const subscriptions = scenario(
  "subscriptions",
  "Register endpoints for one org and for some event types",
  ["discovery", "devices", "catalogue", "endpoints", "health"],
  async ({ discovery, devices, catalogue, endpoints: firstEndpoints, health }, drive) => {
    requireWebhooks(health);
    requireManaged(firstEndpoints);
    const { receiver, signal, clock } = drive;
    const orgOf = new Map(
      itemsOf(devices.listing).map(({ value }) => {
        const device = isObject(value) ? value : null;
        return [textOf(device, "device_id"), textOf(device, "org_id")] as const;
      }),
    );
    const [device] = devicesToChange(discovery, devices, drive);
    const orgId = orgOf.get(device.deviceId) ?? "";
    const isOfAnotherOrg = (id: string) => (orgOf.get(id) ?? orgId) !== orgId;
    const changing: DeviceOfOrg[] = [{ orgId, device }];
    if ([...orgOf.keys()].some((id) => id !== null && isOfAnotherOrg(id))) {
      const [other] = devicesToChange(discovery, devices, drive, isOfAnotherOrg);
      changing.push({ orgId: orgOf.get(other.deviceId) ?? "", device: other });
    }
    const chain = findPublishable({ discovery, devices, catalogue }, drive.chance);
    const otherType =
      chain?.steps[0]?.type ??
      // A ping is sent to one endpoint on request, so nothing can subscribe to it.
      readPostedTypes(discovery.manifest).find(
        (type) => type !== DEVICE_STATUS_CHANGED && type !== WEBHOOK_PING,
      );

    const everything = receiver.destination();
    const forEverything = await register(discovery, everything, drive);
    const watched = [
      ...changing.map((each) => ({ org_id: each.orgId })),
      { event_types: [DEVICE_STATUS_CHANGED] },
      { org_id: orgId, event_types: [DEVICE_STATUS_CHANGED] },
      ...(otherType === undefined ? [] : [{ event_types: [otherType] }]),
    ].map((subscription) => ({ subscription, destination: receiver.destination() }));
    const created: Exchange[] = [];
    for (const { destination, subscription } of watched) {
      created.push(await register(discovery, destination, drive, subscription));
    }

    const areBack = changing.map((each) => leaveAsFound(discovery, [each.device], drive));
    const changes: (StatusChange & { orgId: string })[] = [];
    for (const [{ device: changed, orgId: org }, step] of inSteps(changing, drive)) {
      const { deviceId, course } = changed;
      const change = await changeStatus(discovery, everything, deviceId, course[step], drive);
      changes.push({ ...change, orgId: org });
    }
    for (const isBack of areBack) isBack();
    const seconds = latencyOf(discovery);
    const published: NonNullable<Evidence["subscriptions"]["published"]>[number][] = [];
    for (const { type, data } of chain?.steps ?? []) {
      const { deviceId } = chain ?? { deviceId: "" };
      const url = sandboxUrl(discovery, deviceId, "events");
      if (url === null) break;
      const purpose = `make a device publish ${type}`;
      const command = await drive.recorder.call({ purpose, method: "POST", url, json: { type, data } });
      published.push({ type, deviceId, command, orgId: orgOf.get(deviceId) ?? "" });
    }
    const hasArrived = (destination: string, events: typeof published) =>
      events.every((each) => isPublished({ ...each, from: 0 }, receiver.deliveriesTo(destination)));
    const isOffered = published.every(({ command }) => command.response?.status === 202);
    const patience =
      published.length > 0 && isOffered ? publicationSecondsOf(discovery) : patienceOf(discovery);
    // These endpoints are new, so a status event that arrives reports a change of this scenario. Requested events are
    // recognized by their ids.
    const waits = watched.map(({ destination, subscription }) => {
      const wanted = changes.filter((change) => isSubscribed(subscription, change.orgId));
      const { org_id, event_types } = subscription as Subscription;
      const others = published.filter(
        ({ orgId: of, type }) => of === (org_id ?? of) && event_types?.includes(type) !== false,
      );
      const isTold = () =>
        wanted.every((change) => isReported(change, receiver.deliveriesTo(destination))) &&
        hasArrived(destination, others);
      return receiver.waitUntil(destination, isTold, { seconds: patience, signal });
    });
    const control = receiver.waitUntil(everything, () => !isOffered || hasArrived(everything, published), {
      seconds: patience,
      signal,
    });
    await Promise.all([...waits, control]);
    await sleep(clock, watchSeconds(seconds, changes) * 1000, signal);
    const endpoints = watched.map(
      ({ destination, subscription }, index): SubscribedEndpoint => ({
        created: created[index] as Exchange,
        subscription,
        deliveries: [...receiver.deliveriesTo(destination)],
      }),
    );
    const evidence = { changes, published, deliveries: [...receiver.deliveriesTo(everything)], endpoints };
    await releaseEndpoint(discovery, { destination: everything, created: forEverything }, drive);
    for (const [index, { destination }] of watched.entries())
      await releaseEndpoint(discovery, { destination, created: created[index] as Exchange }, drive);
    return evidence;
  },
  {
    byHand({ discovery, devices }) {
      const orgs = new Set(devices ? idsOf(devices.listing, "org_id") : []);
      return managesEndpoints(discovery) ? 2 * Math.min(2, orgs.size) : 0;
    },
  },
);
