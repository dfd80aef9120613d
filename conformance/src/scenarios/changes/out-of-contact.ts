import type { OutOfContact } from "../../evidence/change-evidence.ts";
import type { Evidence } from "../../evidence/evidence.ts";
import { readConnectorTypes } from "../../evidence/manifest.ts";
import { entriesOf, type JsonObject, memberOf, objectOf, textOf } from "../../evidence/read.ts";
import { sleep } from "../../harness/clock.ts";
import { readListing, readUntilShown } from "../../harness/listing.ts";
import { apiUrl, segment } from "../api.ts";
import { leaveAsFound } from "../events/status-change.ts";
import { type Drive, scenario } from "../scenario.ts";
import { canTrigger, statusTrigger } from "../trigger.ts";

/** Maximum number of devices behind the connector to look up. */
const MAX_BEHIND = 4;
/** The wait is longer than a second, because times may be whole seconds. */
const BETWEEN_ROUNDS_MS = 1500;
const ROUNDS = 3;
/** Minimum time limit for the devices behind a connector to follow it; a declared latency may be longer. */
const MIN_WAIT_SECONDS = 15;
const EVERY_MS = 500;

/** A device to take offline, with the devices behind it that have a known status. */
interface Target {
  readonly deviceId: string;
  readonly siteId: string | null;
  readonly behind: readonly string[];
}

/** Chooses an online connector with devices behind it; without one, an online device without children. */
function choose(
  { discovery, devices }: Pick<Evidence, "discovery" | "devices">,
  { chance, person }: Drive,
): Target | null {
  const all = entriesOf(devices.listing).map(({ value }) => value);
  const connectors = readConnectorTypes(discovery.manifest);
  const children = Map.groupBy(all, (device) => textOf(device, "parent_device_id"));
  const byId = new Map(all.map((device) => [textOf(device, "device_id"), device]));
  const parentOf = (device: JsonObject) => byId.get(textOf(device, "parent_device_id"));
  const online = chance
    .shuffle(all, (device) => String(device["device_id"]))
    .filter(
      (device) => device["status"] === "online" && (parentOf(device)?.["status"] ?? "online") === "online",
    );
  const behindOf = (device: JsonObject) =>
    (children.get(textOf(device, "device_id")) ?? [])
      .filter(({ status }) => typeof status === "string" && status !== "unknown")
      .flatMap((child) => textOf(child, "device_id") ?? []);
  const suitable = online.filter(
    (device) => connectors.has(textOf(device, "type") ?? "") && behindOf(device).length > 0,
  );
  const others = online.filter((device) => !children.has(textOf(device, "device_id")));
  const candidates = suitable.length > 0 ? suitable : others;
  const [connector] = suitable;
  const ids = candidates.flatMap((device) => textOf(device, "device_id") ?? []);
  const [deviceId] = person ? person.pick(ids, 1) : ids;
  const chosen = deviceId === undefined ? undefined : byId.get(deviceId);
  if (!chosen || deviceId === undefined) return null;
  return {
    deviceId,
    siteId: textOf(chosen, "site_id"),
    behind: connector ? behindOf(chosen).slice(0, MAX_BEHIND) : [],
  };
}

/** Takes a connector offline and looks at the devices behind it, until the connector is back. */
export const outOfContact = scenario(
  "outOfContact",
  "Look at devices that are out of contact",
  ["discovery", "devices"],
  async (seen, drive): Promise<OutOfContact> => {
    const { discovery } = seen;
    const { recorder, clock, signal } = drive;
    const target = canTrigger(discovery, drive) ? choose(seen, drive) : null;
    const lookUp = (purpose: string, ids: readonly string[]) =>
      Promise.all(
        ids.map(async (id) => ({
          deviceId: id,
          exchange: await recorder.call({
            purpose,
            url: apiUrl(discovery, `/v1/devices/${segment(id)}`),
          }),
        })),
      );
    /** Looks up devices several times while they are out of contact. */
    const watch = async (ids: readonly string[]) => {
      const rounds = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        if (round > 0) await sleep(clock, BETWEEN_ROUNDS_MS, signal);
        rounds.push(await lookUp("look up a device that is out of contact", ids));
      }
      return rounds;
    };
    if (!target) {
      const offline = entriesOf(seen.devices.listing).filter(({ value }) => value["status"] === "offline");
      const ids = offline.flatMap(({ value }) => textOf(value, "device_id") ?? []).slice(0, MAX_BEHIND);
      const rounds = ids.length === 0 ? [] : await watch(ids);
      return { deviceId: null, behind: [], command: null, rounds, listing: null, back: null };
    }
    const { deviceId, siteId, behind } = target;
    /**
     * Looks up the devices behind the connector until the connector's change has reached all of them: every
     * device is cut off, or none is.
     */
    const followed = async (purpose: string, isCutOff: boolean) => {
      const until = clock.monotonic() + waitSeconds * 1000;
      for (;;) {
        const round = await lookUp(purpose, behind);
        const isSo = round.every(({ exchange }) => {
          const device = objectOf(exchange);
          return isCutOff
            ? device?.["status"] === "unknown"
            : textOf(device, "status_reason") !== "parent_unreachable";
        });
        if (isSo || clock.monotonic() >= until) return round;
        await sleep(clock, EVERY_MS, signal);
      }
    };

    const latency = memberOf(objectOf(discovery.manifest), "webhooks")?.["health_latency_seconds"];
    const waitSeconds = Math.max(MIN_WAIT_SECONDS, typeof latency === "number" ? latency : 0);
    const trigger = statusTrigger(discovery, drive);
    const isBack = leaveAsFound(
      discovery,
      [{ deviceId, course: [{ status: "offline" }, { status: "online" }] }],
      drive,
    );
    const command = await trigger("make a device offline", deviceId, { status: "offline" });
    await followed("look up a device behind the offline connector", true);
    const rounds = await watch([deviceId, ...behind]);
    // Lists again while `as_of` shows that a listing describes a moment before the change.
    const listing = await readUntilShown(
      command,
      drive,
      () =>
        readListing(recorder, {
          purpose: "list one site's devices after the change",
          url: apiUrl(discovery, "/v1/devices", siteId === null ? {} : { site_id: siteId }),
          limit: 500,
        }),
      (each) =>
        entriesOf(each).some(({ value }) => value["device_id"] === deviceId && value["status"] === "offline"),
    );
    // The device may come back online by itself. The check judges only devices that are still offline.
    rounds.push(await lookUp("look up a device that is out of contact", [deviceId, ...behind]));
    await trigger("restore the device", deviceId, { status: "online" });
    isBack();
    const back = await followed("look up a device behind the restored connector", false);
    return { deviceId, behind, command, rounds, listing, back };
  },
  { byHand: () => 2 },
);
