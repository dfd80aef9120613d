import type { Clock } from "@convergint/delivery";
import type { SeededRandom } from "@convergint/internal/seeded-random";
import {
  CONNECTOR_DISCONNECTED,
  CONNECTOR_RECONNECTED,
  DEVICE_HEARTBEAT,
  type EventFamilyDescriptor,
  eventFamilies,
} from "@convergint/schemas";
import type { CampusDevice } from "../estate/initial-status.ts";
import { isReachable } from "../estate/initial-status.ts";
import { publishes } from "../events/catalogue.ts";
import type { DeviceReports } from "../events/device-reports.ts";
import type { Installations } from "../events/installations.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { createDice } from "./traffic.ts";
import type { Unrest, Variation } from "./variation.ts";

/** The dependencies of unrest. */
export interface UnrestOptions {
  readonly inventory: Inventory;
  readonly reports: DeviceReports;
  readonly installations: Installations;
  readonly random: SeededRandom;
  readonly clock: Clock;
}

/** Changes that happen by themselves. */
export interface RunningUnrest {
  /** Never changes this device from now on, because the caller has commanded it. */
  readonly spare: (deviceId: string) => void;
  readonly stop: () => void;
}

/** The share of devices that change by themselves. All other devices change only by command. */
const RESTLESS = 0.1;
const HEARTBEAT_MS = 300_000;
/** An outage is seen only if it lasts longer than the wait between two looks at the inventory. */
const MIN_OUTAGE_MS = 150_000;
/** How many devices of each type have events of the optional families. With few devices, sequences are complete soon. */
const TALKATIVE = 2;

/** The sequences of the families whose events change no status. */
const SEQUENCES = eventFamilies.flatMap(({ name, sequences }: EventFamilyDescriptor) =>
  name === "connector" ? [] : sequences,
);

/**
 * Changes devices that no caller commanded, as real devices and other users of the tenant do. Leaves
 * commanded devices unchanged, because a sandbox device has the status that it was given.
 */
export function startUnrest(
  { unrest, unrestSeconds }: Pick<Variation, "unrest" | "unrestSeconds">,
  { inventory, reports, installations, random, clock }: UnrestOptions,
): RunningUnrest {
  const dice = createDice(random, "unrest");
  const spared = new Set<string>();
  /** The devices that this code added. It may remove them again. */
  const added: CampusDevice[] = [];
  const heardAt = new Map<string, number>();
  /** How many events of each sequence a device has had. */
  const steps = new Map<string, number>();
  /** The connector that is out of contact, and since when. */
  let lost: { readonly connector: CampusDevice; readonly at: number } | null = null;
  let cancel = () => {};

  const pick = <Item>(items: readonly Item[]): Item | undefined =>
    items[Math.floor(dice.below(items.length))];

  function pickDevice(): CampusDevice | undefined {
    return pick(
      inventory.all().filter((device) => {
        const parent = inventory.parentOf(device);
        return (
          random.fraction(`restless/${device.device_id}`) < RESTLESS &&
          !spared.has(device.device_id) &&
          (parent === undefined || (isReachable(parent.status) && !spared.has(parent.device_id))) &&
          inventory.childrenOf(device).length === 0
        );
      }),
    );
  }

  const canReport = (device: CampusDevice): boolean => {
    const parent = inventory.parentOf(device);
    return (
      isReachable(device.status) &&
      !spared.has(device.device_id) &&
      (parent === undefined || isReachable(parent.status))
    );
  };

  /** Publishes the next event of a sequence, such as the end of the alarm that the device reported before. */
  async function continueSequence(): Promise<unknown> {
    const sequence = pick(SEQUENCES) ?? [];
    const [first] = sequence;
    if (first === undefined) return;
    const types = Map.groupBy(
      inventory.all().filter(({ type }) => publishes(type, first.type)),
      ({ type }) => type,
    );
    const device = pick([...types.values()].flatMap((alike) => alike.slice(0, TALKATIVE)));
    if (device === undefined || !canReport(device)) return;
    const key = `${device.device_id} ${SEQUENCES.indexOf(sequence)}`;
    const step = steps.get(key) ?? 0;
    steps.set(key, step + 1);
    const next = sequence[step % sequence.length] ?? first;
    return reports.report(device, next.type, next.data);
  }

  async function disconnect(): Promise<void> {
    if (lost !== null) {
      if (clock.now() < lost.at + MIN_OUTAGE_MS) return;
      const back = inventory.current(lost.connector);
      lost = null;
      await reports.report(back, CONNECTOR_RECONNECTED);
      return;
    }
    const connector = pick(
      inventory
        .all()
        .filter(
          (device) =>
            publishes(device.type, CONNECTOR_DISCONNECTED) &&
            inventory.childrenOf(device).length > 0 &&
            canReport(device),
        ),
    );
    if (connector === undefined) return;
    lost = { connector, at: clock.now() };
    await reports.report(connector, CONNECTOR_DISCONNECTED);
  }

  async function happen(kind: Unrest): Promise<unknown> {
    if (kind === "event") return continueSequence();
    if (kind === "outage") return disconnect();
    if (kind === "estate" && added.length > 2) {
      const gone = added.shift();
      if (gone && !spared.has(gone.device_id)) return installations.remove(inventory.current(gone));
    }
    const device = pickDevice();
    if (device === undefined) return;
    const site = pick(
      // Keeps an empty site empty, because the suite needs an empty site.
      inventory
        .sitesOf(device.org_id)
        .filter(({ site_id }) => inventory.all().some((each) => each.site_id === site_id)),
    );
    switch (kind) {
      case "status":
        if (!isReachable(device.status)) return;
        // Never sets the device offline, so that a command to take the device offline still changes it.
        return device.status === "degraded"
          ? reports.observe(device, { status: "online" })
          : reports.observe(device, {
              status: "degraded",
              status_reason: pick(["battery_low", "clock_drift"]),
            });
      case "heartbeat": {
        const now = clock.now();
        if (!isReachable(device.status) || !publishes(device.type, DEVICE_HEARTBEAT)) return;
        if (now - (heardAt.get(device.device_id) ?? 0) <= HEARTBEAT_MS) return;
        heardAt.set(device.device_id, now);
        return reports.report(device, DEVICE_HEARTBEAT);
      }
      case "rename":
        return installations.rename(
          device,
          `${device.name.replace(/ \(.*\)$/, "")} (${Math.floor(dice.below(1000))})`,
        );
      case "move":
        return site && installations.move(device, site);
      case "estate":
        return site && added.push(await installations.add(site, { type: "speaker", name: "Spare speaker" }));
    }
  }

  function schedule(): void {
    cancel = clock.setTimer(
      () => {
        const kind = pick(unrest);
        // At the same moment, the device may be removed, or its connector may go offline.
        if (kind !== undefined) void happen(kind).catch(() => {});
        schedule();
      },
      (0.5 + dice.below(1)) * unrestSeconds * 1000,
    );
  }
  if (unrestSeconds > 0) schedule();
  return { spare: (deviceId) => spared.add(deviceId), stop: () => cancel() };
}
