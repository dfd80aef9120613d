import { randomUUID } from "node:crypto";
import { DEVICE_STATUS_CHANGED } from "@convergint/schemas";
import { dateOf } from "../../harness/clock.ts";
import type { Poster } from "../../harness/poster.ts";
import type { StatusProbe } from "../../harness/status-probe.ts";
import type { ListedDevice } from "../../polled-vendor/listing-pages.ts";
import type { PolledVendor } from "../../polled-vendor/polled-vendor.ts";
import type { AnyDrive } from "../scenario.ts";

/** The suite's own inventory, as scenarios drive it. */
export interface PolledInventory {
  readonly server: PolledVendor;
  /** How often the consumer was set up to poll. */
  readonly pollSeconds: number;
  /** What is in it from the beginning to the end, in the order in which it is listed: three pages. */
  readonly devices: readonly ListedDevice[];
}

/** What a scenario drives a consumer with. */
export interface ReceiverDrive extends AnyDrive {
  readonly poster: Poster;
  /** Every secret that is current. */
  readonly secrets: readonly [string, ...string[]];
  /** A secret of another integration of the same consumer; `null` where none was given. */
  readonly otherSecret: string | null;
  /** The org and site that the consumer has bound. */
  readonly place: { readonly orgId: string; readonly siteId: string };
  /** `null` where the consumer offers no way to ask for a status. */
  readonly probe: StatusProbe | null;
  /** `null` where the run serves no inventory for the consumer to poll. */
  readonly inventory: PolledInventory | null;
}

/** An event, as JSON that can be changed. */
export type MadeEvent = Readonly<Record<string, unknown>> & { readonly id: string };

/** A device that no run before this one has told of. */
export const freshDevice = (): string => `conformance-${randomUUID()}`;

/** A change of a device's status, of an id that nobody has seen. */
export function statusChanged(
  { place, clock }: Pick<ReceiverDrive, "place" | "clock">,
  deviceId: string,
  status: "online" | "offline",
  {
    time = dateOf(clock),
    data = {},
    ...more
  }: { readonly time?: Date; readonly data?: object; readonly [name: string]: unknown } = {},
): MadeEvent {
  return {
    specversion: "1.0",
    id: `evt-${randomUUID()}`,
    source: "urn:convergint:conformance",
    type: DEVICE_STATUS_CHANGED,
    time: time.toISOString(),
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

/** Posts an event as it should be posted. */
export const postEvent = ({ poster }: Pick<ReceiverDrive, "poster">, purpose: string, event: MadeEvent) =>
  poster.post({ purpose, id: event.id, body: JSON.stringify(event) });
