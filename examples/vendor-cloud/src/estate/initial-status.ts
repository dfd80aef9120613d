import type { SeededRandom } from "@convergint/internal/seeded-random";
import type { Device, DeviceStatus } from "@convergint/schemas";

/** A device of this cloud; it always has a status, even if that is `unknown`. */
export type CampusDevice = Device & { readonly status: DeviceStatus };

/** The vendor's own term for each status of the contract. */
export const VENDOR_STATUS: Record<DeviceStatus, string> = {
  online: "Connected",
  degraded: "Attention",
  offline: "Disconnected",
  unknown: "NoData",
};

export const isReachable = (status: DeviceStatus): boolean => status === "online" || status === "degraded";

const before = (moment: Date, seconds: number): string =>
  new Date(moment.getTime() - Math.round(seconds * 1000)).toISOString();

const DAY_SECONDS = 86_400;
/** The shares of devices that are degraded, offline, and not yet installed. */
const SHARE = { degraded: 0.03, offline: 0.02, notInstalled: 0.005 } as const;

function drawStatus(random: SeededRandom, label: string, parent: CampusDevice | undefined) {
  // The cloud cannot reach devices behind a parent that is down, so their status is unknown, not offline.
  if (parent !== undefined && !isReachable(parent.status))
    return { status: "unknown", status_reason: "parent_unreachable" } as const;
  const chance = random.fraction(`${label}/status`);
  if (chance < SHARE.notInstalled) return { status: "unknown", status_reason: "not_installed" } as const;
  if (chance < SHARE.notInstalled + SHARE.offline)
    return {
      status: "offline",
      status_reason: random.pick(`${label}/reason`, ["no_contact", "power_lost", "auth_failed"]),
    } as const;
  if (chance < SHARE.notInstalled + SHARE.offline + SHARE.degraded)
    return {
      status: "degraded",
      status_reason: random.pick(`${label}/reason`, [
        "packet_loss",
        "battery_low",
        "storage_low",
        "clock_drift",
      ]),
    } as const;
  return { status: "online", status_reason: null } as const;
}

/**
 * Returns the initial status of a device.
 *
 * @param parent its parent device, if any
 * @param asOf the current time, from which ages are subtracted
 */
export function initialStatus(
  random: SeededRandom,
  label: string,
  parent: CampusDevice | undefined,
  asOf: Date,
) {
  const drawn = drawStatus(random, label, parent);
  const observedSecondsAgo = 5 + random.below(`${label}/observed`, 240);
  const changedSecondsAgo = DAY_SECONDS * (0.1 + 60 * random.fraction(`${label}/changed`));
  const observed = before(asOf, observedSecondsAgo);
  const changed = before(asOf, changedSecondsAgo);
  const installed = drawn.status_reason !== "not_installed";
  const lastSeen = isReachable(drawn.status) ? observed : changed;
  return {
    ...drawn,
    vendor_status: VENDOR_STATUS[drawn.status],
    status_observed_at: observed,
    status_changed_at: changed,
    last_seen_at: installed ? lastSeen : null,
    lifecycle: installed ? ("active" as const) : ("provisioning" as const),
    admin_state: random.fraction(`${label}/admin`) < 0.01 ? ("disabled" as const) : ("enabled" as const),
    updated_at: changed,
  };
}
