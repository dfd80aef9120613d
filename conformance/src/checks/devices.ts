import { canonicalDeviceType, canonicalMacAddress, timestampSchema } from "@convergint/schemas";
import type { LookedUp } from "../evidence/change-evidence.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { Exchange } from "../evidence/exchange.ts";
import { declares, readConnectorTypes, readDeviceTypes } from "../evidence/manifest.ts";
import { endOf, entriesOf, isSuccess, type JsonObject, objectOf, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Finding, judgeEach, judgeMixed, type Problem, show } from "./finding.ts";

const NONE = "no device was listed";

/** Device types that are always networked. */
const NETWORKED: ReadonlySet<string | null> = new Set([
  "camera",
  "intercom",
  "recorder",
  "video_gateway",
  "access_controller",
  "network_switch",
  "access_point",
  "router",
  "gateway",
  "server",
]);

const STATUSES = "online, degraded, offline or unknown";

const FUTURE_TOLERANCE_MS = 5 * 60 * 1000;

/** Returns the listed devices, each with its pointer and the time when its page was complete. */
function devicesOf({ listing }: Evidence["devices"]) {
  const answeredAt = new Map(
    listing.pages.map((page) => [page.id, Date.parse(page.startedAt) + page.durationMs]),
  );
  return entriesOf(listing).map(({ at, pointer, value }) => ({
    at,
    pointer,
    device: value,
    answeredAt: answeredAt.get(at) ?? 0,
  }));
}

/**
 * Returns how far the vendor's clock is ahead of the suite's clock, according to the vendor's `Date` headers;
 * 0 if there are none.
 */
function secondsAhead({ listing }: Evidence["devices"]): number {
  const dates = listing.pages.flatMap((page) => {
    const date = Date.parse(page.response?.headers["date"] ?? "");
    return Number.isNaN(date) ? [] : [(date - endOf(page)) / 1000];
  });
  return dates.length === 0 ? 0 : Math.min(...dates);
}

const hasMacAddress = ({ mac_addresses: macs }: JsonObject): boolean =>
  Array.isArray(macs) && macs.some((mac) => typeof mac === "string" && canonicalMacAddress(mac) !== null);

/**
 * Returns a function that tells whether events report a device's status. The answer depends on the device's
 * type and on whether the vendor sends events at all.
 */
function createStatusEventTest(manifest: Exchange): (device: JsonObject) => boolean {
  const declared = readDeviceTypes(manifest);
  const hasEvents = ["webhooks", "backfill"].some((path) => declares(objectOf(manifest), path));
  return (device) => hasEvents && (declared.get(String(device["type"])) ?? []).includes("events");
}

/** Times before this moment come from a clock that was never set, or from an empty value. */
const EARLIEST_MS = Date.UTC(2000, 0);

/** Returns the devices behind connectors that are down, according to the listing. */
function findCutOff(manifest: Exchange, devices: Evidence["devices"]) {
  const connectors = readConnectorTypes(manifest);
  const all = devicesOf(devices);
  const down = new Map(
    all
      .filter(({ device }) => connectors.has(String(device["type"])))
      .filter(({ device }) => ["offline", "unknown"].includes(String(device["status"])))
      .map(({ device }) => [textOf(device, "device_id"), device]),
  );
  return all.flatMap((listed) => {
    const connector = down.get(textOf(listed.device, "parent_device_id"));
    return connector ? [{ ...listed, connector }] : [];
  });
}

export const CUT_OFF_HINT =
  "While a connector is offline or unknown, set every device behind it to unknown with the reason parent_unreachable, not to offline. If your cloud can reach these devices without the connector, do not name the connector as their parent_device_id.";

/** Tells whether a lookup shows that the device is offline. */
export const isOffline = ({ exchange }: LookedUp): boolean =>
  exchange.response?.status === 200 && textOf(objectOf(exchange), "status") === "offline";

/**
 * Returns the `last_seen_at` of a device that is out of contact; `null` if the device has none or is in
 * contact.
 */
function readLastContact(exchange: Exchange): string | null {
  const device = exchange.response?.status === 200 ? objectOf(exchange) : null;
  return ["offline", "unknown"].includes(textOf(device, "status") ?? "")
    ? textOf(device, "last_seen_at")
    : null;
}

/** Returns a problem if `last_seen_at` grew in every lookup, although the device was out of contact. */
function findMovingTime(deviceId: string, times: readonly (string | null)[]): Problem | null {
  const moments = times.map((time) =>
    timestampSchema.safeParse(time).success ? Date.parse(String(time)) : null,
  );
  const grows = moments.every((moment, index) => {
    const before = moments[index - 1];
    return moment !== null && (index === 0 || (before !== undefined && before !== null && moment > before));
  });
  return moments.length > 1 && grows
    ? {
        where: "/last_seen_at",
        expected: `the same time in each lookup, because device ${deviceId} was offline or behind an offline connector`,
        actual: times.map(show).join(", then "),
        hint: "Set last_seen_at only when the cloud hears from the device itself, not when you write the record or serve the response.",
      }
    : null;
}

