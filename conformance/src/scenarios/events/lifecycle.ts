import type { CollectedDeliveries, Evidence } from "../../evidence/evidence.ts";
import type { Exchange } from "../../evidence/exchange.ts";
import { eventsOf, objectOf, textOf } from "../../evidence/read.ts";
import { sleep } from "../../harness/clock.ts";
import { status } from "../../harness/programmed-answer.ts";
import type { Receiver } from "../../harness/receiver.ts";
import { apiUrl } from "../api.ts";
import { CannotDriveError, requireWebhooks, scenario } from "../scenario.ts";
import { managesEndpoints } from "./acquire-endpoint.ts";
import { endpointUrl, register } from "./endpoints.ts";
import { devicesToChange } from "./sandbox-device.ts";
import {
  changeStatus,
  latencyOf,
  leaveAsFound,
  publicationSecondsOf,
  watchSeconds,
} from "./status-change.ts";

/** Returns a URL that manages an endpoint. @throws {CannotDriveError} if the endpoint was not registered */
function manage(discovery: Evidence["discovery"], created: Exchange, action = ""): URL {
  const url = endpointUrl(discovery, created, action);
  if (url) return url;
  throw new CannotDriveError("the vendor did not register the webhook endpoint; see SEC-002");
}

/** Returns everything that has arrived at the two endpoints. */
export const collectDeliveries = (
  { destination, otherDestination }: Evidence["endpoints"],
  receiver: Receiver,
): CollectedDeliveries => ({
  deliveries: [...receiver.deliveriesTo(destination)],
  otherDeliveries: otherDestination === null ? [] : [...receiver.deliveriesTo(otherDestination)],
});

/**
 * Pings an endpoint, rotates its secret, deletes another endpoint, and answers a third with 410. A device
 * changes between these calls, to record which endpoints get its events.
 */
export const lifecycle = scenario(
  "lifecycle",
  "Ping an endpoint, rotate its secret, delete another",
  ["discovery", "devices", "endpoints", "health"],
  async ({ discovery, devices, endpoints, health }, drive) => {
    const { recorder, receiver, signal, clock } = drive;
    requireWebhooks(health);
    if (endpoints.created === undefined) return collectDeliveries(endpoints, receiver);
    const { destination, created, otherDestination, otherCreated } = endpoints;
    const seconds = latencyOf(discovery);
    const [device] = devicesToChange(discovery, devices, drive);
    const isBack = leaveAsFound(discovery, [device], drive);
    const post = (purpose: string, url: URL) => recorder.call({ purpose, method: "POST", url });

    const ping = await post("ping an endpoint", manage(discovery, created, "/ping"));
    const pinged = textOf(objectOf(ping), "event_id");
    const stoppedAt = receiver.destination(() => status(410));
    const stopped = await register(discovery, stoppedAt, drive);
    const rotation = await post("rotate its secret", manage(discovery, created, "/rotate-secret"));
    const [changed, asFound] = device.course;
    // The earlier scenarios and this change end when their events have arrived at both endpoints, so later webhooks are
    // about later changes. A webhook that was on its way during a call shows that by its timestamp.
    const afterRotation = await changeStatus(discovery, destination, device.deviceId, changed, drive);

    drive.reports.remove(otherDestination);
    const deletion = await recorder.call({
      purpose: "delete the other endpoint",
      method: "DELETE",
      url: manage(discovery, otherCreated),
    });
    const deliveredBeforeDeletion = receiver.deliveriesTo(otherDestination).length;
    const afterDeletion = await changeStatus(discovery, destination, device.deviceId, asFound, drive);
    isBack();
    await sleep(clock, watchSeconds(seconds, [afterDeletion]) * 1000, signal);
    // The vendor has just created this id.
    const hasPinged = () =>
      receiver
        .deliveriesTo(destination)
        .some((delivery) => eventsOf(delivery).some((event) => textOf(event, "id") === pinged));
    if (pinged !== null) {
      const limit = publicationSecondsOf(discovery);
      await receiver.waitUntil(destination, hasPinged, { seconds: limit, signal });
    }

    return {
      ping,
      rotation,
      afterRotation,
      deletion,
      deliveredBeforeDeletion,
      afterDeletion,
      stoppedId:
        receiver.deliveriesTo(stoppedAt).length > 0 ? textOf(objectOf(stopped), "endpoint_id") : null,
      listedAfterwards: await recorder.call({
        purpose: "list the webhook endpoints again",
        url: apiUrl(discovery, "/v1/webhook-endpoints"),
      }),
      ...collectDeliveries(endpoints, receiver),
    };
  },
  {
    byHand: ({ discovery }) => (managesEndpoints(discovery) ? 2 : 0),
    titleFor: ({ endpoints }) =>
      endpoints.created === undefined ? "Collect what arrived at the endpoints" : null,
  },
);
