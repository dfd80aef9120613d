import { readFileSync } from "node:fs";
import { DEVICE_TYPES, deviceStatusSchema } from "@convergint/schemas";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_STATUSES, DEFAULT_TYPES } from "./default-mapping.ts";
import { adaptTerms, mapStatus, mapType, NO_MAPPING } from "./mapping.ts";

describe("a device type", () => {
  const own = { types: { Portal: "lock", camera: "recorder" }, statuses: {} } as const;
  const bySystem = { ...own, systems: { s1: { types: { Portal: "sensor" }, statuses: {} } } } as const;
  test.each([
    ["camera", NO_MAPPING, "camera", null],
    ["IP Camera", NO_MAPPING, "camera", null],
    ["door-controller", NO_MAPPING, "access_controller", null],
    ["ACCESS_CONTROLLER", NO_MAPPING, "access_controller", null],
    ["access-controller", NO_MAPPING, "access_controller", null],
    [" Camera ", NO_MAPPING, "camera", null],
    ["drone", NO_MAPPING, "other", "drone"],
    ["toString", NO_MAPPING, "other", "toString"],
    ["__proto__", NO_MAPPING, "other", "__proto__"],
    ["other", NO_MAPPING, "other", null],
    ["Portal", own, "lock", null],
    ["portal", own, "door", null],
    ["camera", own, "recorder", null],
  ] as const)("%s maps as in case %#", (word, mapping, type, unmapped) => {
    expect(mapType(word, mapping)).toEqual({ type, unmapped });
  });

  test.each([
    ["Portal", "s1", "sensor"],
    ["camera", "s1", "recorder"],
    ["Portal", "s2", "lock"],
    ["Portal", "toString", "lock"],
    ["Portal", null, "lock"],
  ])("%s of the system %s maps by that system's own mapping first, to %s", (word, systemId, type) => {
    expect(mapType(word, bySystem, systemId)).toEqual({ type, unmapped: null });
  });
});

describe("a status", () => {
  test.each([
    ["online", undefined, "online", undefined, null],
    ["Offline", undefined, "offline", "Offline", null],
    [" ONLINE", undefined, "online", " ONLINE", null],
    ["UP", undefined, "online", "UP", null],
    ["Not Responding", undefined, "offline", "Not Responding", null],
    ["not-responding", "finer", "offline", "not-responding", null],
    ["zzz", undefined, "unknown", "zzz", "zzz"],
    ["constructor", undefined, "unknown", "constructor", "constructor"],
  ])("%s (vendor_status %s) maps to %s", (status, finer, becomes, vendor_status, unknownWord) => {
    const raw = { device_id: "d", status, ...(finer && { vendor_status: finer }) };
    expect(adaptTerms(raw)).toEqual({
      value: { device_id: "d", status: becomes, ...(vendor_status && { vendor_status }) },
      unknownWord,
    });
  });

  const contract = readFileSync(new URL("../../../../spec/1.0/contract.md", import.meta.url), "utf8");
  const table = [
    ...contract.matchAll(/^\| `(online|degraded|offline|unknown)` \|[^|]*\| (.+) \|$/gm),
  ].flatMap(([, status, words = ""]) => words.split(", ").map((word) => [word, status] as const));
  test.each(table.filter(([word]) => word !== "no status at all"))(
    "%s maps to %s, as the contract's table says",
    (word, status) => {
      for (const spelling of [word, word.toUpperCase(), ` ${word.replaceAll(" ", "-")}`])
        expect(adaptTerms({ status: spelling })).toMatchObject({ value: { status }, unknownWord: null });
    },
  );
  test("the contract's table was found", () => expect(table.length).toBeGreaterThan(15));

  test("maps by the integration's own mapping, the vendor's own term first", () => {
    const own = { types: {}, statuses: { alerting: "offline", online: "degraded" } } as const;
    expect(mapStatus("online", "alerting", own)).toBe("offline");
    expect(mapStatus("online", "fine", own)).toBe("degraded");
    expect(mapStatus("offline", null, own)).toBe("offline");
    expect(mapStatus("offline", "toString", NO_MAPPING)).toBe("offline");
  });

  test.each([
    [{ lifecycle: " Removed" }, { lifecycle: "removed" }],
    [{ lifecycle: "retired" }, { lifecycle: "retired" }],
    [
      { admin_state: "DISABLED", status: "Offline" },
      { admin_state: "disabled", status: "offline" },
    ],
    [{ previous_status: "Online" }, { previous_status: "online" }],
  ])("%j also has its closed vocabularies folded", (raw, expected) => {
    expect(adaptTerms(raw).value).toMatchObject(expected);
  });

  test("of any other shape is left to the schema, without an error", () => {
    fc.assert(
      fc.property(fc.anything(), (raw) => {
        const { value, unknownWord } = adaptTerms(raw);
        if (unknownWord === null && !(raw as { status?: unknown } | null)?.status) expect(value).toBe(raw);
      }),
    );
  });
});

test("the default mapping has normalized keys, maps to the contract's terms and repeats none of them", () => {
  for (const [table, ours] of [
    [DEFAULT_TYPES, DEVICE_TYPES],
    [DEFAULT_STATUSES, deviceStatusSchema.options],
  ] as const) {
    for (const [word, meaning] of Object.entries(table)) {
      expect(word).toBe(
        word
          .trim()
          .toLowerCase()
          .replaceAll(/[\s-]+/g, "_"),
      );
      expect(ours).not.toContain(word);
      expect(ours).toContain(meaning);
    }
  }
});
