import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalIpAddress, ipAddressSchema, macAddressSchema } from "./network-address.ts";
import { canonicalMacAddress } from "./values.ts";

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

describe("canonicalIpAddress", () => {
  test.each([
    ["192.0.2.7", "192.0.2.7"],
    ["192.0.2.7/24", "192.0.2.7"],
    [" 192.0.2.7 ", "192.0.2.7"],
    ["0.0.0.0", "0.0.0.0"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["[2001:DB8::1]/64", "2001:db8::1"],
    ["FE80::0001%eth0", "fe80::1"],
    ["fe80::1%25en0/64", "fe80::1"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::FFFF:c000:207", "192.0.2.7"],
    ["::192.0.2.7", "::c000:207"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["0:0:0:0:0:0:0:0", "::"],
    // RFC 5952: no leading zeros; `::` replaces the longest run of zero groups, or the first of several
    // equally long runs, but never a single group.
    ["2001:0db8:0000:0000:0000:0000:0002:0001", "2001:db8::2:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["10:0:0:1:100:0:0:1", "10::1:100:0:0:1"],
  ])("reads %s", (written, canonical) => {
    expect(canonicalIpAddress(written)).toBe(canonical);
  });

  test.each([
    "",
    "n/a",
    "192.0.2",
    "192.0.2.256",
    "192.0.2.07",
    "192.0.2.7/33",
    "192.0.2.7%eth0",
    "192.0.2.7:443",
    "[2001:db8::1]:443",
    "2001:db8::1/129",
    "2001:db8:::1",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8",
    "12345::",
    "::g",
    ":1:2:3:4:5:6:7",
    "::192.0.2.256",
    "192.0.2.7::",
    "2001:db8::1 2001:db8::2",
  ])("rejects %j", (written) => {
    expect(canonicalIpAddress(written)).toBeNull();
  });

  test("is idempotent and accepts exactly the addresses that Node accepts", () => {
    const groups = fc.array(fc.constantFrom("0", "00", "1", "db8", "FFFF", "c000", "207"), {
      minLength: 1,
      maxLength: 8,
    });
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.tuple(groups, groups).map(([left, right]) => `${left.join(":")}::${right.join(":")}`),
      groups.map((each) => each.join(":")),
    );
    fc.assert(
      fc.property(address, (written) => {
        const canonical = canonicalIpAddress(written);
        expect([written, canonical !== null]).toEqual([written, isIP(written) !== 0]);
        if (canonical === null) return;
        expect(isIP(canonical)).not.toBe(0);
        expect(canonicalIpAddress(canonical)).toBe(canonical);
        // The URL parser also writes IPv6 as in RFC 5952, except for embedded IPv4 addresses.
        if (canonical.includes(":")) expect(`[${canonical}]`).toBe(new URL(`http://[${written}]`).hostname);
      }),
      { numRuns: 2000 },
    );
  });
});

test("keeps an unreadable address unchanged", () => {
  expect(ipAddressSchema.parse("DHCP")).toBe("DHCP");
  expect(ipAddressSchema.parse("192.0.2.7/24")).toBe("192.0.2.7");
});
