import { canonicalDeviceType, canonicalMacAddress, timestampSchema } from "@convergint/schemas";
import type { Evidence } from "../evidence/evidence.ts";
import type { Exchange } from "../evidence/exchange.ts";
import { declaredDeviceTypes, declares } from "../evidence/manifest.ts";
import { isObject, itemsOf, type JsonObject, objectOf, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { judgeEach, show } from "./finding.ts";

const NONE = "no device was listed";

/** Device types that are on a network by their nature. */
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

/** The listed devices with where each stands, and when the page that has it was answered. */
function devicesOf({ listing }: Evidence["devices"]) {
  const answeredAt = new Map(
    listing.pages.map((page) => [page.id, Date.parse(page.startedAt) + page.durationMs]),
  );
  return itemsOf(listing).flatMap(({ at, pointer, value }) =>
    isObject(value) ? [{ at, pointer, device: value, answeredAt: answeredAt.get(at) ?? 0 }] : [],
  );
}

const hasMacAddress = ({ mac_addresses: macs }: JsonObject): boolean =>
  Array.isArray(macs) && macs.some((mac) => typeof mac === "string" && canonicalMacAddress(mac) !== null);

/** Tells of a device whether events say its status: by its type, and where the vendor has a way to send any. */
function toldByEvents(manifest: Exchange): (device: JsonObject) => boolean {
  const declared = declaredDeviceTypes(manifest);
  const hasEvents = ["webhooks", "backfill"].some((path) => declares(objectOf(manifest), path));
  return (device) => hasEvents && (declared.get(String(device["type"])) ?? []).includes("events");
}

export const deviceChecks = [
  check("DEV-001", ["discovery", "devices"], ({ discovery, devices }) => {
    const isToldByEvents = toldByEvents(discovery.manifest);
    const ofInventory = devicesOf(devices).filter(({ device }) => !isToldByEvents(device));
    // Where events cover every type, the requirement holds by what the manifest says of each device.
    const subjects = ofInventory.length > 0 ? ofInventory : devicesOf(devices);
    return judgeEach(subjects, NONE, ({ device, pointer }) =>
      ofInventory.length === 0 || textOf(device, "status") !== null
        ? null
        : {
            where: `${pointer}/status`,
            expected: STATUSES,
            actual: show(device["status"]),
            hint: `No event tells of a ${show(device["type"])}, so inventory is the only way to learn its status; send "unknown" where you cannot tell.`,
          },
    );
  }),

  check("DEV-002", ["discovery", "devices"], ({ discovery, devices }) => {
    const isToldByEvents = toldByEvents(discovery.manifest);
    return judgeEach(devicesOf(devices), NONE, ({ device, pointer }) => {
      // The types that events do not cover are DEV-001's, where it is a MUST.
      if (!isToldByEvents(device) || textOf(device, "status") !== null) return null;
      return {
        where: `${pointer}/status`,
        expected: STATUSES,
        actual: show(device["status"]),
        hint: "Events alone leave whoever starts to listen today without a status until the next change.",
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
        expected: "when this status was seen to be so, such as 2026-11-23T08:30:00Z",
        actual: show(device["status_observed_at"]),
        hint: "Without it a stale poll cannot be told from news.",
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
            hint: "A list of texts of twelve hex digits. Read it from the device or its controller; a placeholder is worse than none.",
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
            expected: `a time that has come; the answer was made at ${new Date(answeredAt).toISOString()}`,
            actual: show(time),
            hint: "A status from the future wins over everything that comes after it. Write UTC: a local time with a Z behind it is hours off.",
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
        hint: "List the device it hangs on, or leave parent_device_id out.",
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
        expected: `your own word for what this ${show(type)} is`,
        actual: show(device["vendor_type"]),
        hint: "Send a text such as fire_panel in vendor_type, or one of the contract's own types in type.",
      };
    }),
  ),
];