export const deviceChecks = [
  check("DEV-001", ["discovery", "devices"], ({ discovery, devices }) => {
    const hasStatusEvents = createStatusEventTest(discovery.manifest);
    const withoutEvents = devicesOf(devices).filter(({ device }) => !hasStatusEvents(device));
    // If events cover every device type, the manifest itself shows that the requirement is met.
    const subjects = withoutEvents.length > 0 ? withoutEvents : devicesOf(devices);
    return judgeEach(subjects, NONE, ({ device, pointer }) =>
      withoutEvents.length === 0 || textOf(device, "status") !== null
        ? null
        : {
            where: `${pointer}/status`,
            expected: STATUSES,
            actual: show(device["status"]),
            hint: `No event reports the status of a ${show(device["type"])}, so the inventory must contain the status. Add status to the device. If you do not know the status, send "unknown".`,
          },
    );
  }),

  check("DEV-002", ["discovery", "devices"], ({ discovery, devices }) => {
    const hasStatusEvents = createStatusEventTest(discovery.manifest);
    return judgeEach(devicesOf(devices), NONE, ({ device, pointer }) => {
      // DEV-001 judges types without events, because their status is a MUST.
      if (!hasStatusEvents(device) || textOf(device, "status") !== null) return null;
      return {
        where: `${pointer}/status`,
        expected: STATUSES,
        actual: show(device["status"]),
        hint: "Add status to the device. If only events report the status, a new consumer does not know the status until the next change.",
      };
    });
  }),

  check("DEV-003", ["devices"], ({ devices }) =>
    judgeEach(devicesOf(devices), NONE, ({ device, pointer }) => {
      const status = textOf(device, "status");
      if (status === null || status === "unknown" || textOf(device, "status_observed_at") !== null)
        return null;
      return {
        where: `${pointer}/status_observed_at`,
        expected: "when this status was observed, such as 2026-11-23T08:30:00Z",
        actual: show(device["status_observed_at"]),
        hint: "Add status_observed_at. Without status_observed_at, a consumer cannot tell a stale status from a new status.",
      };
    }),
  ),

  check("DEV-004", ["devices"], ({ devices }) =>
    judgeEach(devicesOf(devices), NONE, ({ device, pointer }) =>
      !NETWORKED.has(textOf(device, "type")) || hasMacAddress(device)
        ? null
        : {
            where: `${pointer}/mac_addresses`,
            expected: "a MAC address, such as 00:11:22:aa:bb:cc",
            actual: show(device["mac_addresses"]),
            hint: "Send mac_addresses as a list of strings, each with twelve hex digits read from the device or its controller. If you do not know the address, omit mac_addresses. Do not send a placeholder.",
          },
    ),
  ),

  check("DEV-005", ["devices"], ({ devices }): Finding => {
    const finding = judgeEach(devicesOf(devices), NONE, ({ device, pointer, answeredAt }) => {
      for (const name of ["status_observed_at", "status_changed_at", "last_seen_at"]) {
        const time = device[name];
        if (!timestampSchema.safeParse(time).success) continue;
        if (Date.parse(String(time)) > answeredAt + FUTURE_TOLERANCE_MS) {
          return {
            where: `${pointer}/${name}`,
            expected: `a time that is not in the future; the response was sent at ${new Date(answeredAt).toISOString()}`,
            actual: show(time),
            hint: "Send times in UTC, from a synchronized clock. A local time with a Z is hours off. A status with a future time would override every later status.",
          };
        }
      }
      return null;
    });
    const ahead = secondsAhead(devices);
    return finding.outcome === "fail" && ahead * 1000 > FUTURE_TOLERANCE_MS
      ? {
          outcome: "could-not-run",
          reason: `the vendor's Date header is ${Math.round(ahead)} s ahead of this machine's clock, so one of the two clocks is wrong; synchronize both clocks and run again`,
        }
      : finding;
  }),

  check("DEV-006", ["devices"], ({ devices }) => {
    const all = devicesOf(devices);
    const orgOf = new Map(all.map(({ device }) => [textOf(device, "device_id"), textOf(device, "org_id")]));
    return judgeEach(all, NONE, ({ device, pointer }) => {
      const parent = textOf(device, "parent_device_id");
      if (parent === null || orgOf.get(parent) === textOf(device, "org_id")) return null;
      return {
        where: `${pointer}/parent_device_id`,
        expected: "the device_id of a listed device of the same org",
        actual: show(parent),
        hint: "List the parent device too, or leave parent_device_id out.",
      };
    });
  }),

  check("DEV-007", ["devices"], ({ devices }) =>
    judgeEach(devicesOf(devices), NONE, ({ device, pointer }) => {
      const type = textOf(device, "type");
      if (type === null || canonicalDeviceType(type) !== "other" || textOf(device, "vendor_type"))
        return null;
      return {
        where: `${pointer}/vendor_type`,
        expected: `your own name for what this ${show(type)} device is`,
        actual: show(device["vendor_type"]),
        hint: "Add a vendor_type such as fire_panel, or use one of the contract's more specific device types.",
      };
    }),
  ),

  check(
    "DEV-008",
    ["discovery", "devices", "outOfContact"],
    ({ discovery, devices, outOfContact }): Finding => {
      const { deviceId, behind, command, rounds, back } = outOfContact;
      const listed = findCutOff(discovery.manifest, devices).map(({ at, pointer, device, connector }) => ({
        at,
        find: (): Problem | null =>
          ["unknown", null].includes(textOf(device, "status"))
            ? null
            : {
                where: `${pointer}/status`,
                expected: `"unknown", because the connector ${show(connector["device_id"])} is ${show(connector["status"])}`,
                actual: show(device["status"]),
                hint: CUT_OFF_HINT,
              },
      }));
      const connectorAtLast = rounds.at(-1)?.find((each) => each.deviceId === deviceId);
      const isDown = connectorAtLast !== undefined && isOffline(connectorAtLast);
      const isDriven = command !== null && isSuccess(command) && behind.length > 0 && isDown;
      const lookedUp = (looked: readonly LookedUp[], judge: (device: JsonObject) => Problem | null) =>
        looked
          .filter((each) => isDriven && behind.includes(each.deviceId))
          .flatMap(({ exchange }) => {
            const device = exchange.response?.status === 200 ? objectOf(exchange) : null;
            // Another user may have moved the device meanwhile, so that it is behind another connector or none.
            const isStillBehind = textOf(device, "parent_device_id") === deviceId;
            return device && isStillBehind ? [{ at: exchange.id, find: () => judge(device) }] : [];
          });
      const whileOffline = lookedUp(rounds.at(-1) ?? [], ({ status, status_reason: reason }) =>
        status === "unknown" && reason === "parent_unreachable"
          ? null
          : {
              where: status === "unknown" ? "/status_reason" : "/status",
              expected: `"unknown" with the reason "parent_unreachable", because the connector ${deviceId} was taken offline`,
              actual: `${show(status)} with the reason ${show(reason)}`,
              hint: CUT_OFF_HINT,
            },
      );
      const afterwards = lookedUp(back ?? [], ({ status_reason: reason }) =>
        reason === "parent_unreachable"
          ? {
              where: "/status_reason",
              expected: `the device's last known status, because the connector ${deviceId} is online again`,
              actual: show(reason),
              hint: "When a connector is back, give the devices behind it their last known status, or the status that the connector now reports.",
            }
          : null,
      );
      const finding = judgeMixed([...listed, ...whileOffline, ...afterwards], "");
      const [page] = devices.listing.pages;
      if (finding.outcome === "could-not-run" && !page) return { outcome: "could-not-run", reason: NONE };
      if (finding.outcome === "fail" || (finding.outcome === "pass" && isDriven)) return finding;
      const unseen =
        "The suite took no connector offline. This needs a way to change devices, and an online connector: a video_gateway, a gateway, or a type with connector true in the manifest. A device with a known status must name that connector as its parent_device_id.";
      return {
        outcome: "pass",
        cites: finding.outcome === "pass" ? finding.cites : [page?.id ?? ""],
        unseen,
      };
    },
  ),

  check("DEV-010", ["devices", "outOfContact"], ({ devices, outOfContact: { rounds } }) => {
    const listed = devicesOf(devices).map(({ at, pointer, device }) => ({
      at,
      find: (): Problem | null => {
        const name = ["status_observed_at", "last_seen_at"].find(
          (each) =>
            timestampSchema.safeParse(device[each]).success && Date.parse(String(device[each])) < EARLIEST_MS,
        );
        return name === undefined
          ? null
          : {
              where: `${pointer}/${name}`,
              expected: "the actual moment, or no member",
              actual: show(device[name]),
              hint: "Omit this member if you do not know the moment. The value looks like a default, or like the time of a clock that was never set.",
            };
      },
    }));
    const ids = (rounds[0] ?? []).map(({ deviceId }) => deviceId);
    const silent = ids.flatMap((deviceId) => {
      const seen = rounds.flatMap((round) =>
        round.flatMap(({ deviceId: id, exchange }) =>
          id === deviceId ? [{ at: exchange.id, lastSeen: readLastContact(exchange) }] : [],
        ),
      );
      const last = seen.at(-1);
      return last
        ? [
            {
              at: last.at,
              find: () =>
                findMovingTime(
                  deviceId,
                  seen.map(({ lastSeen }) => lastSeen),
                ),
            },
          ]
        : [];
    });
    const finding = judgeMixed([...listed, ...silent], NONE);
    return finding.outcome === "pass" && ids.length === 0
      ? {
          ...finding,
          unseen:
            "No device was offline, and the suite could not take one offline. So the suite did not see whether last_seen_at stays the same while a device is out of contact.",
        }
      : finding;
  }),
];
