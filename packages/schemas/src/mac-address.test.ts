import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalMacAddress, macAddressSchema } from "./mac-address.ts";

test.each([
  ["00:11:22:AA:BB:CC", "00:11:22:aa:bb:cc"],
  ["00-11-22-aa-bb-cc", "00:11:22:aa:bb:cc"],
  ["0011.22aa.bbcc", "00:11:22:aa:bb:cc"],
  ["001122AABBCC", "00:11:22:aa:bb:cc"],
  [" 001122aabbcc ", "00:11:22:aa:bb:cc"],
  ["0011.22AA.bbcc", "00:11:22:aa:bb:cc"],
  ["0:1:2:a:b:c", "00:01:02:0a:0b:0c"],
  ["0-11-22-aa-b-CC", "00:11:22:aa:0b:cc"],
])("reads %s", (written, canonical) => {
  expect(canonicalMacAddress(written)).toBe(canonical);
});

test.each([
  "",
  "n/a",
  "0:1:2:a:b",
  "0011.22aa.bbc",
  "00 11 22 aa bb cc",
  "00:11:22:aaa:bb:cc",
  "00:11:22:aa:bb",
  "00:11:22:aa:bb:cg",
  "00:11-22:aa:bb:cc",
  "00:11:22:33:44:55:66:77",
])("rejects %j", (written) => {
  expect(canonicalMacAddress(written)).toBeNull();
});

test("is idempotent", () => {
  const mac = fc
    .uint8Array({ minLength: 6, maxLength: 6 })
    .map((bytes) => Buffer.from(bytes).toString("hex"));
  fc.assert(
    fc.property(mac, (digits) => {
      const canonical = canonicalMacAddress(digits);
      expect(canonical?.replaceAll(":", "")).toBe(digits);
      expect(canonicalMacAddress(canonical ?? "")).toBe(canonical);
    }),
  );
});

test("keeps an unreadable address unchanged", () => {
  expect(macAddressSchema.parse("n/a")).toBe("n/a");
  expect(macAddressSchema.parse("001122AABBCC")).toBe("00:11:22:aa:bb:cc");
});
