import type { SeededRandom } from "@convergint/internal/seeded-random";
import type { Device, DeviceStatus } from "@convergint/schemas";

/** A device of this cloud: its status is always known to be something, if only `unknown`. */
export type CampusDevice = Device & { readonly status: DeviceStatus };

/** The vendor's own word beside each status of the contract. */
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
/** Of a hundred devices, in the field: three with a fault, two cut off, half a one still in its box. */
const SHARE = { degraded: 0.03, offline: 0.02, notInstalled: 0.005 } as const;

function drawStatus(random: SeededRandom, label: string, parent: CampusDevice | undefined) {
  // The cloud cannot see past a dead parent, so it must not claim that everything behind it is dead too.
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
 * How a device stands when the campus opens.
 *
 * @param parent what the device hangs on, where anything
 * @param asOf the moment the ages of all timestamps are counted back from
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
