import { describe, expect, it } from "vitest";
import { isAllowedHost, isSameDomain } from "./same-domain.ts";

describe("isSameDomain", () => {
  it.each([
    ["api.vendor.example", "cloud.vendor.example", true],
    ["vendor.co.uk", "api.eu.vendor.co.uk", true],
    ["API.vendor.example.", "vendor.example", true],
    ["vendor-cloud", "vendor-cloud", true],
    ["api.vendor.internal", "vendor.internal", true],
    ["10.0.0.1", "10.0.0.1", true],
    ["localhost", "127.0.0.1", true],
    ["127.0.0.1", "[::1]", true],
    ["a.co.uk", "b.co.uk", false],
    ["a.azurewebsites.net", "b.azurewebsites.net", false],
    ["a.cloudfront.net", "b.cloudfront.net", false],
    ["vendor.example.attacker.net", "vendor.example", false],
    ["notvendor.example", "vendor.example", false],
    ["10.0.0.1", "10.0.0.2", false],
    ["api", "vendor-cloud", false],
    ["169.254.169.254", "vendor.example", false],
    ["127.0.0.1.attacker.net", "localhost", false],
    ["co.uk", "vendor.co.uk", false],
  ])("%s and %s: %s", (one, two, same) => {
    expect([isSameDomain(one, two), isSameDomain(two, one)]).toEqual([same, same]);
  });
});

describe("isAllowedHost", () => {
  it.each([
    ["login.example.net", true],
    ["LOGIN.example.net.", true],
    ["api.vendor.example", true],
    ["other.example.net", false],
    ["example.net", false],
  ])("%s: %s", (host, allowed) => {
    expect(isAllowedHost(host, "vendor.example", ["login.example.net"])).toBe(allowed);
  });
});
