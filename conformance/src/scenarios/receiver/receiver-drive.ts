import { randomUUID } from "node:crypto";
import { DEVICE_STATUS_CHANGED } from "@convergint/schemas";
import { dateOf } from "../../harness/clock.ts";
import type { Poster } from "../../harness/poster.ts";
import type { StatusProbe } from "../../harness/status-probe.ts";
import type { ListedDevice } from "../../polled-vendor/listing-pages.ts";
import type { PolledVendor } from "../../polled-vendor/polled-vendor.ts";
import type { AnyDrive } from "../scenario.ts";

/** The inventory that the suite serves, with what scenarios need to control it. */
export interface PolledInventory {
  readonly server: PolledVendor;
  /** The configured poll interval of the consumer. */
  readonly pollSeconds: number;
  /** The inventory's devices during the whole run, in the order of the listing; they fill three pages. */
  readonly devices: readonly ListedDevice[];
}

/** What a scenario needs to drive a consumer. */
export interface ReceiverDrive extends AnyDrive {
  readonly poster: Poster;
  /** All current secrets. */
  readonly secrets: readonly [string, ...string[]];
  /** A secret of another integration of the same consumer, or `null`. */
  readonly otherSecret: string | null;
  /** An org and a site that the consumer has bound. */
  readonly place: { readonly orgId: string; readonly siteId: string };
  /** The source of a device's status; `null` if the consumer offers none. */
  readonly probe: StatusProbe | null;
  /** The inventory that the run serves; `null` if the run serves none. */
  readonly inventory: PolledInventory | null;
}

/** A whole event as plain JSON. */
export type MadeEvent = Readonly<Record<string, unknown>> & { readonly id: string };

/**
 * Returns the id of a device that no earlier run has mentioned, so that a status shown for it comes from this
 * scenario's events.
 */
export const freshDevice = (): string => `conformance-${randomUUID()}`;

/** Creates a status change with a new event id. */
export function statusChanged(
  { place, clock }: Pick<ReceiverDrive, "place" | "clock">,
  deviceId: string,
  status: "online" | "offline",
  {
    time = dateOf(clock),
    data = {},
    ...more
  }: { readonly time?: Date | string; readonly data?: object; readonly [name: string]: unknown } = {},
): MadeEvent {
  return {
    specversion: "1.0",
    id: `evt-${randomUUID()}`,
    source: "urn:convergint:conformance",
    type: DEVICE_STATUS_CHANGED,
    time: typeof time === "string" ? time : time.toISOString(),
    subject: deviceId,
    data: {
      org_id: place.orgId,
      site_id: place.siteId,
      device_id: deviceId,
      status,
      ...data,
    },
    ...more,
  };
}

/** Posts an event with a correct signature. */
export const postEvent = ({ poster }: Pick<ReceiverDrive, "poster">, purpose: string, event: MadeEvent) =>
  poster.post({ purpose, id: event.id, body: JSON.stringify(event) });

/**
 * Posts an event of another device and waits until the consumer shows it. A consumer that processes events in
 * the order of arrival has then processed everything that was posted before that event.
 */
export async function settle(
  drive: Pick<ReceiverDrive, "poster" | "place" | "clock" | "probe">,
): Promise<void> {
  const deviceId = freshDevice();
  await postEvent(
    drive,
    "an event that shows when the earlier events were processed",
    statusChanged(drive, deviceId, "online"),
  );
  await drive.probe?.read(deviceId, "online");
}
