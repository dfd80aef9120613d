import type { DeviceType } from "@convergint/schemas";
import type { Observation } from "../status/observation.ts";
import type { Place } from "./place.ts";

/** What inventory says of a device, but for its status. */
export interface DeviceFacts {
  readonly name: string;
  /** In our vocabulary. */
  readonly type: DeviceType;
  /** The vendor's word for the type, as it was sent. */
  readonly typeWord: string;
  /** The vendor's finer word, where there is one. */
  readonly vendorType: string | null;
  /** What tells whether the record differs from another. */
  readonly recordHash: string;
  /** The record as JSON, where it was only just told; `null` where it is stored. */
  readonly record: string | null;
}

/** All that is known of one device of one integration. */
export interface DeviceState {
  readonly integrationId: string;
  readonly deviceId: string;
  readonly orgId: string;
  readonly siteId: string;
  /** `null` while its org and site are not bound. */
  readonly place: Place | null;
  /** `provisioning`, `active` or `removed`. */
  readonly lifecycle: string;
  /** `null` where only events have told of it. */
  readonly facts: DeviceFacts | null;
  /** When the facts, or its removal, were so, sortable as text; `""` where nothing was said. */
  readonly recordedAt: string;
  /** `null` where its status is not known. */
  readonly observation: Observation | null;
  readonly firstSeenAt: string;
  /** Since when its removal waits for a person; `null` where it does not. */
  readonly heldSince: string | null;
}

/** Whether a customer sees a device. */
export const isShown = (state: DeviceState | null): state is DeviceState & { readonly place: Place } =>
  Boolean(state?.place) && state?.lifecycle !== "removed";

/** The vendor's word for the status, where it is another than ours. */
export function vendorStatusOf({ status, sentStatus, vendorStatus }: Observation): string | null {
  return vendorStatus ?? (sentStatus === status ? null : sentStatus);
}
