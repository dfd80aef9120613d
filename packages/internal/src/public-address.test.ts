import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLoopbackAddress, isPublicAddress, parseNetworks } from "./public-address.ts";

describe("isPublicAddress", () => {
  it.each([
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001:82f::200e",
    "2001:200::1",
    "::ffff:8.8.8.8",
    "::ffff:808:808",
    "64:ff9b::8.8.8.8",
    "64:ff9b::808:808",
  ])("takes %s for public", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::8.8.8.8",
    "::ffff:10.0.0.1",
    "::ffff:7f00:1",
    "0:0:0:0:0:ffff:127.0.0.1",
    "::ffff:0:8.8.8.8",
    "64:ff9b::10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:808:808::1",
    "2002:7f00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fdff::1",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700:4700::1111%eth0",
    "fec0::1",
    "ff02::1",
    "localhost",
    "8.8.8",
    "",
  ])("takes %j for not public", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it("judges an IPv4 address the same in every notation", () => {
    const groups = ([a, b, c, d]: readonly number[]) =>
      [(a ?? 0) * 256 + (b ?? 0), (c ?? 0) * 256 + (d ?? 0)].map((group) => group.toString(16)).join(":");
    fc.assert(
      fc.property(fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)), (bytes) => {
        const address = bytes.join(".");
        const verdict = isPublicAddress(address);
        for (const prefix of ["::ffff:", "0:0:0:0:0:FFFF:", "64:ff9b::", "0064:ff9b:0:0:0:0:"]) {
          expect(isPublicAddress(`${prefix}${address}`)).toBe(verdict);
          expect(isPublicAddress(`${prefix}${groups(bytes)}`)).toBe(verdict);
        }
      }),
    );
  });
});

describe("isLoopbackAddress", () => {
  it.each(["127.0.0.1", "127.8.9.10", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"])(
    "knows %s",
    (address) => {
      expect(isLoopbackAddress(address)).toBe(true);
    },
  );
  it.each(["128.0.0.1", "0.0.0.0", "::", "::2", "::1%lo", "::ffff:10.0.0.1", "localhost", ""])(
    "does not take %j for it",
    (address) => {
      expect(isLoopbackAddress(address)).toBe(false);
    },
  );
});

describe("parseNetworks", () => {
  const networks = parseNetworks(["10.1.0.0/16", " 192.0.2.7 ", "fd00:12::/32"]);
  it.each([
    ["10.1.255.255", true],
    ["::ffff:10.1.0.1", true],
    ["::ffff:a01:1", true],
    ["192.0.2.7", true],
    ["fd00:12:ffff::1", true],
    ["10.2.0.1", false],
    ["192.0.2.8", false],
    ["fd00:13::1", false],
    ["fd00:12::1%eth0", false],
    ["localhost", false],
    ["", false],
  ])("%s: %s", (address, included) => {
    expect(networks.includes(address)).toBe(included);
  });

  it("reads a network of all addresses", () => {
    const all = parseNetworks(["0.0.0.0/0", "::/0"]);
    expect([all.includes("10.0.0.1"), all.includes("fe80::1")]).toEqual([true, true]);
  });

  it.each([
    "",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0/8",
    "fd00::/129",
    "fe80::1%eth0/64",
    "localhost/8",
    "10.0.0.0/-1",
  ])("refuses %j", (text) => {
    expect(() => parseNetworks([text])).toThrow(expect.objectContaining({ code: "invalid_network" }));
  });
});
