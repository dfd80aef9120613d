import { canonicalDeviceType, canonicalMacAddress, timestampSchema } from "@convergint/schemas";
import type { Evidence } from "../evidence/evidence.ts";
import type { Exchange } from "../evidence/exchange.ts";
import { declares, readDeviceTypes } from "../evidence/manifest.ts";
import { entriesOf, type JsonObject, objectOf, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { judgeEach, show } from "./finding.ts";

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

/** Returns the listed devices, each with its pointer and the time its page was complete. */
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
            hint: `No event reports the status of a ${show(device["type"])}, so the inventory must contain it. Add status to the device. If you do not know the status, send "unknown".`,
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

  check("DEV-005", ["devices"], ({ devices }) =>
    judgeEach(devicesOf(devices), NONE, ({ device, pointer, answeredAt }) => {
      for (const name of ["status_observed_at", "status_changed_at", "last_seen_at"]) {
        const time = device[name];
        if (!timestampSchema.safeParse(time).success) continue;
        if (Date.parse(String(time)) > answeredAt + FUTURE_TOLERANCE_MS) {
          return {
            where: `${pointer}/${name}`,
            expected: `a time that is not in the future; the response was sent at ${new Date(answeredAt).toISOString()}`,
            actual: show(time),
            hint: "Send times in UTC. A local time with a Z is hours off. A status with a future time would override every later status.",
          };
        }
      }
      return null;
    }),
  ),

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
];
